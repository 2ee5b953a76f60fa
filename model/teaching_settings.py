"""What can be chosen when a network is taught classes of one's own. Nothing here imports PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .architectures import Architecture
from .layer_specs import Dropout, Linear, Softmax

FeatureLayer = Literal["pool5", "fc6", "fc7"]
LAYERS: dict[FeatureLayer, str] = {"pool5": "flatten", "fc6": "relu6", "fc7": "relu7"}
"""For each layer whose features can be used, the layer that gives them as a vector."""

TOP = "fc8"  # the name of the new layer
LEAST_PHOTOS, MOST_PHOTOS = 5, 100  # of a class
LEAST_CLASSES, MOST_CLASSES = 2, 10


@dataclass(frozen=True)
class TeachSettings:
    """How the new layer learns.

    Attributes:
        layer: whose features it reads.
        steps: each uses all training photos.
        dropout: share of the features that is zeroed in each step.
        weight_decay: each step shrinks the weights by learning rate times this.
        mirrored: also learn from the mirror image of each training photo.
    """

    layer: FeatureLayer = "fc7"
    steps: int = 100
    learning_rate: float = 1e-3
    dropout: float = 0.0
    weight_decay: float = 0.0
    mirrored: bool = False
    seed: int = 0


def taught_architecture(base: Architecture, settings: TeachSettings, classes: Sequence[str]) -> Architecture:
    """Return the base's layers up to the features, then the new layer and a softmax."""
    last = base.layer_names.index(LAYERS[settings.layer])
    kept = list(base.layers[: last + 1])
    following = base.layers[last + 1]
    if isinstance(following, Dropout):
        kept.append(replace(following, p=settings.dropout))
    layers = (*kept, Linear(TOP, len(classes)), Softmax("prob"))
    return replace(base, layers=layers, classes=tuple(classes), title=f"{base.title}, taught", name="taught")
