"""Pictures of the labs. No Streamlit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from viz_app import pictures

PAIR_SIDE = 44  # of one filter, in pixels, at least
LABEL_HEIGHT = 20
LABEL = (128, 136, 146, 255)  # readable on light and on dark


def filter_pairs(kernels: np.ndarray, pairs: Sequence[tuple[int, int]], columns: int = 10) -> np.ndarray:
    """Pairs of filters side by side with their numbers: float [N, 3, h, w] -> uint8 RGBA [H, W, 4].

    Each filter is scaled by its own largest weight.
    """
    factor = -(-PAIR_SIDE // kernels.shape[2])
    side = factor * kernels.shape[2]
    width, height = 2 * side + 2 + pictures.BLOCK_GAP, side + LABEL_HEIGHT + 6
    rows = -(-len(pairs) // columns)
    canvas = Image.new("RGBA", (columns * width - pictures.BLOCK_GAP, rows * height - 6))
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(14)
    for index, pair in enumerate(pairs):
        left, top = index % columns * width, index // columns * height
        for position, tile in enumerate(pictures.filter_tiles(kernels[list(pair)], common_scale=False)):
            enlarged = Image.fromarray(pictures.enlarge(tile, factor))
            canvas.paste(enlarged, (left + position * (side + 2), top))
        pen.text((left + side + 1, top + side + 2), f"{pair[0]} · {pair[1]}", LABEL, font, anchor="ma")
    return np.asarray(canvas)
