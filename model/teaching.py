"""Teach a network classes of one's own: keep its layers, and learn a new last layer from a few photos.

This is transfer learning. The kept layers turn each photo into features, once. One linear layer and a softmax
learn on these features, which takes a fraction of a second.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from .alexnet import AlexNet, Linear, private_copy
from .architectures import Architecture
from .errors import PROGRAM, UserError
from .layers import describe_layer
from .teaching_settings import (
    LAYERS,
    LEAST_CLASSES,
    LEAST_PHOTOS,
    TOP,
    FeatureLayer,
    TeachSettings,
    taught_architecture,
)
from .validation import confusion, is_for_validation


@dataclass(frozen=True)
class Step:
    """Loss and accuracy after a step, without dropout; of validation, too."""

    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class Taught:
    """A new last layer.

    Attributes:
        classes: names of the classes.
        weight, bias: float32 [classes, features] and [classes].
        history: before the first step, and after each.
        confusion: how often a validation photo of the row's class was given the column's,
            int64 [classes, classes].
    """

    settings: TeachSettings
    classes: tuple[str, ...]
    weight: Tensor
    bias: Tensor
    history: tuple[Step, ...] = ()
    confusion: np.ndarray | None = None

    def logits(self, features: Tensor) -> Tensor:
        """Return the scores of the classes: [n, features] -> [n, classes]"""
        return F.linear(features, self.weight, self.bias)


def feature_layers(architecture: Architecture) -> tuple[FeatureLayer, ...]:
    """Return the layers of an architecture whose features can be used, the last first."""
    names = architecture.layer_names
    return tuple(layer for layer in reversed(LAYERS) if LAYERS[layer] in names)


@torch.inference_mode()
def features(network: AlexNet, x: Tensor) -> dict[FeatureLayer, Tensor]:
    """Return the features of inputs at every layer that can be used.

    [n, 3, H, W] -> {"fc7": float32 [n, 4096], ...}
    """
    wanted = {LAYERS[layer]: layer for layer in feature_layers(network.architecture)}
    last = LAYERS[feature_layers(network.architecture)[0]]
    return {wanted[name]: out.cpu() for name, out in network.walk(x, until=last) if name in wanted}


def teach(
    by_class: Sequence[Tensor], mirrored: Sequence[Tensor], classes: Sequence[str], settings: TeachSettings
) -> Taught:
    """Learn a new last layer.

    Args:
        by_class: for each class the features of its photos, float32 [photos, features].
        mirrored: the same for the photos' mirror images; used if the settings say so.

    Raises:
        UserError: there are too few classes, or photos of a class, or two classes have the same name.
    """
    _check(by_class, classes)
    is_test = [torch.tensor([is_for_validation(i) for i in range(len(one))]) for one in by_class]
    x, y = gathered([one[~test] for one, test in zip(by_class, is_test, strict=True)])
    if settings.mirrored:
        more, labels = gathered([one[~test] for one, test in zip(mirrored, is_test, strict=True)])
        x, y = torch.cat([x, more]), torch.cat([y, labels])
    return learn(
        (x, y), gathered([one[test] for one, test in zip(by_class, is_test, strict=True)]), classes, settings
    )


def learn(
    training: tuple[Tensor, Tensor],
    validation: tuple[Tensor, Tensor],
    classes: Sequence[str],
    settings: TeachSettings,
) -> Taught:
    """Learn a new last layer from features and their classes.

    Args:
        training, validation: features, float32 [photos, features], and the class of each, int64 [photos].
    """
    (x, y), (test_x, test_y) = training, validation
    # Features of different layers have different sizes. Adam's steps are the same for all, so they learn on
    # one scale, which is then multiplied into the weights.
    scale = float(x.square().mean().sqrt()) or 1.0
    weight = torch.zeros(len(classes), x.shape[1], requires_grad=True)
    bias = torch.zeros(len(classes), requires_grad=True)
    optimizer = torch.optim.AdamW(
        [{"params": [weight], "weight_decay": settings.weight_decay}, {"params": [bias], "weight_decay": 0}],
        settings.learning_rate,
    )
    generator = torch.Generator().manual_seed(settings.seed)
    scaled, scaled_test = x / scale, test_x / scale
    history = [_measured(scaled, y, scaled_test, test_y, weight, bias)]
    for _ in range(settings.steps):
        seen = scaled
        if settings.dropout:
            kept = torch.rand(scaled.shape, generator=generator) >= settings.dropout
            seen = scaled * kept / (1 - settings.dropout)
        loss = F.cross_entropy(F.linear(seen, weight, bias), y)
        gradients = torch.autograd.grad(loss, [weight, bias])
        weight.grad, bias.grad = gradients
        optimizer.step()
        history.append(_measured(scaled, y, scaled_test, test_y, weight, bias))
    taught = Taught(settings, tuple(classes), weight.detach() / scale, bias.detach(), tuple(history))
    guesses = taught.logits(test_x).argmax(1)
    return replace(taught, confusion=confusion(test_y.numpy(), guesses.numpy(), len(classes)))


def _check(by_class: Sequence[Tensor], classes: Sequence[str]) -> None:
    if len(classes) < LEAST_CLASSES:
        raise UserError(f"Give at least {LEAST_CLASSES} classes, not {len(classes)}.")
    for name, photos in zip(classes, by_class, strict=True):
        if len(photos) < LEAST_PHOTOS:
            raise UserError(f"{name} has {len(photos)} photos. Give each class at least {LEAST_PHOTOS}.")
    if twice := next((name for name in classes if list(classes).count(name) > 1), None):
        raise UserError(f"Two classes are named {twice}. Give each class a name of its own.")


def gathered(by_class: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return the features of all classes one below the other, and the class of each."""
    labels = [torch.full((len(one),), label) for label, one in enumerate(by_class)]
    return torch.cat(list(by_class)), torch.cat(labels)


