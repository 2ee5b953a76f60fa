"""What changes in a network when a box of the picture changes, and no more than that.

A box of 40 pixels reaches 12 of conv1's 55 rows, and 7 of pool2's 13. Where a layer sees little of a change,
it runs on that part alone, and all else is taken from the maps of the unchanged picture, which are worked
out once. The scores are those of the whole picture run anew.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .activations import check_input
from .alexnet import AlexNet
from .errors import UserError
from .layers import LayerInfo, describe
from .receptive_field import Box, reached, seen

# Boxes that go through the fully connected layers at once: fewer, and reading the weights takes longer.
BATCH = 96
# Boxes that go through the layers below at once: fewer are more alike, but more take fewer steps.
GROUP = 16

# Each of their outputs depends on a window of the input, or on one place.
LOCAL = ("Conv", "MaxPool", "ReLU", "LocalResponseNorm", "Dropout")


@dataclass(frozen=True)
class _Stage:
    """A layer that can run on a part of its input, and that input for the unchanged picture.

    Attributes:
        unpadded: the layer without padding of its own.
        padded: the input, with its padding: [1, C, H, W].
    """

    info: LayerInfo
    unpadded: nn.Module
    padded: Tensor


@torch.inference_mode()
def scores_of_changed(
    model: AlexNet, x: Tensor, filling: Tensor, boxes: Sequence[Box]
) -> tuple[Tensor, Tensor]:
    """A picture's class scores as it is, [classes], and while each box in turn is filled, [boxes, classes].

    Equal to `model.logits` of the whole pictures, but for the order in which float32 sums are taken. Hooks
    on the network's last layers see them all, at most `BATCH` at a time.

    Args:
        x: [1, 3, H, W], square.
        filling: [1, 3, H, W], what shows within the boxes.
        boxes: in pixels, each within the picture.

    Raises:
        UserError: the picture is not square.
    """
    check_input(model, x)
    if x.shape[2] != x.shape[3]:
        raise UserError(f"Parts are covered in square pictures only, not in {x.shape[2]} x {x.shape[3]}.")
    x = x.contiguous(memory_format=torch.channels_last)  # see `_taken`
    stages, whole, rest = _local_part(model, x)
    boxes = [Box(0, 0, 0, 0), *boxes]  # with nothing filled, the picture is as it is
    reach = [_reach(stages, box) for box in boxes]
    order, scores = [], []
    # Near an edge a change reaches less far. Like with like, so that parts of one size fit a group.
    for batch in _chunks(sorted(range(len(boxes)), key=lambda i: reach[i].height), BATCH):
        groups = _chunks(sorted(batch, key=lambda i: reach[i].width), GROUP)
        maps = [_changed(stages, x, whole, filling, [boxes[i] for i in group]) for group in groups]
        scores.append(_run(rest, torch.cat(maps)))
        order += [i for group in groups for i in group]
    found = torch.cat(scores)[torch.tensor(order).argsort()]
    return found[0], found[1:]


def _chunks(numbers: list[int], size: int) -> list[list[int]]:
    return [numbers[first : first + size] for first in range(0, len(numbers), size)]


def _run(layers: Sequence[nn.Module], x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x


def _local_part(model: AlexNet, x: Tensor) -> tuple[list[_Stage], Tensor, list[nn.Module]]:
    """The layers up to the first that mixes all places, their output for x, and the others to the scores."""
    stages: list[_Stage] = []
    *layers, _softmax = model.children()
    for info, layer in zip(describe(model.architecture, x.shape[-1]), layers, strict=False):
        if info.type not in LOCAL:
            break
        stages.append(_Stage(info, _without_padding(layer), F.pad(x, [info.padding or 0] * 4)))
        x = layer(x)
    return stages, x, layers[len(stages) :]


def _without_padding(layer: nn.Module) -> nn.Module:
    """The layer with the same weights; itself if it doesn't pad."""
    if isinstance(layer, nn.Sequential):
        return nn.Sequential(*map(_without_padding, layer))
    if isinstance(layer, nn.Conv2d):
        layer = copy.copy(layer)
        layer.padding = (0, 0)
    return layer


def _reach(stages: Sequence[_Stage], box: Box) -> Box:
    """As high and as wide as what a change reaches in all layers together."""
    height = width = 0
    for stage in stages:
        box = reached(stage.info, box)
        height, width = height + box.height, width + box.width
    return Box(0, 0, height, width)


