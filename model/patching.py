"""Compute a network's scores when a part of the input is covered, without computing everything again.

If a box of 40 x 40 pixels changes, only 12 of conv1's 55 rows change, and 7 of pool2's 13. So each layer
computes only the part of its output that depends on the box. Everything else is copied from the outputs for
the unchanged input, which are computed once. The scores are the same as if everything were computed again.

For example, a box of one pixel, a convolution with a 3 x 3 kernel, and a pooling with 2 x 2 windows:

    input           convolution     pooling
    . . . . . .     . . . . . .     # # .
    . . . . . .     . # # # . .     # # .
    . . # . . .     . # # # . .     . . .
    . . . . . .     . # # # . .
    . . . . . .     . . . . . .              # depends on the box: computed again
    . . . . . .     . . . . . .              . does not depend on it: copied
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
from .layer_specs import LayerType
from .layers import LayerInfo, describe
from .receptive_field import Box, dependent_output, needed_input

# Number of boxes that go through the fully connected layers together. With fewer, reading weights takes too
# long.
BATCH = 96
# Number of boxes that go through the layers before them together. All parts in a group are as large as its
# largest part: fewer boxes are more similar, but there are more groups.
GROUP = 16

# Types of layers whose activations depend only on a window of the input, or on one position.
LOCAL: tuple[LayerType, ...] = ("Conv", "MaxPool", "ReLU", "Tanh", "Sigmoid", "LocalResponseNorm", "Dropout")


@dataclass(frozen=True)
class _Stage:
    """A layer that can compute a part of its output, and its input for the unchanged photo.

    Attributes:
        unpadded: the layer without padding.
        padded: the layer's input with padding, [1, C, H, W].
    """

    info: LayerInfo
    unpadded: nn.Module
    padded: Tensor


@torch.inference_mode()
def scores_of_changed(
    network: AlexNet, x: Tensor, filling: Tensor, boxes: Sequence[Box]
) -> tuple[Tensor, Tensor]:
    """Return the logits of an input, [classes], and of the same input with one box covered, [boxes, classes].

    Only what a box changes is computed anew. The results equal `network.logits` of whole inputs, except that
    float32 sums are in another order. Hooks on the fully connected layers see all boxes, at most `BATCH` at a
    time.

    Args:
        x: the input, [1, 3, H, W], square.
        filling: an input whose pixels replace those within a box, [1, 3, H, W].
        boxes: in pixels of the input.

    Raises:
        UserError: the input is not square.
    """
    check_input(network, x)
    if x.shape[2] != x.shape[3]:
        raise UserError(f"Only square inputs can be covered in parts, not {x.shape[2]} x {x.shape[3]}.")
    x = x.contiguous(memory_format=torch.channels_last)  # see `_taken`
    stages, whole, last_local = _local_part(network, x)
    boxes = [Box(0, 0, 0, 0), *boxes]  # the empty box gives the scores of the unchanged input
    reach = [_reach(stages, box) for box in boxes]
    order, scores = [], []
    # Near an edge fewer activations depend on a box. Put boxes of similar reach into one group.
    for batch in _chunks(sorted(range(len(boxes)), key=lambda i: reach[i].height), BATCH):
        groups = _chunks(sorted(batch, key=lambda i: reach[i].width), GROUP)
        maps = [_changed(stages, x, whole, filling, [boxes[i] for i in group]) for group in groups]
        logits = network.architecture.logits_layer
        scores.append(network.run(torch.cat(maps), after=last_local, until=logits))
        order += [i for group in groups for i in group]
    in_order = torch.cat(scores)[torch.tensor(order).argsort()]
    return in_order[0], in_order[1:]


def _chunks(numbers: list[int], size: int) -> list[list[int]]:
    return [numbers[first : first + size] for first in range(0, len(numbers), size)]


def _local_part(network: AlexNet, x: Tensor) -> tuple[list[_Stage], Tensor, str | None]:
    """Return the layers before the first that is not local, and the output and name of the last of them."""
    stages: list[_Stage] = []
    for info, (name, output) in zip(
        describe(network.architecture, x.shape[-1]), network.walk(x), strict=True
    ):
        if info.type not in LOCAL:
            break
        layer = _without_padding(network.get_submodule(name))
        stages.append(_Stage(info, layer, _padded(x, info)))
        x = output
    return stages, x, stages[-1].info.name if stages else None


def _padded(x: Tensor, info: LayerInfo) -> Tensor:
    """Return a layer's input with padding, and with what its last windows meet beyond the edge."""
    before = info.padding or 0
    after = before + info.overhang
    return F.pad(x, [before, after] * 2, value=-torch.inf if info.type == "MaxPool" else 0.0)


