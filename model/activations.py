"""Capture the output of every layer for one input, with forward hooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from .alexnet import AlexNet, private_copy
from .architectures import Architecture
from .errors import UserError
from .layers import Shape, describe


@dataclass(frozen=True)
class Activations(Mapping[str, Tensor]):
    """The output of every layer, by the layer's name: `activations["conv1"]`, float32 [96, 55, 55].

    Attributes:
        input: the network's input, [3, H, W].
        maps: the outputs in the order of the layers: [C, H, W], or [units] for fully connected layers.
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


def check_input(network: AlexNet, x: Tensor) -> None:
    """Check that x is an input for the network.

    Raises:
        UserError: x is not one input, or has a size that the network cannot use; or the network is not an
            AlexNet.
    """
    if not isinstance(network, AlexNet):
        raise UserError(f"Use a network that `model.load` returns, not one of {type(network).__module__}.")
    if x.ndim != 4 or x.shape[0] != 1:
        raise UserError(f"The input must be a single photo, [1, 3, H, W], not {list(x.shape)}.")
    own = network.architecture.input_size
    if any(
        _weights(network.architecture, side) != _weights(network.architecture, own) for side in x.shape[2:]
    ):
        height, width = x.shape[2:]
        raise UserError(
            f"{network.architecture.name} needs {own} x {own} pixels; this input has {height} x {width}."
        )


@cache
def _weights(architecture: Architecture, side: int) -> tuple[Shape | None, ...]:
    """Return the shapes of all weights; that of fc6's depends on the size of the input."""
    return tuple(info.weight_shape for info in describe(architecture, side))


def capture(network: AlexNet, x: Tensor, layers: str | Iterable[str] | None = None) -> Activations:
    """Run a forward pass and return the output of every layer.

    Any number of threads may do this with the same network: hooks are set on a private copy.

    Args:
        x: [1, 3, H, W], for example from `network.prepare(photo)`.
        layers: names of one or several layers; None for all.

    Raises:
        UserError: there is no such layer, or x is not one input of a size that the network can use.
    """
    check_input(network, x)
    names = network.architecture.check_layers(network.architecture.layer_names if layers is None else layers)
    maps: dict[str, Tensor] = {}
    private = private_copy(network)
    for name in names:
        private.get_submodule(name).register_forward_hook(_keep(maps, name))
    with torch.no_grad():  # not inference mode, whose tensors could not be used in a notebook
        private(x)
    return Activations(x[0], maps)


def _keep(maps: dict[str, Tensor], name: str):
    def hook(_module, _inputs, output: Tensor) -> None:
        maps[name] = output[0].float()

    return hook
