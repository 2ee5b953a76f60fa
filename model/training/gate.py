"""Judge a network on the validation photos whose class the teacher is sure about, and adjust fc8."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from ..alexnet import AlexNet
from ..calibration import best_temperature
from ..preprocess import Photo, network_crop
from .pictures import Pictures

SURE = 0.3  # above this probability, the teacher's first guess counts as the right class


def sure_rows(pictures: Pictures) -> np.ndarray:
    """Return the indices of the validation photos whose class the teacher is sure about."""
    return np.flatnonzero((pictures.split == 1) & (pictures.confidence > SURE))


def network_view(network: AlexNet, pixels: np.ndarray) -> np.ndarray:
    """Return the crop of a photo as the app makes it: uint8 [227, 227, 3]."""
    image = Image.fromarray(pixels)
    return network_crop(Photo("", image, "", image.size), network.architecture)


def photographs_of_classes(pictures: Pictures, classes: int = 1000) -> np.ndarray:
    """Return the number of training photos of each class, by label or by a guess that the teacher is sure of.

    Returns:
        int64 [classes]
    """
    shown = np.where(pictures.label >= 0, pictures.label, pictures.guess).astype(int)
    known = (pictures.split == 0) & ((pictures.label >= 0) | (pictures.confidence > SURE))
    return np.bincount(shown[known & (shown >= 0)], minlength=classes)


@torch.inference_mode()
def logits(network: AlexNet, pictures: Pictures, rows: np.ndarray, batch: int = 50) -> np.ndarray:
    """Return the network's logits for the centre crops of some photos: float32 [n, classes]."""
    assert not network.training, "dropout would change the logits"
    found = []
    for part in np.split(rows, range(batch, len(rows), batch)):
        views = np.stack([network_view(network, pictures[row]) for row in part])
        found.append(network.logits(network.to_input(views)).numpy())
    return np.concatenate(found)


@torch.no_grad()
def centre(network: AlexNet) -> None:
    """Subtract the mean over classes from fc8, so that a logit says how far its class is above the mean.

    Probabilities do not change: the softmax depends only on differences of logits.
    """
    for parameter in network.get_submodule("fc8").parameters():
        parameter.sub_(parameter.mean(0))


def cool(network: AlexNet, pictures: Pictures, at_least: int = 100) -> float:
    """Divide fc8 by the temperature at which probabilities fit best, and return it.

    Args:
        at_least: with fewer photos than this, change nothing and return 1: the result would be chance.
    """
    rows = sure_rows(pictures)
    if len(rows) < at_least:
        return 1.0
    truth = pictures.guess[rows].astype(int)
    temperature = best_temperature(logits(network, pictures, rows), truth)
    with torch.no_grad():
        for parameter in network.get_submodule("fc8").parameters():
            parameter.div_(temperature)
    return temperature
