"""Widgets to choose a class, an activation or a method's settings. A choice holds on all pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.layers import LayerInfo
from model.parameters import Choice, Parameter
from model.preprocess import Photo
from model.question import Setting, Settings
from viz_app import address, cached, state

if TYPE_CHECKING:
    from model.predict import Prediction


def choose_settings(name: str, parameters: Sequence[Parameter]) -> Settings:
    """Show a widget for each parameter in a popover, and return (parameter, value) for each.

    Args:
        name: what the widgets' keys and the address begin with: `name-parameter` and `name.parameter`.
    """
    if not parameters:
        return ()
    with st.popover("Settings", width="stretch"):
        return tuple((p.name, choose_setting(name, p)) for p in parameters)


def choose_setting(owner: str, parameter: Parameter) -> Setting:
    """Show a widget for a parameter, and return the value chosen.

    Args:
        owner: what the parameter belongs to; the address calls the choice `owner.parameter`.
    """
    name, key = f"{owner}.{parameter.name}", f"{owner}-{parameter.name}"
    first = parameter.title.partition(" ")[0].rstrip(":,")
    is_symbol = len(first) == 1 or first in ("alpha", "beta")  # as in formulas: never a capital letter
    title = parameter.title if is_symbol else parameter.title[:1].upper() + parameter.title[1:]
    if isinstance(parameter, Choice):
        meanings = dict(parameter.options)
        return st.selectbox(
            title,
            parameter.words,
            format_func=meanings.__getitem__,
            **address.kept(name, meanings, parameter.default, key),
        )
    low, high = float(parameter.low), float(parameter.high)
    return st.slider(
        title,
        low,
        high,
        step=float(parameter.step),
        format="%g",
        **address.kept(name, (low, high), float(parameter.default), key),
    )


def choose_class(
    photo: Photo,
    title: str = "Target class, most probable first",
    name: str = "target",
    without: int | None = None,
) -> int:
    """Return the index of the class that the user chooses, at first the most probable one.

    The choice holds on all pages until the photo or the network changes.

    Args:
        name: what the address calls the choice.
        without: index of a class that cannot be chosen.
    """
    network = state.network()
    result = cached.classification(photo, network)
    labels = {int(index): result.labels[index] for index in result.ranking if index != without}
    key = f"{name}-{photo.sha256[:12]}-{network.architecture}-{network.weights}"
    return st.selectbox(
        title,
        list(labels),
        format_func=lambda index: _class_name(result.prediction(index)),
        **address.kept(name, labels, next(iter(labels)), key),
    )


def _class_name(prediction: Prediction) -> str:
    """Return a class as a list shows it: "Egyptian cat, 51 % (class 285)"."""
    share = "under 1 %" if prediction.probability < 0.01 else f"{prediction.probability:.0%}"
    return f"{prediction.label}, {share} (class {prediction.class_index})"


def telling_channel(info: LayerInfo) -> int:
    """Return the channel or unit with the strongest activation for the photo, which pages show at first."""
    maps = cached.feature_maps(state.photo(), state.network())[info.name]
    return int(maps.reshape(len(maps), -1).max(1).argmax())


def choose_cell(info: LayerInfo, controls: Sequence) -> tuple[int, int, int]:
    """Return channel, row and column of the activation that the user chooses; for a unit (unit, 0, 0).

    The default is the channel's strongest activation, also after another photo, layer or channel has been
    chosen. The address contains row and column only where they differ from this default.
    """
    maps = cached.feature_maps(state.photo(), state.network())[info.name]
    if not info.is_spatial:
        return _choose_unit(info, maps, controls), 0, 0
    chosen = address.kept("channel", range(len(maps)), telling_channel(info))
    channel = controls[0].number_input("Channel", 0, len(maps) - 1, **chosen)
    strongest = np.unravel_index(int(maps[channel].argmax()), maps[channel].shape)
    another = state.place_is_of_another((state.photo().sha256, state.network(), info.name, channel))
    place = []
    for name, size, usual, control in zip(
        ("row", "column"), info.output_shape[1:], strongest, controls[1:], strict=False
    ):
        if another:
            state.choose(name, int(usual))
        chosen = address.kept(name, range(size), int(usual))
        place.append(control.number_input(name.capitalize(), 0, size - 1, **chosen))
    return channel, *place


def _choose_unit(info: LayerInfo, values: np.ndarray, controls: Sequence) -> int:
    """Return the unit that the user chooses, by default the strongest. In fc8 and prob, show its class."""
    strongest = int(values.argmax())
    if state.channel_is_of_another(info.name):
        state.choose("channel", strongest)
    chosen = address.kept("channel", range(len(values)), strongest)
    unit = controls[0].number_input("Unit", 0, len(values) - 1, **chosen)
    photo, network = state.photo(), state.network()
    state.place_is_of_another((photo.sha256, network, info.name, unit))
    if info.name in [layer.name for layer in network.data.layers[-2:]]:
        controls[1].markdown(f"Class **{cached.classification(photo, network).labels[unit]}**")
    return unit
