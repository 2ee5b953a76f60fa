"""Many small pictures as one: arrays -> a `Picture` whose tiles can be clicked. No Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from model.overlay import overlay, png
from model.receptive_field import Box
from viz_app.draw import colours

MIN_TILE = 24  # pixels; smaller maps are enlarged by a whole factor, so that gaps stay thin
GAP = 2
BLOCK_GAP = 14
PAIR_SIDE = 44  # of one filter of a pair, in pixels, at least
LABEL_HEIGHT = 20
LABEL = (128, 136, 146, 255)  # readable on light and on dark
MARK = (232, 89, 12)  # what is chosen, as in the components' styles


@dataclass(frozen=True)
class Picture:
    """A picture in which regions can be chosen.

    Attributes:
        data: the bytes of a PNG or JPEG.
        size: width and height in the picture's own pixels.
        regions: (x, y, width, height) of each choice, in the same pixels.
        pixelated: keep pixels sharp when enlarged, as for filters and feature maps.
    """

    data: bytes
    size: tuple[int, int]
    regions: Sequence[tuple[int, int, int, int]]
    pixelated: bool = True
    mime: str = "image/png"


def mosaic(tiles: np.ndarray, columns: int, blocks: int = 1, gap: int = GAP) -> Picture:
    """Lay tiles out row by row on a transparent ground.

    Args:
        tiles: uint8 [N, h, w, 3].
        columns: tiles in a row, over all blocks.
        blocks: the tiles are split into this many equal runs, set side by side with a wider gap:
            one for each tower.
        gap: pixels between tiles; with thousands of tiles, gaps would be narrower than a screen's pixel.
    """
    factor = -(-MIN_TILE // tiles.shape[1])
    tiles = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    count, height, width, _ = tiles.shape
    regions = _regions(count, width, height, columns, blocks, gap)
    right = max(x + w for x, _, w, _ in regions)
    bottom = max(y + h for _, y, _, h in regions)
    canvas = np.zeros((bottom, right, 4), np.uint8)
    for tile, (x, y, w, h) in zip(tiles, regions, strict=True):
        canvas[y : y + h, x : x + w, :3] = tile
        canvas[y : y + h, x : x + w, 3] = 255
    return Picture(png(canvas), (right, bottom), regions)


def columns(count: int) -> int:
    """An even number of tiles in a row that fills every row and makes a mosaic nearly square."""
    fitting = [columns for columns in range(2, count + 1, 2) if count % columns == 0]
    return min(fitting, key=lambda columns: abs(columns - (1.2 * count) ** 0.5), default=count)


def _regions(
    count: int, width: int, height: int, columns: int, blocks: int, gap: int
) -> list[tuple[int, int, int, int]]:
    per_block, block_columns = -(-count // blocks), columns // blocks
    block_width = block_columns * (width + gap) - gap + BLOCK_GAP
    regions = []
    for index in range(count):
        block, position = divmod(index, per_block)
        row, column = divmod(position, block_columns)
        x = block * block_width + column * (width + gap)
        regions.append((x, row * (height + gap), width, height))
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


def photo_grid(images: Sequence[Image.Image], columns: int = 4, side: int = 160) -> Picture:
    """Central squares of photos in rows."""
    squares = [image.resize((side, side), box=_central_box(image)) for image in images]
    picture = mosaic(np.stack([np.asarray(square) for square in squares]), columns=columns)
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


def visible(pixels: np.ndarray, side: int = 227) -> np.ndarray:
    """A picture of few pixels enlarged until they can be seen: a browser would blur them."""
    return enlarge(pixels, max(1, side // len(pixels)))


def enlarge(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Every pixel as a square of factor x factor, so that edges stay sharp."""
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def reduced(pixels: np.ndarray, side: int) -> np.ndarray:
    """A picture no larger than that: uint8 [H, W, 3]."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BILINEAR)
    return np.asarray(image)


def map_over(crop: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A map's positive values laid over what the network sees: uint8 [H, W, 3] and float [h, w]."""
    positive = np.maximum(values, 0).astype(np.float32)
    top = float(positive.max()) or 1.0
    spread = Image.fromarray(positive / top).resize(crop.shape[1::-1], Image.Resampling.BILINEAR)
    return overlay(crop, np.asarray(spread), opacity=0.85)


