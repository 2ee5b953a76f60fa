"""Photos that need no download: drawn shapes and patterns of ten classes, for a first run in a minute."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from .labelled import LabelledPhotos, Photos

ORIGIN = "drawn shapes"
TRAINING, VALIDATION = 1000, 200
NOISE = 12.0  # standard deviation, of 255

# Each class is a function of coordinates from -1 to 1 around a random centre, already turned and scaled at
# random. It returns where the picture has the foreground's colour.
Pattern = Callable[[np.ndarray, np.ndarray], np.ndarray]
PATTERNS: dict[str, Pattern] = {
    "disc": lambda x, y: x**2 + y**2 < 0.36,
    "ring": lambda x, y: abs(np.hypot(x, y) - 0.5) < 0.13,
    "square": lambda x, y: np.maximum(abs(x), abs(y)) < 0.5,
    "triangle": lambda x, y: (y < 0.45) & (y > 1.7 * abs(x) - 0.65),
    "cross": lambda x, y: (np.minimum(abs(x), abs(y)) < 0.17) & (np.maximum(abs(x), abs(y)) < 0.65),
    "lying stripes": lambda x, y: np.sin(9 * y) > 0,
    "standing stripes": lambda x, y: np.sin(9 * x) > 0,
    "slanted stripes": lambda x, y: np.sin(6.4 * (x + y)) > 0,
    "chessboard": lambda x, y: np.sin(7 * x) * np.sin(7 * y) > 0,
    "dots": lambda x, y: np.sin(8 * x) * np.sin(8 * y) > 0.45,
}


def generated_photos(size: int, seed: int = 0) -> LabelledPhotos:
    """Draw photos of every class, each with its own colours, place, scale and noise.

    Args:
        size: height and width in pixels.
        seed: another seed draws other photos.
    """
    rng = np.random.default_rng(seed)
    training, validation = _photos(TRAINING, size, rng), _photos(VALIDATION, size, rng)
    return LabelledPhotos(training, validation, tuple(PATTERNS), ORIGIN)


def _photos(count: int, size: int, rng: np.random.Generator) -> Photos:
    labels = np.arange(count) % len(PATTERNS)
    patterns = list(PATTERNS.values())
    pixels = np.stack([_draw(patterns[label], size, rng) for label in labels])
    return Photos(_as_pixels(pixels), torch.from_numpy(labels))


def _draw(pattern: Pattern, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return a picture, float64 [size, size, 3], from 0 to 255."""
    y, x = np.mgrid[:size, :size] * 2 / (size - 1) - 1
    turn, scale = rng.uniform(-0.2, 0.2), rng.uniform(0.75, 1.25)
    x, y = x - rng.uniform(-0.3, 0.3), y - rng.uniform(-0.3, 0.3)
    x, y = (x * np.cos(turn) + y * np.sin(turn)) / scale, (y * np.cos(turn) - x * np.sin(turn)) / scale
    background, foreground = rng.uniform(0, 255, (2, 3))
    while abs(foreground.mean() - background.mean()) < 60:  # a shape of nearly the same grey is not visible
        foreground = rng.uniform(0, 255, 3)
    picture = np.where(pattern(x, y)[..., None], foreground, background)
    return (picture + rng.normal(0, NOISE, picture.shape)).clip(0, 255)


def _as_pixels(pixels: np.ndarray) -> Tensor:
    """[n, size, size, 3] -> uint8 [n, 3, size, size]"""
    return torch.from_numpy(pixels.astype(np.uint8)).permute(0, 3, 1, 2).contiguous()
