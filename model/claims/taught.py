"""The test of the claim that AlexNet overfits: a new last layer learns from few photos and from many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..errors import UserError
from ..parameters import Choice
from ..preprocess import Photo
from ..teaching import feature_layers, features, gathered, learn
from ..teaching_settings import TeachSettings
from ..textured_things import NAMES, things
from .evidence import Evidence, Lines, Test

COUNTS = (1, 2, 3, 5, 10, 20)  # photos of each class to learn from
NEW = 20  # new photos of each class


def _overfits(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    known = feature_layers(network.architecture)
    if not known:
        raise UserError("This network has no fully connected layers. Choose AlexNet (2012) in the sidebar.")
    by_class: list[list[Tensor]] = [[] for _ in NAMES]
    for thing in things(COUNTS[-1] + NEW):
        by_class[thing.label].append(features(network, network.prepare(thing.photo))[known[0]])
    new = gathered([torch.cat(one[COUNTS[-1] :]) for one in by_class])
    learned, right = [], []
    for count in COUNTS:
        x, y = gathered([torch.cat(one[:count]) for one in by_class])
        if settings["classes"] == "random":
            y = y[torch.randperm(len(y), generator=torch.Generator().manual_seed(0))]
        step = learn((x, y), new, NAMES, TeachSettings(known[0], steps=150)).history[-1]
        learned.append(step.accuracy)
        right.append(step.validation_accuracy)
    inputs = x.shape[1]
    lines = Lines(
        f"A new last layer on {known[0]} learns three classes of drawn things. The curves show its accuracy "
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
)