def _without_padding(layer: nn.Module) -> nn.Module:
    """Return the layer without padding; it shares its weights."""
    if isinstance(layer, nn.Sequential):
        return nn.Sequential(*map(_without_padding, layer))
    if isinstance(layer, nn.Conv2d):
        layer = copy.copy(layer)
        layer.padding = (0, 0)
    return layer


def _reach(stages: Sequence[_Stage], box: Box) -> Box:
    """Return a box whose height and width are the sums of those that depend on `box`, over all layers."""
    height = width = 0
    for stage in stages:
        box = dependent_output(stage.info, box)
        height, width = height + box.height, width + box.width
    return Box(0, 0, height, width)


def _changed(
    stages: Sequence[_Stage], x: Tensor, whole: Tensor, filling: Tensor, boxes: Sequence[Box]
) -> Tensor:
    """Return the output of the last local layer with each box covered: [boxes, C, h, w]."""
    places = _alike(boxes, x.shape[-1])
    parts = _filled(x, filling, boxes, places)
    for stage in stages:
        info, padding = stage.info, stage.info.padding or 0
        if info.kernel_size is not None:
            outputs = _alike([dependent_output(info, box) for box in places], info.output_shape[-1])
            windows = [_moved(needed_input(info, box), padding) for box in outputs]
            parts = _pasted(stage.padded, parts, [_moved(box, padding) for box in places], windows)
            places = outputs
        parts = stage.unpadded(parts)
    return _pasted(whole, parts, places, [Box(0, 0, *whole.shape[2:])] * len(boxes))


def _alike(boxes: Sequence[Box], size: int) -> list[Box]:
    """Return boxes of equal size that contain the given ones, all within a feature map of that size."""
    height = max(1, *(box.height for box in boxes))
    width = max(1, *(box.width for box in boxes))
    corners = [(min(box.top, size - height), min(box.left, size - width)) for box in boxes]
    return [Box(top, left, top + height, left + width) for top, left in corners]


def _moved(box: Box, by: int) -> Box:
    return Box(box.top + by, box.left + by, box.bottom + by, box.right + by)


def _filled(x: Tensor, filling: Tensor, boxes: Sequence[Box], windows: Sequence[Box]) -> Tensor:
    """Return a window of x for each box, with the box covered: [windows, C, h, w]."""
    rows, columns = _grid(windows, x.device)
    index = rows * x.shape[3] + columns
    return _taken(x, filling, index + _within(boxes, rows, columns) * x[0, 0].numel())


def _pasted(maps: Tensor, parts: Tensor, places: Sequence[Box], windows: Sequence[Box]) -> Tensor:
    """Return a window of the feature maps for each part, with the part pasted in: [windows, C, h, w].

    Args:
        maps: [1, C, H, W].
        parts: [windows, C, height, width].
        places: the box that each part fills.
        windows: the box that is returned.
    """
    rows, columns = _grid(windows, maps.device)
    top, left, _, _ = _edges(places, maps.device)
    count, _, height, width = parts.shape
    number = torch.arange(count, device=maps.device).view(-1, 1, 1)
    in_maps = rows * maps.shape[3] + columns
    in_parts = (number * height + rows - top) * width + columns - left + maps[0, 0].numel()
    return _taken(maps, parts, torch.where(_within(places, rows, columns), in_parts, in_maps))


def _taken(first: Tensor, second: Tensor, index: Tensor) -> Tensor:
    """Return activations from two feature maps by their numbers: [n, h, w] -> [n, C, h, w].

    Positions are numbered row by row, first those of `first`, then those of `second`. Channels are last in
    memory, so that the activations at a position are one block, which is quick to copy; and pooling such
    narrow parts then takes 1/20 of the time. A single indexing is used because with many small copies threads
    would mostly wait.
    """
    cells = torch.cat([maps.permute(0, 2, 3, 1).flatten(0, 2) for maps in (first, second)])
    return cells.index_select(0, index.flatten()).view(*index.shape, -1).permute(0, 3, 1, 2)


def _grid(windows: Sequence[Box], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the rows [windows, h, 1] and columns [windows, 1, w] of windows of equal size."""
    top, left, _, _ = _edges(windows, device)
    down = torch.arange(windows[0].height, device=device).view(1, -1, 1)
    across = torch.arange(windows[0].width, device=device).view(1, 1, -1)
    return top + down, left + across


def _within(boxes: Sequence[Box], rows: Tensor, columns: Tensor) -> Tensor:
    top, left, bottom, right = _edges(boxes, rows.device)
    return (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)


def _edges(boxes: Sequence[Box], device: torch.device) -> Sequence[Tensor]:
    """Return top, left, bottom and right of every box, [boxes, 1, 1] each."""
    edges = [(box.top, box.left, box.bottom, box.right) for box in boxes]
    return torch.tensor(edges, device=device).view(-1, 4, 1, 1).unbind(1)
