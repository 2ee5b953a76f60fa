"""What a channel, a unit or a class responds to most: a picture made for it, uphill from noise."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from model.layers import LayerInfo
from viz_app import cached, state
from viz_app.cached import Choices, Goal, Network
from viz_app.draw import figures, pictures
from viz_app.widgets.choose import choose_class, sliders
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
WIDTH = 620  # pixels of a picture at most, so that a whole page fits on a screen
SAME_AS_BEFORE = ("Flatten", "Dropout")  # they pass on what the layer before them says
PLACES: dict[Place, str] = {"mean": "everywhere", "centre": "centre"}


@part
def what_it_wants() -> None:
    network = state.network()
    infos = {info.name: info for info in cached.layers(network.architecture)[:-1]}
    where, what, how = st.columns([2, 5, 5], vertical_alignment="bottom", gap="medium")
    names = [name for name, info in infos.items() if info.type not in SAME_AS_BEFORE]
    state.valid_choice("layer", names, USUAL)
    layer = where.selectbox("Layer", names, names.index(USUAL), key="layer", bind="query-params")
    place = _place(infos[layer], names[-1], network, what)
    settings, make = how.columns([2, 3], vertical_alignment="bottom")
    with settings:
        chosen = Goal(layer, *place, sliders("visualize", cached.visualization_parameters()))
    # Nothing long begins unasked but this one, which all visitors share.
    key = f"visualized-{network.architecture}-{network.weights}"
    goal = state.chosen(key, Goal(USUAL, 0, "mean", _usual()))
    make.button(
        "Make its picture",
        type="primary" if chosen != goal else "secondary",
        disabled=chosen == goal,
        on_click=state.choose,
        args=(key, chosen),
        key="make",
        icon=":material/auto_awesome:",
        width="stretch",
    )
    st.subheader(_name(goal, network), anchor=False)
    found = wait_for(
        cached.visualization(network, goal), "Uphill", partial(_sketch, goal=goal, network=network)
    )
    if found is not None:
        _show(found, goal, network, key)
    background("feature_visualization")


def _place(info: LayerInfo, logits: str, network: Network, what: DeltaGenerator) -> tuple[int, Place]:
    """The channel, unit or class, and which part of a channel."""
    if info.name == logits:
        with what:
            return choose_class(state.photo()), "mean"
    count = info.output_shape[0]
    state.valid_choice("channel", range(count))
    if not info.is_spatial:
        return what.number_input("Unit", 0, count - 1, key="channel", bind="query-params"), "mean"
    number, part_of_it = what.columns([2, 3], vertical_alignment="bottom")
    channel = number.number_input("Channel", 0, count - 1, key="channel", bind="query-params")
    place = part_of_it.segmented_control(
        "Excite",
        list(PLACES),
        default="mean",
        format_func=PLACES.__getitem__,
        key="place",
        required=True,
        persist_state="session",
    )
    return channel, place


def _usual() -> Choices:
    return tuple((p.name, float(p.default)) for p in cached.visualization_parameters())


def _noun(goal: Goal, network: Network) -> str:
    """What the goal's number counts."""
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
    """The picture so far, and how far it has come."""
    pixels, curve = preview
    picture, climb = st.columns([1, 1], gap="large")
    with picture:
        _picture(pixels, "The picture so far")
    with climb:
        _climb(curve, goal, network)


def _show(found: Visualization, goal: Goal, network: Network, key: str) -> None:
    picture, climb = st.columns([1, 1], gap="large")
    with picture:
        _picture(found.visible, f"A picture made for {_name(goal, network)}")
        _next_and_save(found, goal, network, key)
    with climb:
        photo = cached.photo_activation(state.photo(), network, goal)
        values = {"Noise": found.start, "The made picture": found.end, "The photo": photo}
        for column, (title, value) in zip(st.columns(3), values.items(), strict=True):
            column.metric(title, f"{value:.2f}")
        _climb(found.curve, goal, network)
        st.caption(_meaning(goal, network))


def _picture(pixels: np.ndarray, alt: str) -> None:
    picture(_enlarged(pixels, 440), alt, width=WIDTH)


def _enlarged(pixels: np.ndarray, side: int) -> np.ndarray:
    """About that large: what an early cell sees is a few pixels wide, and should stay sharp."""
    return pictures.enlarge(pixels, max(1, side // len(pixels)))


def _climb(curve: Sequence[float] | np.ndarray, goal: Goal, network: Network) -> None:
    quantity = "logit" if _noun(goal, network) == "class" else "activation"
    photo = cached.photo_activation(state.photo(), network, goal)
    chart(
        figures.climb(curve, int(dict(goal.settings)["steps"]), photo, quantity),
        key="climb",
        alt=f"The {quantity} at every step",
    )


def _meaning(goal: Goal, network: Network) -> str:
    if _noun(goal, network) != "channel":
        return f"Raised is the value of this {_noun(goal, network)} in {goal.layer}."
    if goal.place == "centre":
        return "Raised is the channel's central cell; of the photo, its strongest cell counts."
    return "Raised is the mean of the channel's positive values; the photo's is taken in the same way."


def _next_and_save(found: Visualization, goal: Goal, network: Network, key: str) -> None:
    again, save = st.columns(2)
    settings = dict(goal.settings)
    again.button(
        "From other noise",
        on_click=_other_noise,
        args=(key, goal),
        key="other_noise",
        icon=":material/casino:",
        width="stretch",
    )
    save.download_button(
        "PNG",
        pictures.png(_enlarged(found.visible, 720)),
        f"{found.layer}-{found.channel}-seed-{settings['seed']:g}.png",
        key="save_visualization",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )


def _other_noise(key: str, goal: Goal) -> None:
    settings = dict(goal.settings)
    settings["seed"] = (settings["seed"] + 1) % 10_000
    state.choose("visualize-seed", settings["seed"])
    state.choose(key, replace(goal, settings=tuple(settings.items())))


what_it_wants()
