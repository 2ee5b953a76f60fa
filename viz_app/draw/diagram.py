"""A drawing of a network as SVG, from the facts about its layers. No Streamlit, no PyTorch.

Every layer is a box: the higher, the wider its map; the broader, the more channels it has (both on a
softened scale, or 6 x 6 would vanish beside 227 x 227). Where the architecture has two towers they are drawn
one above the other, and wires cross where a layer reads both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from model.architectures import Architecture
from model.layers import LayerInfo
from viz_app.draw.colours import LAYER_COLOURS, LAYER_KINDS

WIDTH = 1280
START = 150  # right of the photo
LABELS = 52
SLANT = 0.32  # how far a box goes back, as a part of its height
THIN = 6  # width of layers that keep the shape: ReLU, LRN, dropout, softmax

_THIN_TYPES = ("ReLU", "LocalResponseNorm", "Dropout", "Softmax", "Flatten", "AdaptiveAvgPool")


@dataclass(frozen=True)
class _Box:
    info: LayerInfo
    x: float
    width: float
    height: float
    depth: float

    @property
    def is_thin(self) -> bool:
        return self.info.type in _THIN_TYPES


def _lane_height(lanes: int) -> int:
    return 120 if lanes == 2 else 180


def _height(shape: tuple[int, ...]) -> float:
    return 4.2 * shape[1] ** 0.75 if len(shape) == 3 else 10 * shape[0] ** 0.25


def _boxes(infos: list[LayerInfo], lanes: int, scale: float) -> list[_Box]:
    """Boxes from left to right; a gap stands before every layer that computes something new."""
    x, boxes = float(START), []
    tallest = max(_height(info.output_shape) for info in infos) * (1 + SLANT / 2)
    lower = min(1.0, 0.95 * _lane_height(lanes) / tallest)  # so that all boxes stay within their lane
    for info in infos:
        thin = info.type in _THIN_TYPES
        height = _height(info.output_shape) * lower
        depth = height * SLANT / 2 if info.is_spatial else 4.0
        width = THIN if thin else 13 * scale
        if info.is_spatial and not thin:
            width = 1.1 * sqrt(info.output_shape[0] / lanes) * scale
        x += 3 if thin else 22 * scale
        boxes.append(_Box(info, x, width, height, depth))
        x += width + (3 if thin else depth)
    return boxes


def _fitted(infos: list[LayerInfo], lanes: int) -> list[_Box]:
    """Boxes that fill the width: positions grow linearly with the scale, so two trials give it."""

    def end(scale: float) -> float:
        last = _boxes(infos, lanes, scale)[-1]
        return last.x + last.width

    slope = end(2) - end(1)
    return _boxes(infos, lanes, 1 + (WIDTH - 20 - end(1)) / slope)


def draw(architecture: Architecture, infos: list[LayerInfo], photo: str = "") -> str:
    """The network as an SVG whose boxes carry their layer's name in `data-layer`.

    Args:
        photo: address of the picture to show as the input, usually a data URI.
    """
    lanes = 2 if architecture.towers == 2 else 1  # more groups than two are no towers
    boxes = _fitted(infos, lanes)
    height = _lane_height(lanes) * lanes + LABELS
    parts = [*_input(infos[0].input_shape, lanes, photo), *_wires(boxes, lanes)]
    for box in boxes:
        parts += _layer(box, lanes)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height + 34}" role="img" '
        f'aria-label="Diagram of {architecture.title}">{"".join(parts)}{_legend(infos, height + 20)}</svg>'
    )


def _lanes(box: _Box, lanes: int) -> list[float]:
    """Middle of each lane that the box stands in: both towers while there are maps, then one."""
    if lanes == 2 and box.info.is_spatial:
        return [_lane_height(2) * 0.5, _lane_height(2) * 1.5]
    return [_lane_height(lanes) * lanes / 2]


def _layer(box: _Box, lanes: int) -> Iterator[str]:
    info = box.info
    shape = " × ".join(map(str, info.output_shape))
    yield f'<g data-layer="{info.name}"><title>{info.name}: {shape}</title>'
    for middle in _lanes(box, lanes):
        yield _cuboid(box, middle, LAYER_COLOURS[info.type])
    if not box.is_thin:
        yield from _label(box.x + box.width / 2, lanes, info.name, info.output_shape)
    yield "</g>"


def _label(x: float, lanes: int, name: str, shape: tuple[int, ...]) -> Iterator[str]:
    y = _lane_height(lanes) * lanes + 14
    size = f"{shape[0]}×{shape[1]}²" if len(shape) == 3 else str(shape[0])
    yield f'<text x="{x:.0f}" y="{y}" text-anchor="middle" font-size="17">{name}</text>'
    yield f'<text x="{x:.0f}" y="{y + 20}" text-anchor="middle" font-size="15" class="faint">{size}</text>'


def _cuboid(box: _Box, middle: float, colour: str) -> str:
    """Front, top and side, the latter two lighter and darker."""
    x, w, h, d = box.x, box.width, box.height, box.depth
    y = middle - h / 2 + d / 2
    top = f"M{x:.1f},{y:.1f} l{d:.1f},{-d:.1f} h{w:.1f} l{-d:.1f},{d:.1f} z"
    side = f"M{x + w:.1f},{y:.1f} l{d:.1f},{-d:.1f} v{h:.1f} l{-d:.1f},{d:.1f} z"
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{colour}"/>'
        f'<path d="{top}" fill="{colour}" fill-opacity="0.6"/>'
        f'<path d="{side}" fill="{colour}" fill-opacity="0.8"/>'
    )


def _input(shape: tuple[int, ...], lanes: int, photo: str) -> Iterator[str]:
    side, middle = 100, _lane_height(lanes) * lanes / 2
    place = f'x="10" y="{middle - side / 2}" width="{side}" height="{side}"'
    yield f'<image href="{photo}" {place}/>' if photo else f'<rect {place} fill="#8c96a3"/>'
    yield from _label(10 + side / 2, lanes, "input", shape)


def _wires(boxes: list[_Box], lanes: int) -> Iterator[str]:
    """Lines into each layer that computes: straight within a tower, crossing where it reads both."""
    start, sources = 112.0, [_lane_height(lanes) * lanes / 2]
    for box in boxes:
        middles = _lanes(box, lanes)
        merges = len(middles) != len(sources)
        reads_all = merges or box.info.groups == 1
        if merges or not box.is_thin:
            for source in sources:
                for middle in middles:
                    if reads_all or source == middle:
                        yield f'<path class="wire" d="M{start:.1f},{source} L{box.x:.1f},{middle}"/>'
        start, sources = box.x + box.width, middles


def _legend(infos: list[LayerInfo], y: float) -> str:
    x, parts, seen = 10.0, [], set()
    for info in infos:
        kind = LAYER_KINDS[info.type]
        if kind in seen:
            continue
        seen.add(kind)
        parts.append(
            f'<rect x="{x}" y="{y - 11}" width="13" height="13" fill="{LAYER_COLOURS[info.type]}"/>'
            f'<text x="{x + 19}" y="{y}" font-size="15">{kind}</text>'
        )
        x += 44 + 7.4 * len(kind)
    return "".join(parts)
