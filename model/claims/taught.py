"""Tests of claims about a new last layer: from how few photos it learns, and what it can learn at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..errors import UserError
from ..parameters import Choice
from ..preprocess import Photo
from ..teaching import feature_layers, features, gathered, learn
from ..teaching_settings import FeatureLayer, TeachSettings
from ..textured_things import NAMES, Thing, things
from .evidence import Bars, Evidence, Lines, Test

COUNTS = (1, 2, 3, 5, 10, 20)  # photos of each class to learn from
LEARNED, NEW = 10, 20  # photos of each class to learn from; new ones
STEPS = 150  # of learning
BATCH = 30  # photos at a time


def _overfits(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    drawn, found = _features(network, COUNTS[-1] + NEW)
    layer = next(iter(found))
    by_class = _by_class(found[layer], [thing.label for thing in drawn])
    new = gathered([one[COUNTS[-1] :] for one in by_class])
    learned, right = [], []
    for count in COUNTS:
        x, y = gathered([one[:count] for one in by_class])
        if settings["classes"] == "random":
            y = y[torch.randperm(len(y), generator=torch.Generator().manual_seed(0))]
        step = learn((x, y), new, NAMES, TeachSettings(layer, steps=STEPS)).history[-1]
        learned.append(step.accuracy)
        right.append(step.validation_accuracy)
    inputs = x.shape[1]
    lines = Lines(
        f"A new last layer on {layer} learns three classes of drawn things. The curves show its accuracy "
        f"on the photos that it learned, and on {NEW * len(NAMES)} new ones.",
        "photos of each class to learn from",
        "accuracy in %",
        np.array(COUNTS),
        {"learned photos": 100 * np.array(learned), "new photos": 100 * np.array(right)},
    )
    chance = 100 / len(NAMES)
    finding = (
        f"The new layer has {inputs:,} weights for each class. From one photo of each class it learns these "
        f"photos (accuracy **{learned[0]:.0%}**), but on new ones its accuracy is **{right[0]:.0%}**. From "
        f"{COUNTS[-1]} photos of each class: **{learned[-1]:.0%}** and **{right[-1]:.0%}**."
    )
    if settings["classes"] == "random":
        finding = (
            f"Though the classes of the photos were exchanged at random, the new layer learns **"
            f"{learned[-1]:.0%}** of {COUNTS[-1] * len(NAMES)} photos by heart. Of the new ones it gets "
            f"**{right[-1]:.0%}** right; by chance it would be {chance:.0f} %."
        )
        return Evidence(finding, (lines,), confirms=learned[-1] > 0.95 and right[-1] < 0.6)
    return Evidence(finding, (lines,), confirms=learned[0] == 1 and right[-1] > max(0.9, right[0]))


def _features(network: AlexNet, count: int) -> tuple[list[Thing], dict[FeatureLayer, Tensor]]:
    """Return drawn photos, so many of each class, and their features at every layer, the last layer first.

    Raises:
        UserError: the network has no fully connected layers.
    """
    known = feature_layers(network.architecture)
    if not known:
        raise UserError("This network has no fully connected layers. Choose AlexNet (2012) in the sidebar.")
    drawn = list(things(count))
    parts = [
        features(network, torch.cat([network.prepare(thing.photo) for thing in drawn[first : first + BATCH]]))
        for first in range(0, len(drawn), BATCH)
    ]
    return drawn, {layer: torch.cat([part[layer] for part in parts]) for layer in known}


def _by_class(vectors: Tensor, labels: Sequence[int | None]) -> list[Tensor]:
    """Return the rows of each label, from 0 up. Rows with the label None are left out."""
    count = 1 + max(label for label in labels if label is not None)
    return [vectors[[i for i, one in enumerate(labels) if one == label]] for label in range(count)]


def _side(thing: Thing) -> int | None:
    """Return 0 if a thing stands at the left, 1 at the right, and None if it is too near the middle."""
    middle = float(np.nonzero(thing.mask)[1].mean()) / thing.mask.shape[1]
    return None if abs(middle - 0.5) < 0.05 else int(middle > 0.5)


def _other_classes(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    drawn, found = _features(network, LEARNED + NEW)
    is_side = settings["classes"] == "side"
    labels = [_side(thing) if is_side else thing.label for thing in drawn]
    names = ("left", "right") if is_side else NAMES
    right = {}
    for layer, vectors in found.items():
        by_class = _by_class(vectors, labels)
        new = gathered([one[LEARNED:] for one in by_class])
        taught = learn(
            gathered([one[:LEARNED] for one in by_class]), new, names, TeachSettings(layer, steps=STEPS)
        )
        right[layer] = taught.history[-1].validation_accuracy
    last, early = next(iter(right)), next(reversed(right))
    chance = 100 / len(names)
    finding = (
        f"A new last layer learns from {LEARNED} drawn photos of each class: {', '.join(names)}. Of "
        f"{len(new[1])} new photos it gets **{right[last]:.0%}** right on the features of {last}, and "
        f"**{right[early]:.0%}** on those of {early}; by chance it would be {chance:.0f} %."
    )
    confirms = right[early] - right[last] > 0.2 if is_side else right[last] > 0.8
    if confirms and network.architecture.classes == "imagenet":
        finding += (
            " ImageNet's classes do not depend on where a thing stands, and training mirrored the photos. So "
            f"the last layers have hardly kept the place, while {early} still has it."
            if is_side
            else " ImageNet's classes have many textures, so units for them are there."
        )
    bars = Bars(
        "Accuracy of a new last layer on new photos, by the layer whose features it reads.",
        list(right),
        [100 * share for share in right.values()],
        "%",
    )
    return Evidence(finding, (bars,), confirms)


TESTS = (
    Test(
        "overfits",
        _overfits,
        (
            Choice(
                "classes",
                "classes of the photos that are learned",
                (("true", "the photos' own"), ("random", "exchanged at random")),
            ),
        ),
    ),
    Test(
        "other-classes-by-last-layer",
        _other_classes,
        (
            Choice(
                "classes",
                "new classes",
                (("texture", "the texture of a thing"), ("side", "the side on which it stands")),
            ),
        ),
    ),
)
