"""The page Feature visualization: a picture, made from noise, that excites a channel, a unit or a class."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from model.layers import LayerInfo
from model.question import Settings
from viz_app import address, cached, state
from viz_app.cached import Goal, Network
from viz_app.draw import figures, pictures
from viz_app.widgets.choose import choose_class, choose_settings
from viz_app.widgets.links import about_channel
from viz_app.widgets.run import part, wait_for
from viz_app.widgets.show import background, chart, heading, picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from model.feature_visualization import Place, Visualization

heading(
    "Feature visualization",
    "Start with noise and change it step by step, until it excites one channel, unit or class as much as "
    "possible.",
)

USUAL = "conv3"
WIDTH = 620  # largest width of a picture in pixels, so that the page fits on a screen
SAME_AS_BEFORE = ("Flatten", "Dropout")  # layers that only pass on the output of the layer before
PLACES: dict[Place, str] = {"mean": "everywhere", "centre": "centre"}


@part
def what_it_wants() -> None:
    network = state.network()
    infos = {info.name: info for info in cached.layers(network.architecture)[:-1]}
    where, what, how = st.columns([2, 5, 5], vertical_alignment="bottom", gap="medium")
    names = [name for name, info in infos.items() if info.type not in SAME_AS_BEFORE]
    layer = where.selectbox("Layer", names, **address.kept("layer", names, USUAL))
    place = _place(infos[layer], names[-1], network, what)
    settings, make = how.columns([2, 3], vertical_alignment="bottom")
    with settings:
        chosen = Goal(layer, *place, choose_settings("visualize", cached.visualization_parameters()))
    # Only this visualization starts without a click: all visitors share it.
    key = f"visualized-{network.architecture}-{network.weights}"
    usual = Goal(USUAL, 0, "mean", _usual())
    if address.asked("made") is not None and address.settle("made"):
        _make(key, chosen)  # a link to a picture that someone has made
    is_made = chosen in (usual, *state.chosen(key, ()))
    state.choose("made", is_made)
    address.settle("made", default=chosen == usual)
    make.button(
        "Make the picture",
        type="secondary" if is_made else "primary",
        disabled=is_made,
        on_click=_make,
        args=(key, chosen),
        key="make",
        icon=":material/auto_awesome:",
        width="stretch",
    )
    st.subheader(_name(chosen, network), anchor=False)
    if is_made:
        _wait_and_show(chosen, network, key)
    else:
        st.info("There is no picture for this yet. Making one takes about half a minute.")
    if infos[layer].is_spatial:
        about_channel(infos[layer], chosen.channel)
    background("feature_visualization")


def _make(key: str, goal: Goal) -> None:
    """Note that a picture is wanted, so that the page makes it, and shows it when it is chosen again."""
    state.choose(key, (*state.chosen(key, ()), goal))


def _wait_and_show(goal: Goal, network: Network, key: str) -> None:
    found = wait_for(
        cached.visualization(network, goal),
        "Making the picture",
        partial(_sketch, goal=goal, network=network),
    )
    if found is not None:
        _show(found, goal, network, key)


def _place(info: LayerInfo, logits: str, network: Network, what: DeltaGenerator) -> tuple[int, Place]:
    """Show the widgets for channel, unit or class, and return its number and what to raise."""
    if info.name == logits:
        with what:
            return choose_class(state.photo()), "mean"
    count = info.output_shape[0]
    unit = address.kept("channel", range(count), 0)  # all visitors share the picture for this channel
    if not info.is_spatial:
        return what.number_input("Unit", 0, count - 1, **unit), "mean"
    number, part_of_it = what.columns([2, 3], vertical_alignment="bottom")
    channel = number.number_input("Channel", 0, count - 1, **unit)
    place = part_of_it.segmented_control(
        "Excite",
        list(PLACES),
        format_func=PLACES.__getitem__,
        required=True,
        **address.kept("place", PLACES, "mean"),
    )
    return channel, place


def _usual() -> Settings:
    return tuple((p.name, p.default) for p in cached.visualization_parameters())


def _noun(goal: Goal, network: Network) -> str:
    """Return "channel", "unit" or "class"."""
    infos = cached.layers(network.architecture)
    if goal.layer == infos[-2].name:
        return "class"
    return "channel" if next(i for i in infos if i.name == goal.layer).is_spatial else "unit"


def _name(goal: Goal, network: Network) -> str:
    noun = _noun(goal, network)
    if noun == "class":
        return cached.classification(state.photo(), network).labels[goal.channel]
    where = {"mean": ", everywhere", "centre": ", in the centre"}[goal.place] if noun == "channel" else ""
    return f"{goal.layer}, {noun} {goal.channel}{where}"


def _sketch(preview: Any, goal: Goal, network: Network) -> None:
    """Show the picture so far and the activation after each step."""
    pixels, curve = preview
    picture, climb = st.columns([1, 1], gap="large")
    with picture, st.container(key="unit_picture"):
        _picture(pixels, "The picture so far")
    with climb:
        _climb(curve, goal, network)


def _show(found: Visualization, goal: Goal, network: Network, key: str) -> None:
    picture, climb = st.columns([1, 1], gap="large")
    with picture, st.container(key="unit_picture"):
        _picture(found.visible, f"A picture that excites {_name(goal, network)}")
        _next_and_save(found, goal, network, key)
    with climb:
        photo = cached.photo_activation(state.photo(), network, goal)
        values = {"Noise": found.start, "This picture": found.end, "The photo": photo}
        for column, (title, value) in zip(st.columns(3), values.items(), strict=True):
            column.metric(title, f"{value:.2f}")
        _climb(found.curve, goal, network)
        st.caption(_meaning(goal, network))


def _picture(pixels: np.ndarray, alt: str) -> None:
    picture(_enlarged(pixels, 440), alt, width=WIDTH)


def _enlarged(pixels: np.ndarray, side: int) -> np.ndarray:
    """Return the picture enlarged to about `side` pixels, with sharp edges.

    The receptive field of an activation in an early layer is only a few pixels wide.
    """
    return pictures.enlarge(pixels, max(1, side // len(pixels)))


def _climb(curve: Sequence[float] | np.ndarray, goal: Goal, network: Network) -> None:
    quantity = "logit" if _noun(goal, network) == "class" else "activation"
    photo = cached.photo_activation(state.photo(), network, goal)
    chart(
        figures.climb(curve, int(dict(goal.settings)["steps"]), photo, quantity),
        key="climb",
        alt=f"The {quantity} after every step",
    )


def _meaning(goal: Goal, network: Network) -> str:
    if _noun(goal, network) != "channel":
        return f"The numbers are the activations of this {_noun(goal, network)} in {goal.layer}."
    if goal.place == "centre":
        return "The numbers are activations in the centre of the feature map; for the photo, the largest one."
    return "The numbers are the means of the feature map's positive activations, also for the photo."


def _next_and_save(found: Visualization, goal: Goal, network: Network, key: str) -> None:
    again, save = st.columns(2)
    settings = dict(goal.settings)
    again.button(
        "Start from other noise",
        on_click=_other_noise,
        args=(key, goal),
        key="other_noise",
        icon=":material/casino:",
        width="stretch",
    )
    save.download_button(
        "PNG",
        pictures.png(_enlarged(found.visible, 720)),
        f"{found.layer}-{found.channel}-seed-{float(settings['seed']):g}.png",
        key="save_visualization",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )


def _other_noise(key: str, goal: Goal) -> None:
    settings = dict(goal.settings)
    settings["seed"] = (float(settings["seed"]) + 1) % 10_000
    state.choose("visualize-seed", settings["seed"])
    _make(key, replace(goal, settings=tuple(settings.items())))


what_it_wants()
