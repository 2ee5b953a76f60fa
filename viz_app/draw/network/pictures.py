"""Make the small pictures in the diagram: the crop, the strongest feature maps, units and filters.

Every picture is a data URI, so that the diagram needs no other file.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from model.architectures import Architecture
from model.layers import LayerInfo
from model.predict import Prediction
from viz_app.draw import colours
from viz_app.draw.network.marks import NOTHING, Marks
from viz_app.draw.network.stages import Stage, lanes, split, stages
from viz_app.draw.pictures import filter_tiles, reduced

PHOTO_SIDE = 227  # pixels; the photo is not shown larger
STRIP_COLUMNS = 16  # units in a row of a strip of 4096 units

Channels = tuple[tuple[int, ...], ...]
"""The channels of a stage that are drawn, for each lane the strongest first."""


@dataclass(frozen=True)
class Pictures:
    """Everything in the diagram that depends on the photo.

    Attributes:
        channels: the channels that are drawn, by a stage's main layer; without fully connected layers.
        uris: data URIs of "photo", "relu1/20" (a feature map), "filter/20" and "fc6" (all units). Feature
            maps that are zero everywhere are missing.
        answers: the most probable classes.
        marks: the path of a decision.
    """

    channels: Mapping[str, Channels] = field(default_factory=dict)
    uris: Mapping[str, str] = field(default_factory=dict)
    answers: Sequence[Prediction] = ()
    marks: Marks = NOTHING


NONE = Pictures()


def _uri(data: bytes, mime: str) -> str:
    return f"data:image/{mime};base64,{base64.b64encode(data).decode()}"


def _png(pixels: np.ndarray, most_colours: int = 64) -> str:
    """Return a PNG with few colours: the page contains about a hundred pictures, so each must be small."""
    image = Image.fromarray(pixels).quantize(most_colours, Image.Quantize.FASTOCTREE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return _uri(buffer.getvalue(), "png")


def _photo(crop: np.ndarray) -> str:
    """Return a JPEG, or a PNG if the crop is so small that single pixels are visible."""
    if len(crop) < PHOTO_SIDE // 2:
        return _png(crop, 256)
    buffer = io.BytesIO()
    Image.fromarray(reduced(crop, PHOTO_SIDE)).save(buffer, "JPEG", quality=88)
    return _uri(buffer.getvalue(), "jpeg")


def strongest(values: np.ndarray, lanes: int, count: int) -> Channels:
    """Return the channels of each lane with the most telling feature maps: float [C, H, W].

    Such a feature map varies much and is not large everywhere, as those of some channels are for any photo.
    """
    deviation, mean = values.std((1, 2)), np.abs(values).mean((1, 2))
    strength = deviation**2 / np.maximum(deviation + mean, 1e-12)
    return tuple(
        tuple(sorted(channels, key=lambda channel: -strength[channel])[:count])
        for channels in split(len(values), lanes)
    )


def _after_relu(stage: Stage, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the output of the ReLU after a convolution, or of the convolution if no ReLU follows."""
    relu = next((info.name for info in stage.after if info.type == "ReLU"), stage.main.name)
    return values[relu]


def _strip(values: np.ndarray) -> np.ndarray:
    """Return the colours of all units, row by row: float [N] -> uint8 [rows, columns, 3]."""
    columns = max(1, min(STRIP_COLUMNS, len(values) // 64))
    rows = -(-len(values) // columns)
    padded = np.zeros(rows * columns, values.dtype)
    padded[: len(values)] = values
    return colours.paint(padded, scope=values).reshape(rows, columns, 3)


def drawn_channels(
    architecture: Architecture,
    infos: Sequence[LayerInfo],
    values: Mapping[str, np.ndarray],
    count: int,
    marked: Mapping[str, Sequence[int]] = NOTHING.channels,
) -> dict[str, Channels]:
    """Return the channels to draw by stage, marked ones first; for pool1 the same as for conv1."""
    found: dict[str, Channels] = {}
    before: Channels = ()
    for stage in stages(infos):
        if not stage.is_spatial:
            continue
        if not (stage.is_pooling and before):
            before = strongest(_after_relu(stage, values), lanes(architecture), count)
            before = _marked_first(before, marked.get(stage.main.name, ()), stage, lanes(architecture))
        found[stage.main.name] = before
    return found


def _marked_first(drawn: Channels, marked: Sequence[int], stage: Stage, lanes: int) -> Channels:
    """Return as many channels of each lane, but start with the marked ones."""
    in_front = [
        [channel for channel in marked if channel in lane]
        for lane in split(stage.main.output_shape[0], lanes)
    ]
    return tuple(
        tuple([*front, *(channel for channel in lane if channel not in front)][: len(lane)])
        for front, lane in zip(in_front, drawn, strict=True)
    )


def pictures(
    architecture: Architecture,
    infos: Sequence[LayerInfo],
    *,
    crop: np.ndarray,
    values: Mapping[str, np.ndarray],
    filters: np.ndarray,
    answers: Sequence[Prediction],
    count: int,
    marks: Marks = NOTHING,
) -> Pictures:
    """Return all pictures in the diagram for one photo and one network.

    Args:
        crop: uint8 [H, W, 3].
        values: the output of every layer, float32 [C, H, W] or [units].
        filters: weights of the first convolution, float [C, 3, h, w].
        count: largest number of channels of each tower; without towers, twice as many.
        marks: the path of a decision, whose channels are drawn in any case.
    """
    per_lane = count * 2 // lanes(architecture)
    channels = drawn_channels(architecture, infos, values, per_lane, marks.channels)
    uris = {"photo": _photo(crop)}
    for stage in stages(infos):
        for info in stage.layers:
            if info.is_spatial:
                uris |= _maps(info.name, values[info.name], channels[stage.main.name])
            elif info.type not in ("Flatten", "Dropout"):  # these two change no number
                uris[info.name] = _png(_strip(values[info.name]))
    first = stages(infos)[0].main.name
    for channel in (c for lane in channels[first] for c in lane):
        uris[f"filter/{channel}"] = _png(filter_tiles(filters[[channel]], common_scale=False)[0])
    return Pictures(channels, uris, tuple(answers), marks)


def _maps(layer: str, values: np.ndarray, channels: Channels) -> dict[str, str]:
    """Return the pictures of feature maps, each with its own colour scale, without those that are zero."""
    drawn = [channel for lane in channels for channel in lane if values[channel].any()]
    return {
        f"{layer}/{channel}": _png(colours.paint(values[channel], scope=values[channel])) for channel in drawn
    }


def with_pictures(svg: str, uris: Mapping[str, str]) -> str:
    """Return an SVG that contains its pictures: each `data-picture` is replaced by the picture's data URI."""
    for name, uri in uris.items():
        svg = svg.replace(f'data-picture="{name}"', f'href="{uri}"')
    return svg
