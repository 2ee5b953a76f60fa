"""Predict the class of a photo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from .alexnet import AlexNet
from .architectures import Architecture
from .assets import ASSETS
from .preprocess import Photo, ten_crops


@cache
def class_names(classes: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of all classes in the order of the outputs.

    Args:
        classes: "imagenet" (1000 classes, sorted by WordNet id) or "cifar10"; or the names themselves.
    """
    if isinstance(classes, tuple):
        return classes
    return tuple((ASSETS / f"{classes}_classes.txt").read_text("utf-8").splitlines())


def labels(architecture: Architecture) -> tuple[str, ...]:
    """Return the names of a network's classes, or "class 0", "class 1", ... if their number does not fit."""
    names, count = class_names(architecture.classes), architecture.class_count
    return names if len(names) == count else tuple(f"class {index}" for index in range(count))


@cache
def wordnet_ids(architecture: Architecture) -> tuple[str, ...]:
    """Return the WordNet ids of a network's classes, such as "n02123045"; none if they are not ImageNet's."""
    if architecture.classes != "imagenet" or architecture.class_count != 1000:
        return ()
    return tuple((ASSETS / "imagenet_wordnet_ids.txt").read_text("utf-8").split())


@dataclass(frozen=True)
class Prediction:
    """A class, its probability (0..1) and its logit, its score before the softmax."""

    class_index: int
    label: str
    probability: float
    logit: float


@dataclass(frozen=True)
class Classification:
    """The logits and probabilities of all classes for a photo: float32 arrays [classes]."""

    logits: np.ndarray
    probabilities: np.ndarray
    labels: tuple[str, ...]

    def prediction(self, class_index: int) -> Prediction:
        return Prediction(
            class_index,
            self.labels[class_index],
            float(self.probabilities[class_index]),
            float(self.logits[class_index]),
        )

    @property
    def ranking(self) -> np.ndarray:
        """Return all class indices, the most probable first."""
        return np.argsort(-self.probabilities, kind="stable")

    def top(self, count: int = 5) -> list[Prediction]:
        """Return the most probable classes, the first guess first."""
        return [self.prediction(int(index)) for index in self.ranking[:count]]

    def highest_logits(self, count: int = 5) -> list[Prediction]:
        """Return the classes with the highest logits.

        For one crop they are the most probable classes. For ten crops they may be others: if the network is
        very sure of a class on one crop, its mean probability rises much, but its mean logit hardly.
        """
        order = np.argsort(-self.logits, kind="stable")
        return [self.prediction(int(index)) for index in order[:count]]


def _classify(network: AlexNet, x: torch.Tensor) -> Classification:
    """Return the probabilities averaged over the batch, as the paper averages its ten crops."""
    with torch.inference_mode():
        logits = network.logits(x)
        probabilities = network.get_submodule("prob")(logits)
    return Classification(
        logits.mean(0).cpu().numpy(),
        probabilities.mean(0).cpu().numpy(),
        labels(network.architecture),
    )


def classify(network: AlexNet, photo: Photo) -> Classification:
    """Return the class probabilities for the centre crop of a photo."""
    return _classify(network, network.prepare(photo))


def classify_ten_crop(network: AlexNet, photo: Photo) -> Classification:
    """Return the class probabilities averaged over ten crops, and the mean logits (section 4.1 of the paper).

    The probabilities are the mean of the ten softmaxes. The softmax of the mean logits would differ a little.
    """
    return _classify(network, network.to_input(ten_crops(photo, network.architecture)))
