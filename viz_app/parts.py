"""Pieces that pages are put together from."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable
from typing import ParamSpec

import streamlit as st

from model.architectures import Architecture
from model.errors import UserError
from model.layers import LayerInfo
from model.preprocess import network_crop
from viz_app import cached, pictures, state
from viz_app.components import clickable_diagram
from viz_app.diagram import draw

QUIET = {"displayModeBar": False}  # charts without Plotly's row of buttons

Arguments = ParamSpec("Arguments")


def part(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A part of a page that reruns alone when its own widgets change.

    What the user has to put right is said in its place; everything else is a bug and stays visible
    in the terminal.
    """

    @st.fragment
    @functools.wraps(function)
    def shown(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except UserError as error:
            st.error(str(error))

    return shown


def heading(title: str, sentence: str) -> None:
    """A page's title and the one thing that it shows."""
    st.title(title, anchor=False)
    st.markdown(sentence)


def network_diagram(key: str, architecture: Architecture, infos: list[LayerInfo], layer: str) -> None:
    """The network with the picture as its input; a click in it chooses the layer."""
    crop = pictures.png(network_crop(state.photo(), architecture))
    clickable_diagram(
        draw(architecture, infos, f"data:image/png;base64,{base64.b64encode(crop).decode()}"),
        key=key,
        selected=layer,
        on_pick=lambda name: state.choose("layer", name),
    )


def background(name: str) -> None:
    """The explanation belonging to a page, folded away until someone asks."""
    with st.expander("Background", icon=":material/menu_book:"):
        st.markdown(cached.text(name))