def _changed(
    stages: Sequence[_Stage], x: Tensor, whole: Tensor, filling: Tensor, boxes: Sequence[Box]
) -> Tensor:
    """The maps above the local layers with each box changed: [boxes, C, h, w]."""
    places = _alike(boxes, x.shape[-1])
    parts = _filled(x, filling, boxes, places)
    for stage in stages:
        info, padding = stage.info, stage.info.padding or 0
        if info.kernel_size is not None:
            outputs = _alike([reached(info, box) for box in places], info.output_shape[-1])
            windows = [_moved(seen(info, box), padding) for box in outputs]
            parts = _pasted(stage.padded, parts, [_moved(box, padding) for box in places], windows)
            places = outputs
        parts = stage.unpadded(parts)
    return _pasted(whole, parts, places, [Box(0, 0, *whole.shape[2:])] * len(boxes))


def _alike(boxes: Sequence[Box], size: int) -> list[Box]:
    """Boxes of one height and one width that hold those given, within a map of that size."""
    height = max(1, *(box.height for box in boxes))
    width = max(1, *(box.width for box in boxes))
    corners = [(min(box.top, size - height), min(box.left, size - width)) for box in boxes]
    return [Box(top, left, top + height, left + width) for top, left in corners]


def _moved(box: Box, by: int) -> Box:
    return Box(box.top + by, box.left + by, box.bottom + by, box.right + by)


def _filled(x: Tensor, filling: Tensor, boxes: Sequence[Box], windows: Sequence[Box]) -> Tensor:
    """What each window shows of x with its box filled: [windows, C, h, w]."""
    rows, columns = _grid(windows, x.device)
    index = rows * x.shape[3] + columns
    return _taken(x, filling, index + _within(boxes, rows, columns) * x[0, 0].numel())


def _pasted(maps: Tensor, parts: Tensor, places: Sequence[Box], windows: Sequence[Box]) -> Tensor:
    """What each window shows of the maps with its part pasted in its place: [windows, C, h, w].

    Args:
        maps: [1, C, H, W].  parts: [windows, C, height, width], as large as the places.
    """
    rows, columns = _grid(windows, maps.device)
    top, left, _, _ = _edges(places, maps.device)
    count, _, height, width = parts.shape
    number = torch.arange(count, device=maps.device).view(-1, 1, 1)
    in_maps = rows * maps.shape[3] + columns
    in_parts = (number * height + rows - top) * width + columns - left + maps[0, 0].numel()
    return _taken(maps, parts, torch.where(_within(places, rows, columns), in_parts, in_maps))


def _taken(first: Tensor, second: Tensor, index: Tensor) -> Tensor:
    """The cells with these numbers, counting through both maps row by row: [n, h, w] -> [n, C, h, w].

    Channels come last in memory: a cell is then one block, which is quick to copy, and pooling parts as
    narrow as these takes a twentieth of the time. And one indexing, because with many small copies
    threads would mostly wait for one another.
    """
    cells = torch.cat([maps.permute(0, 2, 3, 1).flatten(0, 2) for maps in (first, second)])
    return cells.index_select(0, index.flatten()).view(*index.shape, -1).permute(0, 3, 1, 2)


def _grid(windows: Sequence[Box], device: torch.device) -> tuple[Tensor, Tensor]:
    """The rows [windows, h, 1] and columns [windows, 1, w] of windows of one size."""
    top, left, _, _ = _edges(windows, device)
    down = torch.arange(windows[0].height, device=device).view(1, -1, 1)
    across = torch.arange(windows[0].width, device=device).view(1, 1, -1)
    return top + down, left + across


def _within(boxes: Sequence[Box], rows: Tensor, columns: Tensor) -> Tensor:
    top, left, bottom, right = _edges(boxes, rows.device)
    return (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)


def _edges(boxes: Sequence[Box], device: torch.device) -> Sequence[Tensor]:
    """Top, left, bottom and right of every box, [boxes, 1, 1] each."""
    edges = [(box.top, box.left, box.bottom, box.right) for box in boxes]
    return torch.tensor(edges, device=device).view(-1, 4, 1, 1).unbind(1)
