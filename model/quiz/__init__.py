"""A quiz: questions about a network and a photo, each with plausible choices and a worked answer.

A question depends only on the subject, the level, a seed and its number, so a link can give everyone the same
questions. A kind of question is one function; `KINDS` lists them. Nothing here needs PyTorch.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from .asked import Asked, Chance, Kind, Level, Subject
from .counts import channels, most_parameters, multiply_adds, one_tower, parameters
from .seen import filter_of_map, first_guess, heat_map_of
from .sizes import other_input, other_rounding, output_size, receptive_field, without_padding
from .statements import wrong_statement

__all__ = ["KINDS", "LEVELS", "NUMBERS", "SEEDS", "Asked", "Kind", "Level", "Subject", "ask"]

LEVELS: dict[Level, str] = {"easy": "Easy", "medium": "Medium", "hard": "Hard"}
"""The levels with their titles."""

SEEDS = range(1, 10_000)
NUMBERS = range(1, 1001)
"""Seeds and numbers that questions can have."""

KINDS: dict[Level, tuple[Kind, ...]] = {
    "easy": (output_size, most_parameters, channels, first_guess),
    "medium": (parameters, without_padding, receptive_field, filter_of_map, multiply_adds),
    "hard": (one_tower, wrong_statement, other_rounding, other_input, heat_map_of),
}
"""The kinds of questions of each level."""


def ask(subject: Subject, level: Level, seed: int, number: int = 1) -> Asked:
    """Return a question. The kinds of a level take turns, and their order is drawn anew for each turn.

    Args:
        number: 1 for the first question.
    """
    kinds = list(KINDS[level])
    turn, place = divmod(number - 1, len(kinds))
    Random(f"{seed} {level} {turn}").shuffle(kinds)
    # A kind that does not fit the subject, such as towers, leaves its place to the next one.
    for kind in kinds[place:] + kinds[:place]:
        own = turn if kind is kinds[place] else -1 - turn
        if asked := kind(subject, Chance(f"{seed} {kind.__name__}", own)):
            return replace(asked, level=level)
    raise AssertionError("each level has a kind that fits every subject")
