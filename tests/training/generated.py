"""Random kernels and pictures, made from a seed."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from model.training.source import Kernels

SIZES = (11, 5, 3, 3, 3)


def he_kernels(widths: tuple[int, ...]) -> Kernels:
    """Return random kernels of conv1 to conv5 that keep the size of activations (He et al. 2015)."""
    channels = itertools.pairwise((3, *widths))
    return [
        (torch.randn(o, i, k, k) * (2 / (i * k * k)) ** 0.5, 0.1 * torch.randn(o))
        for (i, o), k in zip(channels, SIZES, strict=True)
    ]


def picture_folder(folder: Path, count: int = 6) -> Path:
    """Fill a folder with pictures of smooth random colours and gratings, with details at every scale."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:256, :256] / 256
    for i in range(count):
        base = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8)).resize((256, 256))
        angle, waves = rng.uniform(0, np.pi), rng.uniform(5, 40)
        grating = 40 * np.sin(2 * np.pi * waves * (np.cos(angle) * x + np.sin(angle) * y))
        pixels = (np.asarray(base) + grating[:, :, None]).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


BRIEF = {"epochs": 2, "batch_size": 8, "learning_rate": 1e-4, "precision": "float32"}
"""Settings of a run on `textures` that takes seconds."""


def textures(folder: Path, count: int = 10) -> Path:
    """Fill a folder with photos of three classes: dots, and stripes of two directions."""
    y, x = np.mgrid[:40, :40]
    rng = np.random.default_rng(0)
    for name, pattern in (("dots", x * y % 7), ("lines", x % 6), ("rungs", y % 6)):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = 30 * pattern[..., None] + rng.integers(0, 60, (40, 40, 3))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name / f"{i:02}.png")
    return folder