@torch.no_grad()
def _measured(x: Tensor, y: Tensor, test_x: Tensor, test_y: Tensor, weight: Tensor, bias: Tensor) -> Step:
    return measured((F.linear(x, weight, bias), y), (F.linear(test_x, weight, bias), test_y))


def measured(training: tuple[Tensor, Tensor], validation: tuple[Tensor, Tensor]) -> Step:
    """Return loss and accuracy of scores [n, classes] for photos of these classes, int64 [n]."""
    numbers = []
    for logits, labels in (training, validation):
        numbers += [
            float(F.cross_entropy(logits, labels)),
            float((logits.argmax(1) == labels).float().mean()),
        ]
    return Step(*numbers)


def taught_network(base: AlexNet, taught: Taught) -> AlexNet:
    """Return the base with the new last layer. They share the kept layers' weights.

    Raises:
        UserError: the new layer was made for another network.
    """
    architecture = taught_architecture(base.architecture, taught.settings, taught.classes)
    network = private_copy(base)
    network.architecture = architecture
    for name in list(network._modules):
        if name not in architecture.layer_names:
            del network._modules[name]
    inputs = math.prod(describe_layer(base.architecture, LAYERS[taught.settings.layer]).output_shape)
    if inputs != taught.weight.shape[1]:
        raise UserError(
            f"These classes were taught to a network with {taught.weight.shape[1]:,} features at "
            f"{taught.settings.layer}; {base.architecture.title} has {inputs:,}. Choose the network of then."
        )
    top = Linear(inputs, len(taught.classes), device=base.device.type)
    with torch.no_grad():
        top.weight.copy_(taught.weight)
        top.get_parameter("bias").copy_(taught.bias)
    network.add_module(TOP, top)
    if "prob" not in network._modules:
        network.add_module("prob", torch.nn.Softmax(dim=1))
    return network.freeze()


def contributions(taught: Taught, vector: Tensor, target: int) -> np.ndarray:
    """Return what each feature adds to the target's logit: weight times feature.

    With the bias they add up to the logit. [features] -> float32 [features]
    """
    return (taught.weight[target] * vector).numpy()


def as_file(taught: Taught, base: tuple[str, str]) -> bytes:
    """Return the new layer as the bytes of a safetensors file, with classes, settings and accuracy.

    Args:
        base: names of the architecture and the weights that were taught.
    """
    tensors = {f"{TOP}.weight": taught.weight.contiguous(), f"{TOP}.bias": taught.bias.contiguous()}
    return save(tensors, about(taught, base))


def about(taught: Taught, base: tuple[str, str]) -> dict[str, str]:
    """Return what a file of weights says about itself: classes, settings, the base, and accuracy."""
    photos = 0 if taught.confusion is None else int(taught.confusion.sum())
    right = taught.history[-1].validation_accuracy if taught.history else 0.0
    return {
        "classes": json.dumps(taught.classes),
        "taught": json.dumps(asdict(taught.settings)),
        "base": json.dumps(base),
        "accuracy": json.dumps({"right": right, "photos": photos}),
    }


def from_file(path: Path, base: tuple[str, str]) -> Taught:
    """Return the new layer in a file that `as_file` has made.

    Raises:
        UserError: it is no such file, or another network was taught.
    """
    try:
        with safe_open(path, "pt") as file:
            said: dict[str, Any] = file.metadata() or {}
            settings = TeachSettings(**json.loads(said["taught"]))
            classes, own = tuple(json.loads(said["classes"])), tuple(json.loads(said["base"]))
            tensors = [file.get_tensor(f"{TOP}.{name}") for name in ("weight", "bias")]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path.name} has no taught classes. Use a file that was saved by Teach it."
        ) from error
    if "tuned" in said:
        raise UserError(
            f"In {path.name} all layers have gone on learning, so it is no new last layer. Add it with: "
            f"{PROGRAM} weights import FILE --as NAME"
        )
    if own != base:
        raise UserError(
            f"These classes were taught to {own[0]} with the weights {own[1]}, and the chosen network is "
            f"{base[0]} with the weights {base[1]}. Choose that network, and open the file again."
        )
    return Taught(settings, classes, *tensors)
