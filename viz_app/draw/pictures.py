"""Turn arrays into pictures, among them mosaics of many tiles that can be clicked."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from model.overlay import outlined, overlay, png
from model.receptive_field import Box
from viz_app.draw import colours

MIN_TILE = 24  # pixels; smaller tiles are enlarged by a whole number, so that gaps stay thin beside them
GAP = 2
BLOCK_GAP = 14
PAIR_SIDE = 44  # smallest side of one filter of a pair, in pixels
LABEL_HEIGHT = 20
LABEL = (128, 136, 146, 255)  # readable on a light and on a dark page
MARK = (232, 89, 12)  # the orange that marks a choice, as in components/*.css


@dataclass(frozen=True)
class Picture:
    """A picture in which regions can be chosen.

    Attributes:
        data: the bytes of a PNG or JPEG.
        size: width and height in the picture's own pixels.
        regions: (x, y, width, height) of each region, in the same pixels.
        pixelated: whether pixels stay sharp when a browser enlarges the picture, as for feature maps.
    """

    data: bytes
    size: tuple[int, int]
    regions: Sequence[tuple[int, int, int, int]]
    pixelated: bool = True
    mime: str = "image/png"

    @property
    def image(self) -> Image.Image:
        """Return the picture decoded, for use without regions."""
        return Image.open(io.BytesIO(self.data))


def mosaic(tiles: np.ndarray, columns: int, blocks: int = 1, gap: int = GAP) -> Picture:
    """Return one picture of all tiles, row by row on a transparent ground.

    Args:
        tiles: uint8 [N, h, w, 3].
        columns: tiles in a row, over all blocks.
        blocks: number of blocks, side by side with a wider gap. Two towers are two blocks: the first
            half of the tiles fills the left one.
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
    """Return an even number of tiles per row that leaves no row half empty and the mosaic nearly square.

    96 tiles -> 12 in a row, 256 -> 16.
    """
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
    """Return conv1's filters in colour, weights of zero as grey: float [N, 3, h, w] -> uint8 [N, h, w, 3].

    Args:
        common_scale: divide by the largest weight of all filters, so that weak filters look weak; else
            divide each filter by its own largest weight.
    """
    axis = None if common_scale else (1, 2, 3)
    top = np.abs(weights).max(axis=axis, keepdims=True)
    unit = weights / np.where(top > 0, top, 1)
    tiles = ((unit * 0.5 + 0.5) * 255).round().astype(np.uint8).transpose(0, 2, 3, 1)
    return tiles.repeat(3, axis=3) if tiles.shape[3] == 1 else tiles  # grey filters of grey photos


def map_tiles(maps: np.ndarray, common_scale: bool) -> np.ndarray:
    """Return feature maps in colour: float [N, h, w] -> uint8 [N, h, w, 3].

    Args:
        common_scale: divide by the largest value of all maps; else divide each map by its own.
    """
    if not common_scale:
        top = np.abs(maps).max(axis=(1, 2), keepdims=True)
        maps = maps / np.where(top > 0, top, 1)
    return colours.paint(maps, scope=maps)


def photo_grid(images: Sequence[Image.Image], columns: int = 4, side: int = 160) -> Picture:
    """Return a mosaic of the central squares of photos."""
    squares = [image.resize((side, side), box=_central_box(image)) for image in images]
    picture = mosaic(np.stack([np.asarray(square) for square in squares]), columns=columns)
    return Picture(picture.data, picture.size, picture.regions, pixelated=False)


def _central_box(image: Image.Image) -> tuple[float, float, float, float]:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return (left, top, left + side, top + side)


def shade_outside(photo: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Return the photo with everything outside the box made pale: uint8 [H, W, 3].

    Args:
        box: left, top, right, bottom in pixels.
    """
    left, top, right, bottom = (round(edge) for edge in box)
    shaded = 255 - (255 - photo) // 3
    shaded[top:bottom, left:right] = photo[top:bottom, left:right]
    return shaded


def visible(pixels: np.ndarray, side: int = 227) -> np.ndarray:
    """Return a small picture enlarged to about `side` pixels, with sharp edges: a browser would blur them."""
    return enlarge(pixels, max(1, side // len(pixels)))


def enlarge(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Return the picture with every pixel repeated factor x factor times, so that edges stay sharp."""
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def reduced(pixels: np.ndarray, side: int) -> np.ndarray:
    """Return the picture shrunk so that neither side is longer than `side`: uint8 [H, W, 3]."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BILINEAR)
    return np.asarray(image)


def map_over(crop: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the crop with a feature map's positive values over it: uint8 [H, W, 3], float [h, w]."""
    positive = np.maximum(values, 0).astype(np.float32)
    top = float(positive.max()) or 1.0
    spread = np.asarray(Image.fromarray(positive / top).resize(crop.shape[1::-1], Image.Resampling.BILINEAR))
    return outlined(overlay(crop, spread, opacity=0.85), spread)


def cells(values: np.ndarray, side: int = 480) -> Picture:
    """Return a feature map in which every activation can be clicked, row by row: float [h, w]."""
    factor = max(1, side // max(values.shape))
    height, width = values.shape
    regions = [(c * factor, r * factor, factor, factor) for r in range(height) for c in range(width)]
    painted = enlarge(colours.paint(values, values), factor)
    return Picture(png(painted), (width * factor, height * factor), regions)


def looked_at(crop: np.ndarray, box: Box, strength: np.ndarray, factor: int = 3) -> np.ndarray:
    """Return the crop, pale outside a box, with colours inside it that show a strength.

    Args:
        crop: uint8 [H, W, 3].
        strength: how strongly something depends on each pixel, float [H, W], zero or more.
        factor: how many times larger than the crop the result is.
    """
    top = float(strength.max()) or 1.0
    # The square root keeps weak values at the rim visible, which a linear scale would not.
    shaded = shade_outside(crop, (box.left, box.top, box.right, box.bottom))
    image = Image.fromarray(enlarge(overlay(shaded, np.sqrt(strength / top), 0.75), factor))
    edges = [box.left * factor, box.top * factor, box.right * factor - 1, box.bottom * factor - 1]
    ImageDraw.Draw(image).rectangle(edges, outline=MARK, width=4)
    return np.asarray(image)


def patch_tiles(crops: Sequence[np.ndarray], boxes: Sequence[Box], side: int = 120) -> np.ndarray:
    """Return the part of each crop inside its box, scaled to a square: uint8 [N, side, side, 3].

    If the crop's border has cut a box, the rest of its square is grey.
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
    """Return the tiles with some of them crossed out: uint8 [N, h, w, 3].

    Args:
        off: indices of the tiles to cross out.
    """
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
    """Return pairs of filters side by side with their numbers: float [N, 3, h, w] -> uint8 RGBA [H, W, 4].

    Each filter is divided by its own largest weight.
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
