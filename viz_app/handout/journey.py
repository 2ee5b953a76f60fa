"""The journey of a photo through the network, as data and as an HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viz_app.handout.prose import page
from viz_app.samples import Sample

if TYPE_CHECKING:
    from model.predict import Prediction


@dataclass(frozen=True)
class Step:
    """A layer of the journey.

    Attributes:
        kind: type of the layer in words.
        shape: shape of the output, as people write it: "96 × 55 × 55".
        formula: for height and width of the output, or "".
        picture: bytes of a PNG of all feature maps or units; None if they equal those of the layer before.
        zeros: share of the output's values that are zero.
    """

    name: str
    kind: str
    shape: str
    formula: str
    parameters: int
    macs: int
    zeros: float
    picture: bytes | None


@dataclass(frozen=True)
class Evidence:
    """A heat map: its method, what bright places mean, how the method can mislead, and the picture."""

    method: str
    meaning: str
    caveat: str
    picture: bytes


@dataclass(frozen=True)
class Problem:
    """A question and its answer, which is printed on the last page."""

    ask: str
    answer: str
    lines: int = 3


@dataclass(frozen=True)
class Journey:
    """What the network computes for a photo, layer by layer.

    Attributes:
        photo, crop: bytes of PNGs.
        filters: bytes of a PNG of the first layer's filters; None if they are not for three colours.
        architecture, weights: titles.
        sample: the entry of a sample photo, which names its author and licence; None for a user's photo.
        steps: the layers in order.
        answers: the most probable classes, the first guess first.
        often_right: a sentence that says how often the weights are right, or "".
    """

    photo: bytes
    crop: bytes
    input_size: int
    architecture: str
    weights: str
    sample: Sample | None
    filters: bytes | None
    steps: Sequence[Step]
    answers: Sequence[Prediction]
    often_right: str
    evidence: Sequence[Evidence]
    problems: Sequence[Problem]


def journey_html(journey: Journey) -> str:
    """Return an HTML file of a photo's journey, which contains all its pictures."""
    return page(
        "journey.html",
        journey=journey,
        parameters=sum(step.parameters for step in journey.steps),
        macs=sum(step.macs for step in journey.steps),
    )
