"""Photos with their classes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Photos:
    """Labelled photos of one size: uint8 [n, 3, size, size], and their classes, int64 [n]."""

    pixels: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class LabelledPhotos:
    """What a run learns from, and what it is judged by.

    Attributes:
        classes: names of the classes, in the order of the labels.
        origin: where they come from, for people.
    """

    training: Photos
    validation: Photos
    classes: tuple[str, ...]
    origin: str
