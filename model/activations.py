"""Every layer's output for one image, caught by forward hooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.alexnet import AlexNet, private_copy
from model.architectures import Architecture
from model.errors import UserError


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


def check_layers(model: AlexNet, layers: Iterable[str]) -> list[str]:
    """The layers as a list.

    Raises:
        UserError: the architecture has no layer of that name; the message lists those it has.
    """
    known, layers = model.architecture.layer_names, list(layers)
    for name in layers:
        if name not in known:
            raise UserError(
                f"{model.architecture.name} has no layer '{name}'. Its layers are: {', '.join(known)}."
            )
    return layers


def check_target(architecture: Architecture, target: int) -> None:
    """
    Raises:
        UserError: the architecture has no class of that index.
    """
    classes = architecture.class_count
    if not 0 <= target < classes:
        raise UserError(f"There is no class {target}: this network has the classes 0 to {classes - 1}.")


def capture(model: AlexNet, x: Tensor, layers: Iterable[str] | None = None) -> Activations:
    """One forward pass that keeps the output of every layer, or of the `layers` named.

    Safe for any number of threads that share `model`: the hooks are set on a private module tree.

    Args:
        x: [1, 3, H, W], for example from `model.prepare(photo)`.

    Raises:
        UserError: an unknown layer, or more than one image.
    """
    if x.ndim != 4 or x.shape[0] != 1:
        raise UserError(f"capture takes one image, [1, 3, H, W]; this has the shape {list(x.shape)}.")
    names = check_layers(model, model.architecture.layer_names if layers is None else layers)
    maps: dict[str, Tensor] = {}
    private = private_copy(model)
    for name in names:
        private.get_submodule(name).register_forward_hook(_keep(maps, name))
    with torch.inference_mode():
        private(x)
    return Activations(x[0], maps)


def _keep(maps: dict[str, Tensor], name: str):
    def hook(_module, _inputs, output: Tensor) -> None:
        maps[name] = output[0]

    return hook
