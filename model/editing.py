"""Change the numbers in an architecture, as the shape lab does. Nothing here imports PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .architectures import ARCHITECTURES, LENET_5, Architecture
from .errors import UserError, look_up
from .layer_specs import AdaptiveAvgPool, AvgPool, Conv, Layer, Linear, MaxPool, ReLU, Sigmoid, Tanh
from .sizes import Rounding

Settings = Mapping[str, int | None]

EDITABLE: dict[type, tuple[str, ...]] = {
    Conv: ("channels", "kernel_size", "stride", "padding", "dilation", "groups"),
    MaxPool: ("kernel_size", "stride"),
    AvgPool: ("kernel_size", "stride"),
    AdaptiveAvgPool: ("size",),
    Linear: ("units",),
}
LOWEST = {"padding": 0}  # every other setting is at least 1
HIGHEST = 100_000

PRESETS: dict[str, Architecture] = {
    "227": ARCHITECTURES["alexnet-2012"],
    "224": ARCHITECTURES["alexnet-2012"].with_input_size(224),
    "224-pad2": ARCHITECTURES["alexnet-224-pad2"],
    "torchvision": ARCHITECTURES["alexnet-torchvision"],
    "cifar10": ARCHITECTURES["alexnet-cifar10"],
    "single-tower": ARCHITECTURES["alexnet-single-tower"],
    "cuda-convnet": ARCHITECTURES["alexnet-cuda-convnet"],
    "lenet": LENET_5,
}
PRESET_TITLES = {
    "227": "227, as the network was built",
    "224": "224, as the paper says",
    "224-pad2": "224 with padding 2",
    "torchvision": "torchvision's",
    "cifar10": "CIFAR-10's",
    "single-tower": "one tower",
    "cuda-convnet": "the authors' program",
    "lenet": "LeNet-5 (1998), simplified",
}
RULES: dict[str, tuple[Rounding, Rounding]] = {
    "today": ("floor", "floor"),
    "caffe": ("floor", "ceil"),
    "cuda-convnet": ("ceil", "ceil"),
}
"""How sizes are rounded, by the program that does so: in convolutions, and in pooling."""
RULE_TITLES = {
    "today": "down (PyTorch)",
    "caffe": "up in pooling (Caffe)",
    "cuda-convnet": "up (the authors' program)",
}


def rule_of(architecture: Architecture) -> str:
    """Return the rule of `RULES` by which an architecture rounds sizes: "today"."""
    used = {
        isinstance(layer, Conv): layer.rounding
        for layer in architecture.layers
        if isinstance(layer, Conv | MaxPool | AvgPool)
    }
    return next(name for name, (conv, pool) in RULES.items() if used == {True: conv, False: pool})


def with_rule(architecture: Architecture, rule: str) -> Architecture:
    """Return the architecture with all sizes rounded by a rule of `RULES`.

    Raises:
        UserError: there is no such rule.
    """
    conv, pool = look_up(RULES, rule, "rule of rounding")

    def changed(layer: Layer) -> Layer:
        if isinstance(layer, Conv | MaxPool | AvgPool):
            return replace(layer, rounding=conv if isinstance(layer, Conv) else pool)
        return layer

    return replace(architecture, layers=tuple(map(changed, architecture.layers)))


ACTIVATIONS: dict[str, type[ReLU | Tanh | Sigmoid]] = {"relu": ReLU, "tanh": Tanh, "sigmoid": Sigmoid}
POOLINGS: dict[str, type[MaxPool | AvgPool]] = {"max": MaxPool, "mean": AvgPool}
KIND_TITLES = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid", "max": "the maximum", "mean": "the mean"}
"""Titles of activation functions, and of what pooling keeps."""


def kinds_of(architecture: Architecture) -> tuple[str, str]:
    """Return the names of an architecture's activation function and pooling: ("relu", "max")."""
    found = {type(layer) for layer in architecture.layers}
    activation = next(name for name, kind in ACTIVATIONS.items() if kind in found)
    return activation, next(name for name, kind in POOLINGS.items() if kind in found)


def with_kinds(architecture: Architecture, activation: str, pooling: str) -> Architecture:
    """Return the architecture with another activation function and pooling; layers keep their names.

    Raises:
        UserError: there is no such function or pooling.
    """
    function = look_up(ACTIVATIONS, activation, "activation function")
    pool = look_up(POOLINGS, pooling, "pooling")

    def changed(layer: Layer) -> Layer:
        match layer:
            case ReLU() | Tanh() | Sigmoid():
                return function(layer.name)
            case MaxPool() | AvgPool():
                return pool(layer.name, layer.kernel_size, layer.stride, layer.rounding)
            case _:
                return layer

    return replace(architecture, layers=tuple(map(changed, architecture.layers)))


def settings(layer: Layer) -> dict[str, int]:
    """Return the settings of a layer that can be changed: {"kernel_size": 3, "stride": 2} for a pooling."""
    return {name: getattr(layer, name) for name in EDITABLE.get(type(layer), ())}


def edited(architecture: Architecture, changes: Mapping[str, Settings]) -> Architecture:
    """Return the architecture with some settings changed.

    Args:
        changes: new values by layer and setting: {"conv1": {"stride": 2}}. Settings that the layer does
            not have are ignored.

    Raises:
        UserError: a value is missing, too small or too large.
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
