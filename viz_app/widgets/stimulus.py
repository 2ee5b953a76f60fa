"""The widgets that make a stimulus to order."""

from __future__ import annotations

import numpy as np
import streamlit as st

from model import stimuli
from model.preprocess import Photo
from model.stimuli import COLOURS, RGB, SHAPES
from viz_app import state

KINDS = ("grating", "checkerboard", "bar", "shape", "uniform")


def choose_stimulus(size: int) -> Photo:
    """The stimulus that the widgets describe, size x size pixels."""
    kind = st.segmented_control(
        "Stimulus",
        KINDS,
        default=KINDS[0],
        key="stimulus",
        required=True,
        bind="query-params",
        label_visibility="collapsed",
    )
    draw = {"grating": _grating, "checkerboard": _checkerboard, "bar": _bar, "shape": _shape}
    return stimuli.as_photo(draw.get(kind, _uniform)(size), f"{kind}.png")


def show_grating(orientation: float, frequency: float, colour: str) -> None:
    """Set the widgets to a grating; call it in a callback."""
    state.choose("stimulus", "grating")
    state.choose("orientation", round(orientation))
    state.choose("frequency", frequency)
    state.choose("colour", colour)


def shown_grating(colour: str) -> tuple[float, float] | None:
    """Orientation and frequency of the grating shown, if it has that colour."""
    chosen = st.session_state
    if chosen["stimulus"] != "grating" or chosen["colour"] != colour:
        return None
    return chosen["orientation"], chosen["frequency"]


def _orientation(column, default: int = 45) -> int:
    return column.slider("Orientation", 0, 175, default, 5, "%d°", key="orientation", bind="query-params")


def _contrast(column) -> float:
    return column.slider("Contrast", 0.0, 1.0, 1.0, 0.05, key="contrast", persist_state="session")


def _colour(column) -> str:
    return column.selectbox("Colour", list(COLOURS), key="colour", bind="query-params")


def _length(column, title: str, key: str, largest: int, default: int, smallest: int = 1) -> int:
    """In pixels; a choice that another architecture's input cannot hold is dropped."""
    state.valid_choice(key, range(smallest, largest + 1), default)
    return column.slider(f"{title} in pixels", smallest, largest, default, key=key, persist_state="session")


def _rgb(column, title: str, key: str, default: str) -> RGB:
    code = column.color_picker(title, default, key=key, persist_state="session")
    red, green, blue = bytes.fromhex(code[1:])
    return red, green, blue


def _grating(size: int) -> np.ndarray:
    columns = st.columns(5, gap="medium")
    orientation = _orientation(columns[0])
    frequency = columns[1].slider(
        "Cycles per pixel", 0.0125, 0.5, 0.0875, 0.0125, "%.4f", key="frequency", bind="query-params"
    )
    phase = columns[2].slider("Phase", 0, 345, 0, 15, "%d°", key="phase", persist_state="session")
    contrast, colour = _contrast(columns[3]), _colour(columns[4])
    return stimuli.grating(size, orientation, frequency, phase, contrast, colour)


def _checkerboard(size: int) -> np.ndarray:
    columns = st.columns(4, gap="medium")
    orientation = _orientation(columns[0])
    cell = _length(columns[1], "Cell", "cell", size // 4, size // 16)
    contrast, colour = _contrast(columns[2]), _colour(columns[3])
    return stimuli.checkerboard(size, cell, orientation, contrast, colour)


def _bar(size: int) -> np.ndarray:
    columns = st.columns([3, 3, 3, 1, 1], gap="medium")
    orientation = _orientation(columns[0])
    width = _length(columns[1], "Width", "bar_width", size // 2, size // 16)
    offset = _length(columns[2], "Offset", "bar_offset", size // 2, 0, -(size // 2))
    colour, ground = (
        _rgb(columns[3], "Bar", "figure", "#ffffff"),
        _rgb(columns[4], "Ground", "ground", "#000000"),
    )
    return stimuli.bar(size, orientation, width, offset, colour, ground)


def _shape(size: int) -> np.ndarray:
    columns = st.columns([3, 3, 3, 1, 1], gap="medium")
    kind = columns[0].selectbox("Shape", SHAPES, key="shape", persist_state="session")
    diameter = _length(columns[1], "Diameter", "diameter", size, size // 2)
    orientation = _orientation(columns[2])
    colour, ground = (
        _rgb(columns[3], "Shape", "figure", "#ffffff"),
        _rgb(columns[4], "Ground", "ground", "#000000"),
    )
    return stimuli.shape(size, kind, diameter, orientation, colour, ground)


def _uniform(size: int) -> np.ndarray:
    return stimuli.uniform(size, _rgb(st, "Colour", "figure", "#ffffff"))
