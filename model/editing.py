"""Architectures with other numbers in them: what the shape lab changes. No PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .architectures import (
    ARCHITECTURES,
    AdaptiveAvgPool,
    Architecture,
    Conv,
    Layer,
    Linear,
    MaxPool,
)
from .errors import UserError

Settings = Mapping[str, int | None]

EDITABLE: dict[type, tuple[str, ...]] = {
    Conv: ("channels", "kernel_size", "stride", "padding", "dilation", "groups"),
    MaxPool: ("kernel_size", "stride"),
    AdaptiveAvgPool: ("size",),
    Linear: ("units",),
}
LOWEST = {"padding": 0}  # every other setting is at least 1
HIGHEST = 100_000

PRESETS: dict[str, Architecture] = {
    "227, as the network was built": ARCHITECTURES["alexnet-2012"],
    "224, as the paper says: it does not fit": ARCHITECTURES["alexnet-2012"].with_input_size(224),
    "224 with padding 2": ARCHITECTURES["alexnet-224-pad2"],
    "torchvision's": ARCHITECTURES["alexnet-torchvision"],
    "CIFAR-10's": ARCHITECTURES["alexnet-cifar10"],
    "one tower": ARCHITECTURES["alexnet-single-tower"],
}


def settings(layer: Layer) -> dict[str, int]:
    """What can be changed in a layer, with its present value."""
    return {name: getattr(layer, name) for name in EDITABLE.get(type(layer), ())}


def edited(architecture: Architecture, changes: Mapping[str, Settings]) -> Architecture:
    """The architecture with some layers' settings replaced.

    Args:
        changes: for a layer's name, new values; those that the layer does not have are left out.

    Raises:
        UserError: a value is missing, or too small or large to mean anything.
    """
    layers = tuple(_edited(layer, changes.get(layer.name, {})) for layer in architecture.layers)
    return replace(architecture, layers=layers)


def _edited(layer: Layer, changes: Settings) -> Layer:
    values = {name: changes[name] for name in settings(layer) if name in changes}
    for name, value in values.items():
        lowest, title = LOWEST.get(name, 1), name.replace("_", " ")
        if value is None:
            raise UserError(f"{layer.name} needs a {title}: a whole number of {lowest} or more.")
        if not lowest <= value <= HIGHEST:
            raise UserError(f"The {title} of {layer.name} must be from {lowest} to {HIGHEST:,}, not {value}.")
    changed: dict[str, Any] = dict(values)
    return replace(layer, **changed)
