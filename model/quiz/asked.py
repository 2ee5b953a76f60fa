"""What a question of the quiz consists of, and what it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Literal, TypeVar

import numpy as np

from ..architectures import Architecture
from ..layer_info import LayerInfo
from ..layers import describe

Level = Literal["easy", "medium", "hard"]
Option = TypeVar("Option")

CHOICES = 4  # a question has so many, or fewer if there are not enough


@dataclass(frozen=True, eq=False)
class Asked:
    """A question with its choices and the worked answer.

    Attributes:
        kind: "output size", "receptive field" and so on.
        text: the question, in Markdown.
        choices: all different; one of them is right.
        answer: index of the right choice.
        worked: the calculation with its numbers, or the measured numbers, in Markdown.
        pictures: uint8 RGB [H, W, 3] each, which the question is about.
        captions: what stands below each picture.
    """

    kind: str
    level: Level
    text: str
    choices: tuple[str, ...]
    answer: int
    worked: str
    pictures: tuple[np.ndarray, ...] = ()
    captions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and a photo, which questions are about. Nothing here needs PyTorch.

    Attributes:
        labels: the names of all classes.
        probabilities: of all classes for the photo, [classes].
        filters: weights of the first convolution, float [channels, 3, h, w].
        maps: output of the first convolution for the photo, float [channels, H, W].
        crop: the part of the photo that the network sees, uint8 [S, S, 3].
        heat_map: returns Grad-CAM's heat map for a class, float [S, S], all zero or more.
    """

    architecture: Architecture
    labels: Sequence[str]
    probabilities: np.ndarray
    filters: np.ndarray
    maps: np.ndarray
    crop: np.ndarray
    heat_map: Callable[[int], np.ndarray]

    @cached_property
    def infos(self) -> list[LayerInfo]:
        return describe(self.architecture)

    @property
    def convolutions(self) -> list[LayerInfo]:
        return [info for info in self.infos if info.type == "Conv"]

    @property
    def windows(self) -> list[LayerInfo]:
        """Return the layers that move a window over feature maps: convolutions and max pooling."""
        return [info for info in self.infos if info.type in ("Conv", "MaxPool")]


class Chance(Random):
    """Random numbers that depend on a seed, and the options that a seed picks one after the other.

    Args:
        seed: what all turns have in common.
        turn: how often the same kind of question has been asked before.
    """

    def __init__(self, seed: str, turn: int) -> None:
        super().__init__(f"{seed} {turn}")
        self.named, self.turn = seed, turn

    def pick(self, options: Sequence[Option]) -> Option:
        """Return one of the options: another one at each turn, until all have been picked."""
        round_, place = divmod(self.turn, len(options))
        order = list(range(len(options)))
        Random(f"{self.named} round {round_}").shuffle(order)
        return options[order[place]]


Kind = Callable[[Subject, Chance], Asked | None]
"""A kind of question: returns one about the subject, or None if it does not fit the subject."""


def shuffled(right: str, wrong: Iterable[str], chance: Chance) -> tuple[tuple[str, ...], int]:
    """Return the choices in random order, and the place of the right one.

    Args:
        wrong: the most plausible first. Those that are right or repeated are left out, and three are used.
    """
    others = [one for one in dict.fromkeys(wrong) if one != right][: CHOICES - 1]
    choices = [right, *others]
    chance.shuffle(choices)
    return tuple(choices), choices.index(right)


def among_numbers(
    right: int, wrong: Iterable[int], chance: Chance, form: Callable[[int], str] = "{:,}".format
) -> tuple[tuple[str, ...], int]:
    """Return numbers as choices, and the place of the right one. Numbers near it fill up what is missing."""
    near = (2 * right, right // 2, right + 1, right - 1, right + 2, right + 3)
    return shuffled(form(right), (form(one) for one in (*wrong, *near) if one > 0), chance)


def square(size: int) -> str:
    """Return the size of a map as it is written: 55 -> "55 × 55"."""
    return f"{size} × {size}"


def times(factors: Iterable[int]) -> str:
    """Return a product as it is written: (256, 48, 5) -> "256 × 48 × 5"."""
    return " × ".join(f"{factor:,}" for factor in factors)
