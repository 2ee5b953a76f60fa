"""Widgets to design a stimulus: a grating, a checkerboard, a bar, a shape or one colour."""

from __future__ import annotations

import numpy as np
import streamlit as st

from model import stimuli
from model.preprocess import Photo
from model.stimuli import COLOURS, RGB, SHAPES
from viz_app import address, state

KINDS = ("grating", "checkerboard", "bar", "shape", "uniform")


def choose_stimulus(size: int) -> Photo:
    """Show the widgets, and return the stimulus that the user designs, size x size pixels."""
    kind = st.segmented_control(
        "Stimulus",
        KINDS,
        required=True,
        label_visibility="collapsed",
        **address.kept("stimulus", KINDS, KINDS[0]),
    )
    draw = {"grating": _grating, "checkerboard": _checkerboard, "bar": _bar, "shape": _shape}
    return stimuli.as_photo(draw.get(kind, _uniform)(size), f"{kind}.png")


def show_grating(orientation: float, frequency: float, colour: str) -> None:
    """Set the widgets to a grating. Call this only from a widget's callback."""
    state.choose("stimulus", "grating")
    state.choose("orientation", round(orientation))
    state.choose("frequency", frequency)
    state.choose("colour", colour)


def shown_grating(colour: str) -> tuple[float, float] | None:
    """Return orientation and frequency of the grating on screen, or None if there is none of that colour."""
    chosen = st.session_state
    if chosen["stimulus"] != "grating" or chosen["colour"] != colour:
        return None
    return chosen["orientation"], chosen["frequency"]


def _orientation(column, default: int = 45) -> int:
    chosen = address.kept("orientation", range(176), default)
    return column.slider("Orientation", 0, 175, step=5, format="%d°", **chosen)


def _contrast(column) -> float:
    return column.slider("Contrast", 0.0, 1.0, step=0.05, **address.kept("contrast", (0.0, 1.0), 1.0))


def _colour(column) -> str:
    colours = list(COLOURS)
    return column.selectbox("Colour", colours, **address.kept("colour", colours, colours[0]))


def _length(column, title: str, name: str, largest: int, default: int, smallest: int = 1) -> int:
    """Return a length in pixels. After a change of architecture, a length that is too large is reset."""
    chosen = address.kept(name, range(smallest, largest + 1), default)
    return column.slider(f"{title} in pixels", smallest, largest, **chosen)


def _rgb(column, title: str, name: str, default: str) -> RGB:
    code = column.color_picker(title, **address.kept(name, default=default))
    red, green, blue = bytes.fromhex(code[1:])
    return red, green, blue


def _grating(size: int) -> np.ndarray:
    columns = st.columns(5, gap="small")
    orientation = _orientation(columns[0])
    chosen = address.kept("frequency", (0.0125, 0.5), 0.0875)
    frequency = columns[1].slider("Cycles per pixel", 0.0125, 0.5, step=0.0125, format="%.4f", **chosen)
    phase = columns[2].slider("Phase", 0, 345, step=15, format="%d°", **address.kept("phase", range(346), 0))
    contrast, colour = _contrast(columns[3]), _colour(columns[4])
    return stimuli.grating(size, orientation, frequency, phase, contrast, colour)


def _checkerboard(size: int) -> np.ndarray:
    columns = st.columns(4, gap="small")
    orientation = _orientation(columns[0])
    cell = _length(columns[1], "Cell", "cell", size // 4, size // 16)
    contrast, colour = _contrast(columns[2]), _colour(columns[3])
    return stimuli.checkerboard(size, cell, orientation, contrast, colour)


def _bar(size: int) -> np.ndarray:
    columns = st.columns([3, 3, 3, 1, 1], gap="small")
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
    kind = columns[0].selectbox("Shape", SHAPES, **address.kept("shape", SHAPES, SHAPES[0]))
    diameter = _length(columns[1], "Diameter", "diameter", size, size // 2)
    orientation = _orientation(columns[2])
    colour, ground = (
        _rgb(columns[3], "Shape", "figure", "#ffffff"),
        _rgb(columns[4], "Ground", "ground", "#000000"),
    )
    return stimuli.shape(size, kind, diameter, orientation, colour, ground)


def _uniform(size: int) -> np.ndarray:
    return stimuli.uniform(size, _rgb(st, "Colour", "figure", "#ffffff"))