def cells(values: np.ndarray, side: int = 480) -> Picture:
    """One map in which every cell can be chosen: float [h, w], by row and then column."""
    factor = max(1, side // max(values.shape))
    height, width = values.shape
    regions = [(c * factor, r * factor, factor, factor) for r in range(height) for c in range(width)]
    painted = enlarge(colours.paint(values, values), factor)
    return Picture(png(painted), (width * factor, height * factor), regions)


def looked_at(crop: np.ndarray, box: Box, strength: np.ndarray, factor: int = 3) -> np.ndarray:
    """What the network sees, pale outside a box, with a strength laid over the inside.

    Args:
        crop: uint8 [H, W, 3].  strength: float [H, W], zero or more.
        factor: how much larger the result is.
    """
    top = float(strength.max()) or 1.0
    # The square root shows the faint outskirts, which a linear scale would lose.
    shaded = shade_outside(crop, (box.left, box.top, box.right, box.bottom))
    image = Image.fromarray(enlarge(overlay(shaded, np.sqrt(strength / top), 0.75), factor))
    edges = [box.left * factor, box.top * factor, box.right * factor - 1, box.bottom * factor - 1]
    ImageDraw.Draw(image).rectangle(edges, outline=MARK, width=4)
    return np.asarray(image)


def patch_tiles(crops: Sequence[np.ndarray], boxes: Sequence[Box], side: int = 120) -> np.ndarray:
    """The boxes of crops, each at its own scale, as squares: uint8 [N, side, side, 3].

    A box that the border has clipped keeps its shape, on grey.
    """
    tiles = []
    for crop, box in zip(crops, boxes, strict=True):
        part = crop[box.top : box.bottom, box.left : box.right]
        extent = max(part.shape[:2])
        square = np.full((extent, extent, 3), 128, np.uint8)
        square[: part.shape[0], : part.shape[1]] = part
        tiles.append(np.asarray(Image.fromarray(square).resize((side, side), Image.Resampling.BICUBIC)))
    return np.stack(tiles)


def switched_off(tiles: np.ndarray, off: Sequence[int]) -> np.ndarray:
    """Tiles with some crossed out: uint8 [N, h, w, 3]."""
    tiles = tiles.copy()
    height, width = tiles.shape[1:3]
    cross = np.zeros((height, width), bool)
    rows = np.arange(height)
    cross[rows, rows * width // height] = cross[rows, width - 1 - rows * width // height] = True
    for index in off:
        tiles[index] = 225
        tiles[index, cross] = MARK
    return tiles


def filter_pairs(kernels: np.ndarray, pairs: Sequence[tuple[int, int]], columns: int = 10) -> np.ndarray:
    """Pairs of filters side by side with their numbers: float [N, 3, h, w] -> uint8 RGBA [H, W, 4].

    Each filter is scaled by its own largest weight.
    """
    factor = -(-PAIR_SIDE // kernels.shape[2])
    side = factor * kernels.shape[2]
    width, height = 2 * side + 2 + BLOCK_GAP, side + LABEL_HEIGHT + 6
    rows = -(-len(pairs) // columns)
    canvas = Image.new("RGBA", (columns * width - BLOCK_GAP, rows * height - 6))
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(14)
    for index, pair in enumerate(pairs):
        left, top = index % columns * width, index // columns * height
        for position, tile in enumerate(filter_tiles(kernels[list(pair)], common_scale=False)):
            enlarged = Image.fromarray(enlarge(tile, factor))
            canvas.paste(enlarged, (left + position * (side + 2), top))
        pen.text((left + side + 1, top + side + 2), f"{pair[0]} · {pair[1]}", LABEL, font, anchor="ma")
    return np.asarray(canvas)
