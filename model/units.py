"""What a unit looks at: its strongest patches, and how strongly each pixel moves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .activations import check_input, check_layers
from .alexnet import AlexNet
from .architectures import Architecture
from .errors import UserError
from .layers import describe
from .receptive_field import Box, box, check_position


@dataclass(frozen=True)
class Patch:
    """A place in one of several photos where a channel fires.

    Attributes:
        photo: index into the photos.  row, column: in the channel's map.
        value: the activation.  box: the pixels of the network's input that it sees.
    """

    photo: int
    row: int
    column: int
    value: float
    box: Box


def strongest_patches(
    maps: Sequence[np.ndarray], architecture: Architecture, layer: str, channel: int, count: int = 9
) -> list[Patch]:
    """Where a channel fires most, over one or several photos; patches of a photo overlap by half at most.

    Args:
        maps: the layer's output for each photo, [C, H, W].

    Raises:
        UserError: the layer has no maps, or no such channel.
    """
    spatial = {info.name: info for info in describe(architecture) if info.is_spatial}
    if layer not in spatial:
        raise UserError(f"{layer} has no maps. Choose one of: {', '.join(spatial)}.")
    check_position(spatial[layer], channel)
    values = np.stack([photo[channel] for photo in maps])
    chosen: list[Patch] = []
    for index in np.argsort(-values, axis=None, kind="stable"):
        photo, row, column = (int(i) for i in np.unravel_index(index, values.shape))
        value = float(values[photo, row, column])
        if value <= 0 or len(chosen) == count:
            break
        seen = box(architecture, layer, channel, row, column)
        if not any(other.photo == photo and _overlap(other.box, seen) > 0.5 for other in chosen):
            chosen.append(Patch(photo, row, column, value, seen))
    return chosen


def _overlap(a: Box, b: Box) -> float:
    """The common area as a share of the smaller box."""
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    width = min(a.right, b.right) - max(a.left, b.left)
    return max(0, height) * max(0, width) / min(a.height * a.width, b.height * b.width)


def effective_receptive_field(
    model: AlexNet, x: Tensor, layer: str, channel: int, row: int = 0, column: int = 0
) -> np.ndarray:
    """How strongly each pixel moves one activation: the gradient's magnitude over colours, [H, W].

    It is large in the middle of the receptive field and fades towards its edge: Luo et al.,
    "Understanding the Effective Receptive Field" (2016).

    Args:
        x: [1, 3, H, W].

    Raises:
        UserError: no such layer or position.
    """
    check_layers(model.architecture, layer)
    check_input(model, x)
    names = model.architecture.layer_names
    info = describe(model.architecture, x.shape[-1])[names.index(layer)]
    check_position(info, channel, row, column)
    with torch.inference_mode(False), torch.enable_grad():
        x = output = x.detach().clone().requires_grad_(True)
        for name in names[: names.index(layer) + 1]:
            output = model.get_submodule(name)(output)
        value = output[(0, channel, row, column) if info.is_spatial else (0, channel)]
        (gradient,) = torch.autograd.grad(value, x)
    return gradient[0].norm(dim=0).cpu().numpy()
