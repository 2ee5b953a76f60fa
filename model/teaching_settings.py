"""What can be chosen when a network is taught classes of one's own. Nothing here imports PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, replace
from typing import Literal

from .architectures import Architecture
from .layer_specs import Dropout, Linear, Softmax
from .variations import Variations

FeatureLayer = Literal["pool5", "fc6", "fc7"]
LAYERS: dict[FeatureLayer, str] = {"pool5": "flatten", "fc6": "relu6", "fc7": "relu7"}
"""For each layer whose features can be used, the layer that gives them as a vector."""

TOP = "fc8"  # the name of the new layer
LEAST_PHOTOS, MOST_PHOTOS = 5, 100  # of a class
LEAST_CLASSES, MOST_CLASSES = 2, 10

FirstLayer = Literal["fc8", "fc7"]
BELOW: dict[FirstLayer, FeatureLayer] = {"fc7": "fc6"}
"""For each of the network's own layers that can go on learning, the layer whose features it reads."""

Plan = Literal["fc7", "fc6", "pool5", "fc7-fc8"]
PLANS: dict[Plan, tuple[FeatureLayer, FirstLayer, str]] = {
    "fc7": ("fc7", "fc8", "a new fc8 on fc7"),
    "fc6": ("fc6", "fc8", "a new fc8 on fc6"),
    "pool5": ("pool5", "fc8", "a new fc8 on pool5"),
    "fc7-fc8": ("fc7", "fc7", "fc7 and fc8 together"),
}
"""What can be trained: the layer that the new one reads, the first that learns, and the name on screen."""


@dataclass(frozen=True)
class TeachSettings:
    """How the new layer learns.

    Attributes:
        layer: whose features it reads.
        steps: each uses all training photos.
        dropout: share of these features that is zeroed in each step.
        weight_decay: each step shrinks the weights, and the change of other layers, by learning rate times
            this.
        variations: also learn from variations of each training photo.
        first: the first layer that learns. With "fc7", the network's own fc7 goes on learning together with
            the new layer, which reads it.
        mirrored: what earlier files say in place of variations.
    """

    layer: FeatureLayer = "fc7"
    steps: int = 100
    learning_rate: float = 1e-3
    dropout: float = 0.0
    weight_decay: float = 0.0
    variations: Variations = "none"
    seed: int = 0
    first: FirstLayer = "fc8"
    mirrored: InitVar[bool] = False

    def __post_init__(self, mirrored: bool) -> None:
        if mirrored:
            object.__setattr__(self, "variations", "mirror")

    @property
    def reads(self) -> FeatureLayer:
        """Return the layer whose features the first layer that learns reads."""
        return BELOW.get(self.first, self.layer)


def plans(architecture: Architecture) -> tuple[Plan, ...]:
    """Return what can be trained on top of an architecture, names in `PLANS`."""
    names = architecture.layer_names

    def fits(plan: Plan) -> bool:
        layer, first, _ = PLANS[plan]
        return LAYERS[layer] in names and (first not in BELOW or LAYERS[BELOW[first]] in names)

    return tuple(plan for plan in PLANS if fits(plan))


def kept_part(settings: TeachSettings) -> str:
    """Return what of the base the taught network has: "up to fc7"."""
    if settings.first == TOP:
        return f"up to {settings.layer}"
    return f"up to {settings.reads}, with an {settings.first} that went on learning"


def taught_architecture(base: Architecture, settings: TeachSettings, classes: Sequence[str]) -> Architecture:
    """Return the base's layers up to the features, then the new layer and a softmax."""
    last = base.layer_names.index(LAYERS[settings.layer])
    kept = list(base.layers[: last + 1])
    following = base.layers[last + 1]
    if isinstance(following, Dropout):
        kept.append(replace(following, p=settings.dropout))
    layers = (*kept, Linear(TOP, len(classes)), Softmax("prob"))
    return replace(base, layers=layers, classes=tuple(classes), title=f"{base.title}, taught", name="taught")
