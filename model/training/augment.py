"""Random crops, colours and mixtures, each a pure function of its seed, so that any can be made again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from .pictures import Pictures

cv2.setNumThreads(1)  # the network's threads are the ones that should be busy


@dataclass(frozen=True)
class GroupRule:
    """How pictures of one group are drawn.

    Attributes:
        weight: how often one of its pictures is drawn, beside 1 for a user's own.
        min_area: smallest crop, as a share of the picture's area.
    """

    weight: float
    min_area: float


Rules = Mapping[str, GroupRule]

# 84-pixel pictures bear no small crops.
_SOFT, _SOFT_SELDOM = GroupRule(0.5, 0.4), GroupRule(0.1, 0.5)
RULES: Rules = {
    "imagenet_1_per_class": GroupRule(3.0, 0.15),
    "mini_imagenet_84-1of2": _SOFT,
    "mini_imagenet_84-2of2": _SOFT,
}
# Where fine texture counts, 84-pixel pictures teach little: enlarged, they have none.
SHARP_RULES: Rules = {
    "imagenet_1_per_class": GroupRule(10.0, 0.15),
    "mini_imagenet_84-1of2": _SOFT_SELDOM,
    "mini_imagenet_84-2of2": _SOFT_SELDOM,
}
OTHER_RULE = GroupRule(1.0, 0.2)  # all others, a user's own folder among them


@dataclass(frozen=True)
class Augmentation:
    """How far crops may differ from their pictures.

    Attributes:
        mixup, cutmix: shares of crops that are a blend of two, or one with a rectangle of another.
        jitter: brightness, contrast and saturation change by up to this share.
        min_area: smallest crop, as a share of the picture's area, unless its group's rule wants larger ones.
    """

    mixup: float = 0.15
    cutmix: float = 0.2
    jitter: float = 0.35
    min_area: float = 0.0


class Sampler:
    """Which picture a random number stands for: groups by number and weight of their pictures."""

    def __init__(self, pictures: Pictures, rules: Rules = RULES) -> None:
        usable = pictures.split == 0
        self.pictures = pictures
        self.rules = [rules.get(name, OTHER_RULE) for name in pictures.groups]
        self.members = [np.flatnonzero(usable & (pictures.group == g)) for g in range(len(pictures.groups))]
        shares = np.array([rule.weight * len(m) for rule, m in zip(self.rules, self.members, strict=True)])
        self.edges = np.cumsum(shares / shares.sum())

    def draw(self, rng: np.random.Generator) -> tuple[int, float]:
        """A picture's index and its group's smallest crop."""
        group = min(int(np.searchsorted(self.edges, rng.random(), side="right")), len(self.edges) - 1)
        members = self.members[group]
        return int(members[rng.integers(len(members))]), self.rules[group].min_area


def make_crop(
    sampler: Sampler, seed: int, size: int, augmentation: Augmentation
) -> tuple[np.ndarray, int, int]:
    """The crop of that seed: uint8 [size, size, 3], its picture, and its label or -1.

    A mixture has no label of its own: what the teacher says of it is the truth.
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
    """A random rectangle of a picture, scaled to a square, mirrored half of the time."""
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


GREY = np.array([0.299, 0.587, 0.114])  # how bright red, green and blue look (ITU-R BT.601)


def jitter(crop: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Brightness, contrast, saturation and a slight colour cast, as one 3 x 4 matrix."""
    brightness, contrast, saturation = rng.uniform(1 - strength, 1 + strength, 3)
    cast = rng.uniform(0.9, 1.1, 3)
    colours = saturation * np.eye(3) + (1 - saturation) * GREY
    matrix = brightness * contrast * cast[:, None] * colours
    shift = brightness * (1 - contrast) * 110.0
    return cv2.transform(crop, np.column_stack([matrix, np.full(3, shift)]))


def _paste(crop: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A rectangle of a quarter to half of the area is taken from the other crop, at the same place."""
    size = crop.shape[0]
    h, w = (int(size * s) for s in rng.uniform(0.45, 0.8, 2))
    top, left = int(rng.integers(size - h + 1)), int(rng.integers(size - w + 1))
    mixed = crop.copy()
    mixed[top : top + h, left : left + w] = other[top : top + h, left : left + w]
    return mixed
