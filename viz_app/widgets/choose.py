"""Choose a class, an activation, a method's settings: each choice holds on every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.layers import LayerInfo
from model.preprocess import Photo
from viz_app import cached, state

if TYPE_CHECKING:
    from model.attribution import Parameter


def sliders(name: str, parameters: Sequence[Parameter]) -> cached.Choices:
    """A slider for each parameter, folded away; keyed `name-parameter`."""
    if not parameters:
        return ()
    with st.popover("Settings", width="stretch"):
        return tuple(
            (
                p.name,
                st.slider(
                    p.title,
                    float(p.low),
                    float(p.high),
                    float(p.default),
                    float(p.step),
                    key=f"{name}-{p.name}",
                    format="%g",
                    persist_state="session",
                ),
            )
            for p in parameters
        )


def choose_class(
    photo: Photo,
    title: str = "Class, the predicted ones first",
    key: str = "target",
    without: int | None = None,
) -> int:
    """A class; the choice belongs to picture and network, and holds on every page.

    Args:
        without: a class that cannot be chosen.
    """
    network = state.network()
    result = cached.classification(photo, network)
    return st.selectbox(
        title,
        [int(index) for index in result.ranking if index != without],
        key=f"{key}-{photo.sha256[:12]}-{network.architecture}-{network.weights}",
        format_func=lambda index: f"{result.labels[index]} · class {index}",
        persist_state="session",
    )


def choose_cell(info: LayerInfo, controls: Sequence) -> tuple[int, int, int]:
    """Channel, row and column of a number in a layer; or a unit, 0, 0.

    In another channel, layer or photo it is the strongest again. The address leaves out what is at its
    default, which the strongest is: so a link shows the number that was on screen.
    """
    maps = cached.feature_maps(state.photo(), state.network())[info.name]
    if not info.is_spatial:
        return _choose_unit(info, maps, controls), 0, 0
    state.valid_choice("channel", range(len(maps)))
    channel = controls[0].number_input("Channel", 0, len(maps) - 1, key="channel", bind="query-params")
    strongest = np.unravel_index(int(maps[channel].argmax()), maps[channel].shape)
    another = state.place_is_of_another((state.photo().sha256, state.network(), info.name, channel))
    place = []
    for name, size, usual, control in zip(
        ("row", "column"), info.output_shape[1:], strongest, controls[1:], strict=False
    ):
        if another:
            state.choose(name, int(usual))
        state.valid_choice(name, range(size), int(usual))
        place.append(
            control.number_input(name.capitalize(), 0, size - 1, int(usual), key=name, bind="query-params")
        )
    return channel, *place


def _choose_unit(info: LayerInfo, values: np.ndarray, controls: Sequence) -> int:
    """A unit of a layer without places; beside a class's unit, its name."""
    strongest = int(values.argmax())
    if state.channel_is_of_another(info.name):
        state.choose("channel", strongest)
    state.valid_choice("channel", range(len(values)), strongest)
    unit = controls[0].number_input("Unit", 0, len(values) - 1, strongest, key="channel", bind="query-params")
    photo, network = state.photo(), state.network()
    state.place_is_of_another((photo.sha256, network, info.name, unit))
    if info.name in [layer.name for layer in network.data.layers[-2:]]:
        controls[1].markdown(f"**{cached.classification(photo, network).labels[unit]}**")
    return unit
