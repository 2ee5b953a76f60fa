"""Which of a class's photos are for validation, and how a network does on them."""

from __future__ import annotations

import numpy as np

EVERY = 5  # every fifth photo of a class is for validation


def is_for_validation(index: int) -> bool:
    """Return whether the photo with this index in its class is for validation: 4, 9, 14, ..."""
    return (index + 1) % EVERY == 0


def confusion(labels: np.ndarray, guesses: np.ndarray, classes: int) -> np.ndarray:
    """Return how often a photo of the row's class was given the column's.

    int [photos] and [photos] -> int64 [classes, classes]
    """
    pairs = labels.astype(int) * classes + guesses
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
