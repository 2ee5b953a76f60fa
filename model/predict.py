"""What the network makes of a photo: class probabilities and the strongest classes."""

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
def class_names(classes: str) -> tuple[str, ...]:
    """Names of the outputs in order: "imagenet" (1000, sorted by WordNet id) or "cifar10"."""
    return tuple((ASSETS / f"{classes}_classes.txt").read_text("utf-8").splitlines())


def labels(architecture: Architecture) -> tuple[str, ...]:
    """Names of a network's classes; their numbers if it has another count than the list that it names."""
    names, count = class_names(architecture.classes), architecture.class_count
    return names if len(names) == count else tuple(f"class {index}" for index in range(count))


@dataclass(frozen=True)
class Prediction:
    """One class with its probability (0..1) and its logit."""

    class_index: int
    label: str
    probability: float
    logit: float


@dataclass(frozen=True)
class Classification:
    """All classes of one photo: float32 arrays [classes]."""

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
        """Class indices, the most probable first; equal ones in order of their index."""
        return np.argsort(-self.probabilities, kind="stable")

    def top(self, count: int = 5) -> list[Prediction]:
        return [self.prediction(int(index)) for index in self.ranking[:count]]


def _classify(model: AlexNet, x: torch.Tensor) -> Classification:
    """Probabilities averaged over the batch, as the paper averages its ten crops."""
    with torch.inference_mode():
        logits = model.logits(x)
        probabilities = model.get_submodule("prob")(logits)
    return Classification(
        logits.mean(0).cpu().numpy(),
        probabilities.mean(0).cpu().numpy(),
        labels(model.architecture),
    )


def classify(model: AlexNet, photo: Photo) -> Classification:
    """Class probabilities of the photo's centre crop."""
    return _classify(model, model.prepare(photo))


def classify_ten_crop(model: AlexNet, photo: Photo) -> Classification:
    """Probabilities averaged over ten crops, and their mean logits (section 4.1 of the paper).

    The softmax of the mean logits is not the mean of the softmaxes; the latter is reported.
    """
    return _classify(model, model.to_input(ten_crops(photo, model.architecture)))
