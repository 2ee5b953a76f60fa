"""Find out what excites a channel: its strongest patches, and how it depends on each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .activations import check_input
from .alexnet import AlexNet
from .architectures import Architecture
from .errors import UserError
from .layers import describe, describe_layer
from .receptive_field import Box, box, check_position


@dataclass(frozen=True)
class Patch:
    """A large activation of a channel on one of several photos, and its receptive field.

    Attributes:
        photo: index of the photo.  row, column: position in the feature map.
        value: the activation.  box: its receptive field, in pixels of the input.
    """

    photo: int
    row: int
    column: int
    value: float
    box: Box


def strongest_patches(
    maps: Sequence[np.ndarray], architecture: Architecture, layer: str, channel: int, count: int = 9
) -> list[Patch]:
    """Return the largest activations of a channel on some photos, the largest first.

    Of receptive fields on the same photo that overlap by more than half, only the strongest is returned.

    Args:
        maps: the layer's output for each photo, [C, H, W].

    Raises:
        UserError: the layer has no feature maps, or no such channel.
    """
    spatial = {info.name: info for info in describe(architecture) if info.is_spatial}
    if layer not in spatial:
        raise UserError(f"{layer} has no feature maps. Choose one of: {', '.join(spatial)}.")
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
    """Return the common area of two boxes, as a share of the smaller one."""
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    width = min(a.right, b.right) - max(a.left, b.left)
    return max(0, height) * max(0, width) / min(a.height * a.width, b.height * b.width)


def effective_receptive_field(
    network: AlexNet, x: Tensor, layer: str, channel: int, row: int = 0, column: int = 0
) -> np.ndarray:
    """Return how strongly an activation depends on each pixel: the magnitude of its gradient, [H, W].

    It is large in the middle of the receptive field and small near its edge. (Luo et al. 2016, Understanding
    the Effective Receptive Field)

    Args:
        x: [1, 3, H, W].

    Raises:
        UserError: there is no such layer or position.
    """
    network.architecture.check_layers(layer)
    check_input(network, x)
    info = describe_layer(network.architecture, layer, x.shape[-1])
    check_position(info, channel, row, column)
    with torch.inference_mode(False), torch.enable_grad():
        x = x.detach().clone().requires_grad_(True)
        output = network.run(x, until=layer)
        value = output[(0, channel, row, column) if info.is_spatial else (0, channel)]
        (gradient,) = torch.autograd.grad(value, x)
    return gradient[0].norm(dim=0).cpu().numpy()
