"""Facts about later networks beside AlexNet, computed from their layers without any weights.

torchvision builds its networks on PyTorch's device "meta", where tensors have shapes but no values. So
nothing is downloaded, and counting all networks takes about a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import nn

from .architectures import ARCHITECTURES, LENET_5
from .counting import Counts, count, count_architecture


@dataclass(frozen=True)
class Accuracy:
    """How often a network is right on ImageNet's validation pictures, as published.

    Attributes:
        weights: "IMAGENET1K_V1", the name that torchvision gives the weights, or where they are described.
        top1, top5: in percent.
        crops: over how many crops of a picture predictions were averaged.
    """

    weights: str
    top1: float
    top5: float
    crops: int = 1


@dataclass(frozen=True)
class Compared(Counts):
    """A network beside AlexNet: what it is, what was counted in it, and how accurate it is.

    Attributes:
        name: "resnet18", torchvision's name, or "alexnet-2012" or "lenet-5".
        title: its name for people.
        year: of the publication.
        input_size: height and width in pixels of the input for which it was counted.
        normalization, activation, regularization: in words, "none" if there is none.
        published: accuracies on ImageNet, those of the first published weights first; empty for LeNet-5.
    """

    name: str
    title: str
    year: int
    input_size: int
    normalization: str
    activation: str
    regularization: str
    published: tuple[Accuracy, ...] = ()

    @property
    def top1(self) -> float | None:
        """Return the percentage of right first guesses of the first weights; None if none are published."""
        return self.published[0].top1 if self.published else None

    @property
    def weights(self) -> str:
        """Return the name of the first weights; "" if none are published."""
        return self.published[0].weights if self.published else ""


@dataclass(frozen=True)
class _Known:
    """What is known of a network without counting."""

    name: str
    title: str
    year: int
    normalization: str
    activation: str
    regularization: str
    settings: dict[str, Any] = field(default_factory=dict)


_PAPER = _Known(
    "alexnet-2012", "AlexNet (2012)", 2012, "LRN", "ReLU", "dropout, weight decay, random crops and colours"
)
_PAPER_ACCURACY = Accuracy("Krizhevsky et al. 2012, one network", top1=59.3, top5=81.8, crops=10)
_LENET = _Known("lenet-5", "LeNet-5, simplified", 1998, "none", "tanh", "none")
# torchvision's networks. The words are about torchvision's version: GoogLeNet of 2014 had LRN, for example.
_TORCHVISION = (
    _Known("alexnet", "AlexNet (torchvision)", 2014, "none", "ReLU", "dropout, weight decay"),
    _Known("vgg16", "VGG-16", 2014, "none", "ReLU", "dropout, weight decay"),
    _Known(
        "googlenet",
        "GoogLeNet",
        2014,
        "batch normalization",
        "ReLU",
        "dropout, weight decay",
        {"aux_logits": False, "init_weights": False},
    ),
    _Known("resnet18", "ResNet-18", 2015, "batch normalization", "ReLU", "weight decay"),
    _Known("resnet50", "ResNet-50", 2015, "batch normalization", "ReLU", "weight decay"),
    _Known("mobilenet_v2", "MobileNetV2", 2018, "batch normalization", "ReLU6", "dropout, weight decay"),
    _Known(
        "efficientnet_b0",
        "EfficientNet-B0",
        2019,
        "batch normalization",
        "SiLU",
        "dropout, stochastic depth, weight decay",
    ),
    _Known("vit_b_16", "ViT-B/16", 2020, "layer normalization", "GELU", "weight decay, strong augmentation"),
)


@cache
def compared() -> dict[str, Compared]:
    """Return all networks by name, in the order of their years."""
    with torch.inference_mode(False), torch.enable_grad():  # the record of gradients tells the depth
        found = [lenet(), _paper(), *(_torchvision(known) for known in _TORCHVISION)]
    return {one.name: one for one in found}


def lenet() -> Compared:
    """Return LeNet-5 in the form of today's textbooks, in which every channel of C3 reads all of S2."""
    return _compared(_LENET, count_architecture(LENET_5), LENET_5.input_size)


def _paper() -> Compared:
    architecture = ARCHITECTURES[_PAPER.name]
    counts = count_architecture(architecture)
    return _compared(_PAPER, counts, architecture.input_size, (_PAPER_ACCURACY,))


def _torchvision(known: _Known) -> Compared:
    from torchvision import models  # takes a second, and most users of `model` need none of it

    weights = [one for one in models.get_model_weights(known.name) if one.name.startswith("IMAGENET1K_V")]
    scores = [(one.name, one.meta["_metrics"]["ImageNet-1K"]) for one in weights]
    published = tuple(Accuracy(name, score["acc@1"], score["acc@5"]) for name, score in scores)
    size = weights[0].transforms.keywords["crop_size"]
    x = torch.empty(1, 3, size, size, device="meta")
    return _compared(known, count(meta_network(known.name), x), size, published)


def meta_network(name: str) -> nn.Module:
    """Return one of torchvision's networks of `compared` without memory for its weights."""
    from torchvision import models

    settings = next(known.settings for known in _TORCHVISION if known.name == name)
    with torch.device("meta"):
        network: nn.Module = models.get_model(name, weights=None, **settings)
    return network.eval()


def _compared(known: _Known, counts: Counts, size: int, published: Sequence[Accuracy] = ()) -> Compared:
    return Compared(
        **vars(counts),
        name=known.name,
        title=known.title,
        year=known.year,
        input_size=size,
        normalization=known.normalization,
        activation=known.activation,
        regularization=known.regularization,
        published=tuple(published),
    )
