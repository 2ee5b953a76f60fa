"""All variants of AlexNet as data: each has a name, an input size, and a tuple of layers.

Nothing here needs PyTorch. `layers.describe` computes shapes and costs from this data, and `alexnet.AlexNet`
builds the network from it, so a new variant is one entry in `ARCHITECTURES`. The file is long
because all variants stand side by side in it.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import SupportsIndex

from .errors import UserError
from .layer_specs import (
    AdaptiveAvgPool,
    AvgPool,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    LocalResponseNorm,
    LRNConstants,
    MaxPool,
    ReLU,
    Softmax,
    SpatialResponseNorm,
    Tanh,
)
from .sizes import Rounding


@dataclass(frozen=True)
class Architecture:
    """One network as data.

    Attributes:
        name: used in the shell and in addresses.
        title: its name for people.
        input_size: height and width of the input in pixels.
        resize_to: size in pixels to which a photo's central square is scaled before it is cropped.
        classes: the list of class names that fits the outputs, "imagenet" or "cifar10", or the names.
    """

    name: str
    title: str
    summary: str
    input_size: int
    layers: tuple[Layer, ...]
    resize_to: int = 256
    classes: str | tuple[str, ...] = "imagenet"
    input_channels: int = 3

    @cached_property
    def layer_names(self) -> tuple[str, ...]:
        return tuple(layer.name for layer in self.layers)

    @property
    def logits_layer(self) -> str:
        """Return the last layer before the softmax, whose outputs are the logits: fc8."""
        return self.layer_names[-2]

    @cached_property
    def convolutions(self) -> tuple[Conv, ...]:
        return tuple(layer for layer in self.layers if isinstance(layer, Conv))

    @property
    def towers(self) -> int:
        """Return the largest number of groups: 2 for the paper's two towers, else 1."""
        return max(conv.groups for conv in self.convolutions)

    @property
    def fixes_lrn(self) -> bool:
        """Return whether LRN has constants of the architecture, whatever the weights were trained with."""
        norms = [layer for layer in self.layers if isinstance(layer, LocalResponseNorm)]
        return any(norm.constants for norm in norms)

    @cached_property
    def class_count(self) -> int:
        return [layer.units for layer in self.layers if isinstance(layer, Linear)][-1]

    def with_input_size(self, size: int) -> Architecture:
        return replace(self, input_size=size)

    def check_layers(self, layers: str | Iterable[str]) -> list[str]:
        """Return the names of one or several layers as a list: "conv1" -> ["conv1"].

        Raises:
            UserError: the architecture has no layer of that name; the message lists those it has.
        """
        known, layers = self.layer_names, [layers] if isinstance(layers, str) else list(layers)
        for name in layers:
            if name not in known:
                raise UserError(f"{self.name} has no layer '{name}'. Its layers are: {', '.join(known)}.")
        return layers

    def check_target(self, target: SupportsIndex) -> int:
        """Return the index of a class as an int; it may be a number of NumPy or a tensor.

        Raises:
            UserError: the architecture has no class of that index.
        """
        classes, target = self.class_count, operator.index(target)
        if not 0 <= target < classes:
            raise UserError(f"There is no class {target}: this network has the classes 0 to {classes - 1}.")
        return target


def _classifier(units: tuple[int, int, int]) -> tuple[Layer, ...]:
    """Return three fully connected layers with dropout after the first two (section 4.2 of the paper)."""
    return (
        Flatten("flatten"),
        Linear("fc6", units[0]),
        ReLU("relu6"),
        Dropout("drop6"),
        Linear("fc7", units[1]),
        ReLU("relu7"),
        Dropout("drop7"),
        Linear("fc8", units[2]),
        Softmax("prob"),
    )


def _paper(
    *, groups: int, padding: int = 0, pool_first: bool = False, pooling: Rounding = "floor"
) -> tuple[Layer, ...]:
    """Return the layers of the paper's network, with LRN and overlapping pooling after conv1 and conv2."""

    def reduce(number: int) -> tuple[Layer, ...]:
        norm, pool = LocalResponseNorm(f"norm{number}"), MaxPool(f"pool{number}", rounding=pooling)
        return (pool, norm) if pool_first else (norm, pool)

    return (
        Conv("conv1", 96, 11, stride=4, padding=padding),
        ReLU("relu1"),
        *reduce(1),
        Conv("conv2", 256, 5, padding=2, groups=groups),
        ReLU("relu2"),
        *reduce(2),
        Conv("conv3", 384, 3, padding=1),
        ReLU("relu3"),
        Conv("conv4", 384, 3, padding=1, groups=groups),
        ReLU("relu4"),
        Conv("conv5", 256, 3, padding=1, groups=groups),
        ReLU("relu5"),
        MaxPool("pool5", rounding=pooling),
        *_classifier((4096, 4096, 1000)),
    )


