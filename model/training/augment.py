"""Make random crops. A crop depends on nothing but its seed, so every crop can be made again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from .pictures import Pictures

cv2.setNumThreads(1)  # leaves the cores to the network


@dataclass(frozen=True)
class GroupRule:
    """How often pictures of one group are chosen, and how far they are cropped.

    Attributes:
        weight: how often a picture of the group is chosen, compared with 1 for a user's own pictures.
        min_area: smallest crop, as a share of the picture's area.
    """

    weight: float
    min_area: float


Rules = Mapping[str, GroupRule]

# Pictures of 84 pixels are too small for small crops.
_SOFT, _SOFT_SELDOM = GroupRule(0.5, 0.4), GroupRule(0.1, 0.5)
RULES: Rules = {
    "imagenet_1_per_class": GroupRule(3.0, 0.15),
    "mini_imagenet_84-1of2": _SOFT,
    "mini_imagenet_84-2of2": _SOFT,
}
# For stages that learn fine texture: pictures of 84 pixels have none when they are enlarged.
SHARP_RULES: Rules = {
    "imagenet_1_per_class": GroupRule(10.0, 0.15),
    "mini_imagenet_84-1of2": _SOFT_SELDOM,
    "mini_imagenet_84-2of2": _SOFT_SELDOM,
}
OTHER_RULE = GroupRule(1.0, 0.2)  # for all other groups, such as a user's own folder


@dataclass(frozen=True)
class Augmentation:
    """How far crops may differ from their pictures.

    Attributes:
        mixup: share of crops that are a blend of two crops.
        cutmix: share of crops in which a rectangle comes from another crop.
        jitter: brightness, contrast and saturation change by up to this share.
        min_area: smallest crop, as a share of the picture's area; a group's rule may demand larger ones.
    """

    mixup: float = 0.15
    cutmix: float = 0.2
    jitter: float = 0.35
    min_area: float = 0.0


class Sampler:
    """A random choice of pictures in which each group has its weight."""

    def __init__(self, pictures: Pictures, rules: Rules = RULES) -> None:
        usable = pictures.split == 0
        self.pictures = pictures
        self.rules = [rules.get(name, OTHER_RULE) for name in pictures.groups]
        self.members = [np.flatnonzero(usable & (pictures.group == g)) for g in range(len(pictures.groups))]
        shares = np.array([rule.weight * len(m) for rule, m in zip(self.rules, self.members, strict=True)])
        self.edges = np.cumsum(shares / shares.sum())

    def draw(self, rng: np.random.Generator) -> tuple[int, float]:
        """Return the index of a random picture, and the smallest crop that its group allows."""
        group = min(int(np.searchsorted(self.edges, rng.random(), side="right")), len(self.edges) - 1)
        members = self.members[group]
        return int(members[rng.integers(len(members))]), self.rules[group].min_area


def make_crop(
    sampler: Sampler, seed: int, size: int, augmentation: Augmentation
) -> tuple[np.ndarray, int, int]:
    """Return the crop of a seed, uint8 [size, size, 3], the index of its picture, and its label or -1.

    A mixture of two crops has the label -1: the student learns only the teacher's prediction for it.
    """
    rng = np.random.default_rng(seed)
    crop, picture = _one(sampler, rng, size, augmentation)
    label = int(sampler.pictures.label[picture])
    kind = rng.random()
    if kind < augmentation.mixup:
        other, _ = _one(sampler, rng, size, augmentation)
        weight = float(rng.uniform(0.25, 0.75))
        return cv2.addWeighted(crop, weight, other, 1 - weight, 0), picture, -1
    if kind < augmentation.mixup + augmentation.cutmix:
        other, _ = _one(sampler, rng, size, augmentation)
        return _paste(crop, other, rng), picture, -1
    return crop, picture, label


def _one(
    sampler: Sampler, rng: np.random.Generator, size: int, augmentation: Augmentation
) -> tuple[np.ndarray, int]:
    picture, min_area = sampler.draw(rng)
    crop = random_resized_crop(sampler.pictures[picture], rng, size, max(min_area, augmentation.min_area))
    return jitter(crop, rng, augmentation.jitter), picture


def random_resized_crop(
    pixels: np.ndarray, rng: np.random.Generator, size: int, min_area: float
) -> np.ndarray:
    """Return a random rectangle of a picture, scaled to a square and, half of the time, mirrored."""
    height, width = pixels.shape[:2]
    area = height * width * rng.uniform(min_area, 1.0)
    aspect = math.exp(rng.uniform(-0.33, 0.33))
    w = min(width, max(8, round(math.sqrt(area * aspect))))
    h = min(height, max(8, round(math.sqrt(area / aspect))))
    top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    part = pixels[top : top + h, left : left + w]
    shrinks = h * w > size * size * 1.5
    crop = cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return crop[:, ::-1] if rng.random() < 0.5 else crop


GREY = np.array([0.299, 0.587, 0.114])  # brightness of red, green and blue (ITU-R BT.601)


def jitter(crop: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Return the crop with other brightness, contrast and saturation, and a slight colour cast.

    All of it is one 3 x 4 matrix.
    """
    brightness, contrast, saturation = rng.uniform(1 - strength, 1 + strength, 3)
    cast = rng.uniform(0.9, 1.1, 3)
    colours = saturation * np.eye(3) + (1 - saturation) * GREY
    matrix = brightness * contrast * cast[:, None] * colours
    shift = brightness * (1 - contrast) * 110.0
    return cv2.transform(crop, np.column_stack([matrix, np.full(3, shift)]))


def _paste(crop: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the crop with a rectangle from the other crop, a fifth to two thirds of the area."""
    size = crop.shape[0]
    h, w = (int(size * s) for s in rng.uniform(0.45, 0.8, 2))
    top, left = int(rng.integers(size - h + 1)), int(rng.integers(size - w + 1))
    mixed = crop.copy()
    mixed[top : top + h, left : left + w] = other[top : top + h, left : left + w]
    return mixed
