"""What the test of a claim finds: a sentence, figures as arrays, and whether the verdict is confirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..alexnet import AlexNet
from ..parameters import Parameter
from ..preprocess import Photo


@dataclass(frozen=True)
class Bars:
    """One number for each label, drawn as bars from zero.

    Attributes:
        caption: what the figure shows, in a sentence.
        values: in the order of the labels.
        unit: written after each number: "%", "ms", "parameters"; "" for a number without a unit.
        digits: of each number after the point.
    """

    caption: str
    labels: Sequence[str]
    values: Sequence[float]
    unit: str = ""
    digits: int = 0


@dataclass(frozen=True)
class Lines:
    """One or several curves over the same horizontal axis.

    Attributes:
        caption: what the figure shows, in a sentence.
        x_title, y_title: what the axes mean, with units.
        x: [n].
        lines: [n] each, by name.
    """

    caption: str
    x_title: str
    y_title: str
    x: np.ndarray
    lines: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Table:
    """Rows of texts and numbers.

    Attributes:
        caption: what the table shows, in a sentence.
        columns: titles, with units.
        rows: one value for each column.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]


@dataclass(frozen=True)
class Maps:
    """Feature maps or other arrays side by side on one colour scale.

    Attributes:
        caption: what the maps show, in a sentence.
        maps: float [h, w] each, by what is written below it.
    """

    caption: str
    maps: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Pictures:
    """Pictures side by side.

    Attributes:
        caption: what the pictures show, in a sentence.
        pictures: uint8 RGB [H, W, 3] each, by what is written below it.
    """

    caption: str
    pictures: Mapping[str, np.ndarray]


Figure = Bars | Lines | Table | Maps | Pictures


@dataclass(frozen=True)
class Evidence:
    """What a test has found for one network, photo and choice of settings.

    Attributes:
        finding: one or two sentences with the numbers that matter, in Markdown.
        figures: in the order in which they are read.
        confirms: whether this is what the verdict says. A test of the project asserts that it is for the
            network of 2012 and its samples; for another network or photo it may be False, and pages say so.
    """

    finding: str
    figures: tuple[Figure, ...]
    confirms: bool


@dataclass(frozen=True)
class Test:
    """The test of one claim.

    Attributes:
        claim: name of the claim.
        run: called with the network, the photo, and a value for each of the parameters by name. It raises a
            `UserError` if the network has not what the claim is about, such as LRN.
        parameters: what a reader can vary.
    """

    claim: str
    run: Callable[[AlexNet, Photo, Mapping[str, Any]], Evidence]
    parameters: tuple[Parameter, ...] = ()

    __test__ = False  # pytest would take the class for a test of its own
