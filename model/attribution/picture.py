"""A map as a picture: laid over the photo, or alone, at any size."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..architectures import Architecture
from ..overlay import colorize, overlay
from ..preprocess import Photo, crop_box, network_crop
from .base import Attribution, scaled


def over_photo(
    photo: Photo,
    architecture: Architecture,
    found: Attribution,
    *,
    side: int | None = None,
    opacity: float = 0.5,
    peak: float | None = None,
) -> np.ndarray:
    """The map laid over what the network sees: uint8 [side, side, 3].

    Args:
        side: in pixels. None gives the very crop that the network gets, which is coarse; else the same
            part of the photo is taken at that size.
        peak: the magnitude at full strength; the map's own if None.
    """
    crop, heatmap = network_crop(photo, architecture), found.heatmap
    if side is not None and side != len(crop):
        part = photo.image.resize((side, side), Image.Resampling.BICUBIC, crop_box(photo, architecture))
        crop, heatmap = np.asarray(part), _resized(heatmap, side)
    strength = scaled(heatmap, found.peak if peak is None else peak)
    return overlay(crop, strength, opacity, signed=found.method.signed)


def alone(found: Attribution, *, side: int = 227, peak: float | None = None) -> np.ndarray:
    """The method's own values, each as a square with sharp edges, at least `side` pixels: uint8 [h, w, 3]."""
    factor = -(-side // max(found.values.shape))
    strength = scaled(found.values, found.peak if peak is None else peak)
    painted = colorize(strength, signed=found.method.signed)
    return painted.repeat(factor, axis=0).repeat(factor, axis=1)


def _resized(values: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(values).resize((side, side), Image.Resampling.BILINEAR))
