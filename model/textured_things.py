"""Draw photos of textured things on backgrounds: an example for teaching a network."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from .preprocess import Photo, read_photo

NAMES = ("striped", "dotted", "checked")
SIDE = 256


@dataclass(frozen=True)
class Thing:
    """A drawn photo.

    Attributes:
        label: index of its class in `NAMES`.
        mask: where the thing is, bool [SIDE, SIDE].
    """

    photo: Photo
    label: int
    mask: np.ndarray


def things(count: int, shortcut: bool = False, seed: int = 0) -> Iterator[Thing]:
    """Draw some photos of each class.

    Args:
        count: photos of each class.
        shortcut: each class has a background of its own, so that the background alone tells the class;
            else all classes share all backgrounds.
        seed: another seed draws other photos.
    """
    rng = np.random.default_rng(seed)
    for number in range(count):
        for label, name in enumerate(NAMES):
            ground = _ground(label if shortcut else int(rng.integers(3)), rng)
            mask, texture = _disc(rng), _texture(label, rng)
            pixels = np.where(mask[..., None], texture, ground) + rng.normal(0, 6, (SIDE, SIDE, 3))
            buffer = io.BytesIO()
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, "PNG", compress_level=1)
            yield Thing(read_photo(buffer.getvalue(), f"{name} {number + 1}"), label, mask)


def _disc(rng: np.random.Generator) -> np.ndarray:
    canvas = Image.new("1", (SIDE, SIDE))
    radius = rng.integers(46, 66)
    x, y = rng.integers(radius + 20, SIDE - radius - 20, 2)
    ImageDraw.Draw(canvas).ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    return np.asarray(canvas)


def _texture(label: int, rng: np.random.Generator) -> np.ndarray:
    """Return stripes, dots or squares in two random colours."""
    y, x = np.mgrid[:SIDE, :SIDE] + rng.uniform(0, 40)
    step = (rng.uniform(12, 17), rng.uniform(20, 26), rng.uniform(46, 60))[label]
    waves = np.sin(2 * np.pi * x / step), np.sin(2 * np.pi * y / step)
    where = (waves[1] > 0, waves[0] + waves[1] > 0.9, waves[0] * waves[1] > 0)[label]
    dark, light = rng.uniform(0, 90, 3), rng.uniform(165, 255, 3)
    return np.where(where[..., None], light, dark)


def _ground(kind: int, rng: np.random.Generator) -> np.ndarray:
    """Return a brownish wood, a green meadow, or a grey-blue wall of bricks."""
    y, x = np.mgrid[:SIDE, :SIDE] + rng.uniform(0, 100)
    if kind == 0:
        grain = 30 * np.sin(x / 9 + 2 * np.sin(y / 40)) + 12 * np.sin(x / 3.1)
        return np.array([150, 95, 50]) + grain[..., None]
    if kind == 1:
        blades = rng.normal(0, 38, (SIDE // 4, SIDE // 4)).repeat(4, 0).repeat(4, 1)
        return np.array([70, 140, 50]) + blades[..., None]
    row = (y // 24).astype(int)
    joints = (y % 24 < 3) | ((x + 24 * (row % 2)) % 48 < 3)
    return np.where(joints[..., None], [200, 200, 205], [95, 105, 135])
