"""The settings that this session has chosen for a new run, and what stood in the way of its last wish."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from model.errors import UserError
from model.training.runs.photos_here import GENERATED
from viz_app import training
from viz_app.state.choices import choose

SHAPES, CIFAR10 = "drawn shapes", "CIFAR-10"
SETTINGS = ("learning_rate", "activation", "epochs", "dropout", "weight_decay", "batch_size", "augment")
"""Widgets of the form have the keys new_photos, new_learning_rate, and so on."""


def start() -> None:
    """Start a run with the settings in the form, and show it. Call this only from a callback."""
    changes = {name: st.session_state[f"new_{name}"] for name in SETTINGS}
    data = GENERATED if st.session_state["new_photos"] == SHAPES else None
    try:
        choose("run", training.start(data, changes))
    except UserError as error:
        st.session_state["training_problem"] = str(error)


def attempt(action: Callable[[str], object], name: str) -> None:
    """Do something with a run. If that is not possible, `problem` says why. Only for callbacks."""
    try:
        action(name)
    except UserError as error:
        st.session_state["training_problem"] = str(error)


def problem() -> str:
    """Return why the last wish could not be fulfilled, once; else ""."""
    found: str = st.session_state.pop("training_problem", "")
    return found
