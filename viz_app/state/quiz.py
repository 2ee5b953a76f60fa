"""What this session has answered in the quiz."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import choice

import streamlit as st

from model.quiz import SEEDS
from viz_app.state.networks import network
from viz_app.state.photos import photo

KEY = "quiz_answers"


@dataclass(frozen=True)
class Score:
    """How many questions were answered, and how many of them right."""

    right: int
    answered: int


def name(level: str, seed: int, number: int) -> str:
    """Return a name for a question, which depends on the photo and the network, too."""
    shown = network()
    return f"{level}-{seed}-{number}-{shown.architecture}-{shown.weights}-{photo().sha256[:12]}"


def given(question: str) -> int | None:
    """Return the index of the choice that was given as the answer to a question, or None."""
    answer = _answers().get(question)
    return None if answer is None else answer[0]


def give(question: str, choice: int, right: int) -> None:
    """Keep the answer to a question. Only the first one counts. Only for callbacks.

    Args:
        choice: index of the answer that was given.
        right: index of the right answer.
    """
    st.session_state[KEY] = {question: (choice, choice == right), **_answers()}


def score() -> Score:
    """Return the score of this session."""
    return Score(sum(is_right for _, is_right in _answers().values()), len(_answers()))


def draw_seed() -> None:
    """Draw new questions, and show the first of them. Only for callbacks."""
    st.session_state["quiz_seed"] = choice([seed for seed in SEEDS if seed != st.session_state["quiz_seed"]])
    show(1)


def show(number: int) -> None:
    """Show a question of the chosen level and seed. Only for callbacks."""
    st.session_state["question"] = number


def _answers() -> Mapping[str, tuple[int, bool]]:
    found: Mapping[str, tuple[int, bool]] = st.session_state.get(KEY, {})
    return found
