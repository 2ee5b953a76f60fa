"""The validation photographs that a run is judged by: those whose class the teacher is sure about."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from ..alexnet import AlexNet
from ..calibration import best_temperature
from ..preprocess import Photo, network_crop
from .pictures import Pictures

SURE = 0.3  # the teacher's probability from which its first guess counts as the truth


def sure_rows(pictures: Pictures) -> np.ndarray:
    """Validation photographs whose class the teacher is sure about."""
    return np.flatnonzero((pictures.split == 1) & (pictures.confidence > SURE))


def network_view(network: AlexNet, pixels: np.ndarray) -> np.ndarray:
    """The very crop that the app would feed the network for this picture: uint8 [227, 227, 3]."""
    image = Image.fromarray(pixels)
    return network_crop(Photo("", image, "", image.size), network.architecture)


def photographs_of_classes(pictures: Pictures, classes: int = 1000) -> np.ndarray:
    """Count the training pictures of each class: by label, or else by a guess that the teacher is sure of.

    Returns:
        int64 [classes]
    """
    shown = np.where(pictures.label >= 0, pictures.label, pictures.guess).astype(int)
    known = (pictures.split == 0) & ((pictures.label >= 0) | (pictures.confidence > SURE))
    return np.bincount(shown[known & (shown >= 0)], minlength=classes)


@torch.inference_mode()
def logits(network: AlexNet, pictures: Pictures, rows: np.ndarray, batch: int = 50) -> np.ndarray:
    """The network's scores for the centre crops of some pictures: float32 [n, classes]"""
    assert not network.training, "dropout would blur the answers"
    found = []
    for part in np.split(rows, range(batch, len(rows), batch)):
        views = np.stack([network_view(network, pictures[row]) for row in part])
        found.append(network.logits(network.to_input(views)).numpy())
    return np.concatenate(found)


@torch.no_grad()
def centre(network: AlexNet) -> None:
    """Take the mean over classes out of fc8, so that a logit says how far its class is above the mean.

    Probabilities stay as they are: softmax only knows differences.
    """
    for parameter in network.get_submodule("fc8").parameters():
        parameter.sub_(parameter.mean(0))


def cool(network: AlexNet, pictures: Pictures, at_least: int = 100) -> float:
    """Divide fc8 by the temperature at which its probabilities can best be believed.

    Args:
        at_least: photographs; a temperature measured on fewer is worth nothing.

    Returns:
        The temperature; 1, with nothing changed, where there are fewer photographs.
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