def _cuda_convnet() -> tuple[Layer, ...]:
    """Return the layers of the paper's network as the authors' own program ran it.

    Source: layers/layers-145.cfg and layer-params-145.cfg in github.com/computerhistory/AlexNet-Source-Code.
    Max pooling and ReLU can be swapped without any change; LRN and ReLU cannot.
    """
    lrn = LRNConstants(alpha_over_n=True)
    return (
        Conv("conv1", 96, 11, stride=4, rounding="ceil"),
        LocalResponseNorm("norm1", groups=2, constants=lrn),
        MaxPool("pool1", rounding="ceil"),
        ReLU("relu1"),
        Conv("conv2", 256, 5, padding=2, groups=2, rounding="ceil"),
        ReLU("relu2"),
        LocalResponseNorm("norm2", groups=2, constants=lrn),
        SpatialResponseNorm("spatial_norm2"),
        MaxPool("pool2", rounding="ceil"),
        Conv("conv3", 384, 3, padding=1, rounding="ceil"),
        ReLU("relu3"),
        Conv("conv4", 384, 3, padding=1, groups=2, rounding="ceil"),
        ReLU("relu4"),
        Conv("conv5", 256, 3, padding=1, groups=2, rounding="ceil"),
        MaxPool("pool5", rounding="ceil"),
        ReLU("relu5"),
        *_classifier((4096, 4096, 1000)),
    )


def _torchvision() -> tuple[Layer, ...]:
    """Return the layers of torchvision's `alexnet`, in which dropout is before fc6 and fc7."""
    return (
        Conv("conv1", 64, 11, stride=4, padding=2),
        ReLU("relu1"),
        MaxPool("pool1"),
        Conv("conv2", 192, 5, padding=2),
        ReLU("relu2"),
        MaxPool("pool2"),
        Conv("conv3", 384, 3, padding=1),
        ReLU("relu3"),
        Conv("conv4", 256, 3, padding=1),
        ReLU("relu4"),
        Conv("conv5", 256, 3, padding=1),
        ReLU("relu5"),
        MaxPool("pool5"),
        AdaptiveAvgPool("avgpool", 6),
        Flatten("flatten"),
        Dropout("drop5"),
        Linear("fc6", 4096),
        ReLU("relu6"),
        Dropout("drop6"),
        Linear("fc7", 4096),
        ReLU("relu7"),
        Linear("fc8", 1000),
        Softmax("prob"),
    )


def _cifar10() -> tuple[Layer, ...]:
    """Return a network with the paper's widths for inputs of 32 x 32: 3x3 kernels and 2x2 pooling."""
    return (
        Conv("conv1", 96, 3),
        ReLU("relu1"),
        MaxPool("pool1", 2, 2),
        Conv("conv2", 256, 3, padding=1),
        ReLU("relu2"),
        MaxPool("pool2", 2, 2),
        Conv("conv3", 384, 3, padding=1),
        ReLU("relu3"),
        Conv("conv4", 384, 3, padding=1),
        ReLU("relu4"),
        Conv("conv5", 256, 3, padding=1),
        ReLU("relu5"),
        MaxPool("pool5", 2, 2),
        *_classifier((4096, 4096, 10)),
    )


ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        Architecture(
            name="alexnet-2012",
            title="AlexNet (2012)",
            summary="The paper's network: 96 filters in conv1; two towers, one for each GPU, in conv2, conv4 "
            "and conv5; LRN.",
            input_size=227,
            layers=_paper(groups=2),
        ),
        Architecture(
            name="alexnet-single-tower",
            title="AlexNet, one tower",
            summary="The paper's widths without towers: every filter reads every channel.",
            input_size=227,
            layers=_paper(groups=1),
        ),
        Architecture(
            name="alexnet-224-pad2",
            title="AlexNet, 224 with padding 2",
            summary="The input of 224 that the paper states, made to fit by a padding of 2 pixels in conv1.",
            input_size=224,
            layers=_paper(groups=2, padding=2),
        ),
        Architecture(
            name="caffenet",
            title="CaffeNet",
            summary="Caffe's variant of the paper: pooling comes before LRN, and its sizes are rounded up.",
            input_size=227,
            layers=_paper(groups=2, pool_first=True, pooling="ceil"),
        ),
        Architecture(
            name="alexnet-cuda-convnet",
            title="AlexNet, the authors' program",
            summary="The paper's network as its authors ran it: an input of 224, sizes rounded up, LRN "
            "within a tower and before conv1's ReLU, and a second normalization after conv2.",
            input_size=224,
            layers=_cuda_convnet(),
        ),
        Architecture(
            name="alexnet-torchvision",
            title="AlexNet (torchvision)",
            summary="torchvision's version of Krizhevsky's network of 2014: 64 filters in conv1, one tower, "
            "no LRN.",
            input_size=224,
            layers=_torchvision(),
        ),
        Architecture(
            name="alexnet-cifar10",
            title="AlexNet for CIFAR-10",
            summary="3x3 kernels and 2x2 pooling, for photos of 32 x 32 pixels in ten classes.",
            input_size=32,
            resize_to=32,
            classes="cifar10",
            layers=_cifar10(),
        ),
    )
}


LENET_5 = Architecture(
    name="lenet-5",
    title="LeNet-5, simplified",
    summary="The network for digits of LeCun et al. 1998 in today's form: tanh, average pooling, softmax.",
    input_size=32,
    resize_to=32,
    classes="cifar10",
    input_channels=1,
    layers=(
        Conv("C1", 6, 5),
        Tanh("tanh1"),
        AvgPool("S2"),
        Conv("C3", 16, 5),
        Tanh("tanh3"),
        AvgPool("S4"),
        Flatten("flatten"),
        Linear("C5", 120),
        Tanh("tanh5"),
        Linear("F6", 84),
        Tanh("tanh6"),
        Linear("output", 10),
        Softmax("prob"),
    ),
)
"""For comparison and the Shape lab only: no weights fit it.

This form has 61,706 parameters, the original 60,000: there each map of C3 read only some of S2's, every
pooled value was multiplied by a learned factor, and the output was the distance to stored pictures of digits.
"""
