"""Many small pictures as one: arrays -> a `Picture` whose tiles can be clicked. No Streamlit."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from model.overlay import overlay
from viz_app import colours
from viz_app.components import Picture

MIN_TILE = 24  # pixels; smaller maps are enlarged by a whole factor, so that gaps stay thin
GAP = 2
BLOCK_GAP = 14


def png(pixels: np.ndarray) -> bytes:
    """uint8 [H, W, 3 or 4] as the bytes of a PNG, packed fast rather than small."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def mosaic(tiles: np.ndarray, columns: int, blocks: int = 1) -> Picture:
    """Lay tiles out row by row on a transparent ground.

    Args:
        tiles: uint8 [N, h, w, 3].
        columns: tiles in a row, over all blocks.
        blocks: the tiles are split into this many equal runs, set side by side with a wider gap:
            one for each tower.
    """
    factor = -(-MIN_TILE // tiles.shape[1])
    tiles = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    count, height, width, _ = tiles.shape
    regions = _regions(count, width, height, columns, blocks)
    right = max(x + w for x, _, w, _ in regions)
    bottom = max(y + h for _, y, _, h in regions)
    canvas = np.zeros((bottom, right, 4), np.uint8)
    for tile, (x, y, w, h) in zip(tiles, regions, strict=True):
        canvas[y : y + h, x : x + w, :3] = tile
        canvas[y : y + h, x : x + w, 3] = 255
    return Picture(png(canvas), (right, bottom), regions)


def _regions(
    count: int, width: int, height: int, columns: int, blocks: int
) -> list[tuple[int, int, int, int]]:
    per_block, block_columns = -(-count // blocks), columns // blocks
    block_width = block_columns * (width + GAP) - GAP + BLOCK_GAP
    regions = []
    for index in range(count):
        block, position = divmod(index, per_block)
        row, column = divmod(position, block_columns)
        x = block * block_width + column * (width + GAP)
        regions.append((x, row * (height + GAP), width, height))
    return regions


def filter_tiles(weights: np.ndarray, common_scale: bool) -> np.ndarray:
    """conv1's kernels as colours, zero as mid-grey: float [N, 3, h, w] -> uint8 [N, h, w, 3].

    Args:
        common_scale: one scale for all filters, so that strong ones look strong; else each filter
            uses the full range of its own.
    """
    axis = None if common_scale else (1, 2, 3)
    top = np.abs(weights).max(axis=axis, keepdims=True)
    unit = weights / np.where(top > 0, top, 1)
    return ((unit * 0.5 + 0.5) * 255).round().astype(np.uint8).transpose(0, 2, 3, 1)


def map_tiles(maps: np.ndarray, common_scale: bool) -> np.ndarray:
    """Feature maps as colours: float [N, h, w] -> uint8 [N, h, w, 3]."""
    if not common_scale:
        top = np.abs(maps).max(axis=(1, 2), keepdims=True)
        maps = maps / np.where(top > 0, top, 1)
    return colours.paint(maps, scope=maps)


def photo_strip(images: Sequence[Image.Image], side: int = 160) -> Picture:
    """Central squares of photos in one row."""
    squares = [image.resize((side, side), box=_central_box(image)) for image in images]
    picture = mosaic(np.stack([np.asarray(square) for square in squares]), columns=len(images))
    return Picture(picture.data, picture.size, picture.regions, pixelated=False)


def _central_box(image: Image.Image) -> tuple[float, float, float, float]:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return (left, top, left + side, top + side)


def shade_outside(photo: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """The photo, pale outside the box: uint8 [H, W, 3], box as left, top, right, bottom."""
    left, top, right, bottom = (round(edge) for edge in box)
    shaded = 255 - (255 - photo) // 3
    shaded[top:bottom, left:right] = photo[top:bottom, left:right]
    return shaded


def enlarge(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Every pixel as a square of factor x factor, so that edges stay sharp."""
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def map_over(crop: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A map's positive values laid over what the network sees: uint8 [H, W, 3] and float [h, w]."""
    positive = np.maximum(values, 0).astype(np.float32)
    top = float(positive.max()) or 1.0
    spread = Image.fromarray(positive / top).resize(crop.shape[1::-1], Image.Resampling.BILINEAR)
    return overlay(crop, np.asarray(spread), opacity=0.85)
