"""Collect a photo and the network's results for it in a `Journey`. Nothing here imports PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from model.architectures import Architecture
from model.layers import LayerInfo
from model.preprocess import Photo, crop_box, network_crop
from viz_app.draw import pictures, tables
from viz_app.draw.colours import LAYER_KINDS
from viz_app.handout import ink
from viz_app.handout.journey import Evidence, Journey, Step
from viz_app.handout.problems import problems
from viz_app.samples import Sample

if TYPE_CHECKING:
    from model.attribution import Attribution
    from model.predict import Classification

PHOTO_SIDE = 640  # pixels; about 9 cm on paper
MAPS_WIDTH = 1300  # largest width in pixels of the picture of all feature maps of a layer


def collect(
    photo: Photo,
    architecture: Architecture,
    infos: Sequence[LayerInfo],
    maps: Mapping[str, np.ndarray],
    kernels: np.ndarray,
    answers: Classification,
    evidence: Sequence[Attribution],
    *,
    weights: str,
    often_right: str = "",
    sample: Sample | None = None,
) -> Journey:
    """Return the journey of a photo.

    Args:
        maps: the output of every layer, by the layer's name.
        kernels: weights of the first layer, [out, in, h, w].
        evidence: attributions for the most probable class.
        weights: title of the weights.
        often_right: a sentence that says how often these weights are right.
        sample: the entry of a sample photo; None for a user's photo.
    """
    crop = network_crop(photo, architecture)
    outside = pictures.shade_outside(photo.pixels, crop_box(photo, architecture))
    return Journey(
        photo=ink.png(pictures.reduced(outside, PHOTO_SIDE)),
        crop=ink.png(crop),
        input_size=len(crop),
        architecture=architecture.title,
        weights=weights,
        sample=sample,
        filters=_filters(kernels, architecture.towers),
        steps=tuple(_step(info, maps[info.name]) for info in infos),
        answers=answers.top(5),
        often_right=often_right,
        evidence=tuple(_evidence(crop, found) for found in evidence),
        problems=problems(infos, answers.top(1)[0].label),
    )


def _filters(kernels: np.ndarray, towers: int) -> bytes | None:
    if kernels.shape[1] != 3:
        return None
    return pictures.mosaic(pictures.filter_tiles(kernels, common_scale=False), columns=16, blocks=towers).data


def _step(info: LayerInfo, values: np.ndarray) -> Step:
    return Step(
        name=info.name,
        kind=LAYER_KINDS[info.type],
        shape=tables.shape(info.output_shape),
        formula=_size(info),
        parameters=info.parameters,
        macs=info.macs,
        zeros=float(np.mean(values == 0)),
        picture=_picture(info, values),
    )


def _picture(info: LayerInfo, values: np.ndarray) -> bytes | None:
    if info.type in ("Flatten", "Dropout"):  # their output equals that of the layer before
        return None
    if not info.is_spatial:
        return ink.png(ink.units(values))
    sheet = ink.maps(values, _columns(len(values)))
    step = -(-sheet.shape[1] // MAPS_WIDTH)
    return ink.png(sheet if step == 1 else pictures.reduced(sheet, MAPS_WIDTH))


def _columns(count: int) -> int:
    """Return the columns that fill every row and make the picture about three times as wide as high."""
    fitting = [columns for columns in range(1, count + 1) if count % columns == 0]
    return min(fitting, key=lambda columns: abs(columns - (3 * count) ** 0.5))


def _size(info: LayerInfo) -> str:
    """Return the formula for the size: "⌊(27 + 2 · 2 − 5) / 1⌋ + 1 = 27"; "" if it does not change."""
    if not info.kernel_size or not info.is_spatial:
        return ""
    padded = f" + 2 · {info.padding}" if info.padding else ""
    places = f"⌊({info.input_shape[1]}{padded} − {info.span}) / {info.stride}⌋ + 1"
    return f"{places} = {info.output_shape[1]}"


def _evidence(crop: np.ndarray, found: Attribution) -> Evidence:
    method = found.method
    return Evidence(method.title, method.meaning, method.caveat, ink.png(ink.spotlight(crop, found.heatmap)))
