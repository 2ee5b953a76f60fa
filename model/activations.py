"""Every layer's output for one image, caught by forward hooks."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import SupportsIndex

import numpy as np
import torch
from torch import Tensor

from .alexnet import AlexNet, private_copy
from .architectures import Architecture
from .errors import UserError
from .layers import Shape, describe


@dataclass(frozen=True)
class Activations(Mapping[str, Tensor]):
    """Layer name -> output, in the network's order, float32 without the batch axis.

    Attributes:
        input: what the network saw, [3, H, W].
        maps: [C, H, W] for layers with spatial extent, [units] for the others.
    """

    input: Tensor
    maps: dict[str, Tensor]

    def __getitem__(self, layer: str) -> Tensor:
        return self.maps[layer]

    def __iter__(self):
        return iter(self.maps)

    def __len__(self) -> int:
        return len(self.maps)

    def numpy(self) -> dict[str, np.ndarray]:
        return {name: tensor.cpu().numpy() for name, tensor in self.maps.items()}


def check_layers(architecture: Architecture, layers: str | Iterable[str]) -> list[str]:
    """The layers as a list.

    Raises:
        UserError: the architecture has no layer of that name; the message lists those it has.
    """
    known, layers = architecture.layer_names, [layers] if isinstance(layers, str) else list(layers)
    for name in layers:
        if name not in known:
            raise UserError(f"{architecture.name} has no layer '{name}'. Its layers are: {', '.join(known)}.")
    return layers


def check_target(architecture: Architecture, target: SupportsIndex) -> int:
    """The index of a class as a plain int: NumPy's and tensors' are welcome.

    Raises:
        UserError: the architecture has no class of that index.
    """
    classes, target = architecture.class_count, operator.index(target)
    if not 0 <= target < classes:
        raise UserError(f"There is no class {target}: this network has the classes 0 to {classes - 1}.")
    return target


def check_input(model: AlexNet, x: Tensor) -> None:
    """
    Raises:
        UserError: not one image, or of a size that the network cannot take; or a network of another make.
    """
    if not isinstance(model, AlexNet):
        raise UserError(f"This takes a network that `model.load` gives, not {type(model).__module__}'s.")
    if x.ndim != 4 or x.shape[0] != 1:
        raise UserError(f"This takes one image, [1, 3, H, W], not {list(x.shape)}.")
    own = model.architecture.input_size
    if any(_weights(model.architecture, side) != _weights(model.architecture, own) for side in x.shape[2:]):
        height, width = x.shape[2:]
        raise UserError(
            f"{model.architecture.name} takes {own} x {own} pixels; this image has {height} x {width}."
        )


@cache
def _weights(architecture: Architecture, side: int) -> tuple[Shape | None, ...]:
    """The shapes of all weights, of which fc6's depends on the picture's size."""
    return tuple(info.weight_shape for info in describe(architecture, side))


def capture(model: AlexNet, x: Tensor, layers: str | Iterable[str] | None = None) -> Activations:
    """One forward pass that keeps the output of every layer, or of the one or more `layers` named.

    Safe for any number of threads that share `model`: the hooks are set on a private module tree.

    Args:
        x: [1, 3, H, W], for example from `model.prepare(photo)`.

    Raises:
        UserError: an unknown layer, or anything but one image of a size that the network takes.
    """
    check_input(model, x)
    names = check_layers(model.architecture, model.architecture.layer_names if layers is None else layers)
    maps: dict[str, Tensor] = {}
    private = private_copy(model)
    for name in names:
        private.get_submodule(name).register_forward_hook(_keep(maps, name))
    with torch.no_grad():  # inference mode's tensors could not be calculated with in a notebook
        private(x)
    return Activations(x[0], maps)


def _keep(maps: dict[str, Tensor], name: str):
    def hook(_module, _inputs, output: Tensor) -> None:
        maps[name] = output[0].float()

    return hook
