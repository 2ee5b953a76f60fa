"""Teach a network classes of one's own: keep its layers, and learn a new last layer from a few photos.

This is transfer learning. The kept layers turn each photo into features, once. The last layers learn on these
features, which takes a second: a new one, alone or together with the network's own fc7.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from .alexnet import AlexNet, Linear, private_copy
from .architectures import Architecture
from .errors import PROGRAM, UserError
from .last_layers import Change, Taught, learn
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
from .validation import is_for_validation


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
    by_class: Sequence[Sequence[Tensor]],
    classes: Sequence[str],
    settings: TeachSettings,
    network: AlexNet | None = None,
) -> Taught:
    """Learn the last layers.

    Args:
        by_class: for each photo of each class the features of its inputs at `settings.reads`, float32
            [inputs, features]. The photo itself comes first, its variations follow. Of photos for
            validation, the variations are not used.
        network: the base; needed if one of its layers goes on learning.

    Raises:
        UserError: there are too few classes, or photos of a class, or two classes have the same name, or the
            new layer does not read the layer that goes on learning.
    """
    _check(by_class, classes, settings)
    training, validation = (
        gathered(
            [
                torch.cat(
                    [
                        inputs[:1] if for_validation else inputs
                        for i, inputs in enumerate(photos)
                        if is_for_validation(i) is for_validation
                    ]
                )
                for photos in by_class
            ]
        )
        for for_validation in (False, True)
    )
    return learn(training, validation, classes, settings, network)


def _check(by_class: Sequence[Sequence[Tensor]], classes: Sequence[str], settings: TeachSettings) -> None:
    if len(classes) < LEAST_CLASSES:
        raise UserError(f"Give at least {LEAST_CLASSES} classes, not {len(classes)}.")
    for name, photos in zip(classes, by_class, strict=True):
        if len(photos) < LEAST_PHOTOS:
            raise UserError(f"{name} has {len(photos)} photos. Give each class at least {LEAST_PHOTOS}.")
    if twice := next((name for name in classes if list(classes).count(name) > 1), None):
        raise UserError(f"Two classes are named {twice}. Give each class a name of its own.")
    if settings.first not in (TOP, settings.layer):
        raise UserError(
            f"{settings.first} can go on learning only where the new layer reads it. Choose the layer "
            f"{settings.first}, not {settings.layer}."
        )


def gathered(by_class: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return the features of all classes one below the other, and the class of each."""
    labels = [torch.full((len(one),), label) for label, one in enumerate(by_class)]
    return torch.cat(list(by_class)), torch.cat(labels)


def taught_network(base: AlexNet, taught: Taught) -> AlexNet:
    """Return the base with the new last layer. They share the weights of all layers that have not learned.

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
    for name, change in taught.changes.items():
        weight, bias = (base.get_parameter(f"{name}.{one}").detach() for one in ("weight", "bias"))
        added = change.out @ change.into
        if added.shape != weight.shape:
            raise UserError(f"The {name} of {base.architecture.title} is not the one that went on learning.")
        network._modules[name] = _linear(weight + added.to(weight), bias + change.bias.to(bias))
    network._modules[TOP] = _linear(taught.weight.to(base.device), taught.bias.to(base.device))
    if "prob" not in network._modules:
        network.add_module("prob", torch.nn.Softmax(dim=1))
    return network.freeze()


def _linear(weight: Tensor, bias: Tensor) -> Linear:
    """Return a fully connected layer with these weights."""
    layer = Linear(weight.shape[1], weight.shape[0], device="meta")
    layer.load_state_dict({"weight": weight, "bias": bias}, assign=True)
    return layer


def contributions(taught: Taught, vector: Tensor, target: int) -> np.ndarray:
    """Return what each feature adds to the target's logit: weight times feature.

    With the bias they add up to the logit. [features] -> float32 [features]
    """
    return (taught.weight[target] * vector).numpy()


def as_file(taught: Taught, base: tuple[str, str]) -> bytes:
    """Return what was learned as the bytes of a safetensors file, with classes, settings and accuracy.

    Args:
        base: names of the architecture and the weights that were taught.
    """
    tensors = {name: tensor.contiguous() for name, tensor in taught.tensors().items()}
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
    """Return what was learned, from a file that `as_file` has made.

    Raises:
        UserError: it is no such file, or another network was taught.
    """
    try:
        with safe_open(path, "pt") as file:
            said: dict[str, Any] = file.metadata() or {}
            settings = TeachSettings(**json.loads(said["taught"]))
            classes, own = tuple(json.loads(said["classes"])), tuple(json.loads(said["base"]))
            weight, bias = (file.get_tensor(f"{TOP}.{part}") for part in ("weight", "bias"))
            changed = [] if settings.first == TOP or "tuned" in said else [settings.first]
            changes: dict[str, Change] = {
                name: Change(*(file.get_tensor(f"{name}.{part}") for part in ("out", "into", "bias")))
                for name in changed
            }
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
    return Taught(settings, classes, weight, bias, changes)
