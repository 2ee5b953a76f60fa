"""What a channel, a unit or a class responds to most: a picture made for it, uphill from noise."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from model.layers import LayerInfo
from viz_app import cached, figures, pictures, state
from viz_app.cached import Choices, Goal, Network
from viz_app.parts import QUIET, background, heading, part, wait_for

if TYPE_CHECKING:
    from model.feature_visualization import Place, Visualization

heading(
    "What a unit wants to see",
    "A picture made for one channel, one unit or one class: noise, changed step by step until it is excited "
    "as much as possible.",
)

USUAL = "conv3"
SAME_AS_BEFORE = ("Flatten", "Dropout")  # they pass on what the layer before them says
PLACES: dict[Place, str] = {"mean": "everywhere", "centre": "centre"}


@part
def what_it_wants() -> None:
    network = state.network()
    infos = {info.name: info for info in cached.layers(network.architecture)[:-1]}
    controls = st.columns([2, 2, 3, 2, 3], vertical_alignment="bottom", gap="medium")
    names = [name for name, info in infos.items() if info.type not in SAME_AS_BEFORE]
    state.valid_choice("layer", names, USUAL)
    layer = controls[0].selectbox("Layer", names, names.index(USUAL), key="layer", bind="query-params")
    chosen = _chosen(infos[layer], names[-1], network, controls[1:4])
    # Nothing long begins unasked but this one, which all visitors share.
    key = f"visualized-{network.architecture}-{network.weights}"
    goal = state.chosen(key, Goal(USUAL, 0, "mean", _usual()))
    controls[4].button(
        "Make its picture", type="primary" if chosen != goal else "secondary", disabled=chosen == goal,
        on_click=_want, args=(key, network, goal, chosen), key="make", icon=":material/auto_awesome:",
        width="stretch",
    )  # fmt: skip
    name = _name(goal, infos[goal.layer], network)
    st.subheader(name, anchor=False)
    found = wait_for(
        cached.visualization(network, goal), "Uphill", partial(_sketch, goal=goal, network=network)
    )
    if found is not None:
        _show(found, goal, network, name)
        _take_away(found, goal, network, key)
    background("feature_visualization")


def _chosen(info: LayerInfo, logits: str, network: Network, controls: list) -> Goal:
    """What the controls ask for."""
    place: Place = "mean"
    if info.name == logits:
        channel = _class(network, controls[0])
    else:
        count = info.output_shape[0]
        state.valid_choice("channel", range(count))
        title = "Channel" if info.is_spatial else "Unit"
        channel = controls[0].number_input(title, 0, count - 1, key="channel", bind="query-params")
    if info.is_spatial:
        place = controls[1].segmented_control(
            "Excite", list(PLACES), default="mean", format_func=PLACES.__getitem__, key="place",
            required=True, persist_state="session",
        )  # fmt: skip
    with controls[2].popover("Settings", width="stretch"):
        settings = tuple(
            (
                p.name,
                st.slider(
                    p.title, float(p.low), float(p.high), float(p.default), float(p.step), format="%g",
                    key=f"visualize-{p.name}", persist_state="session",
                ),
            )
            for p in cached.visualization_parameters()
        )  # fmt: skip
    return Goal(info.name, channel, place, settings)


def _want(key: str, network: Network, before: Goal, goal: Goal) -> None:
    """Show another goal's picture; nobody here waits for the one before any longer."""
    cached.visualization(network, before).leave(state.session())
    state.choose(key, goal)


def _usual() -> Choices:
    return tuple((p.name, float(p.default)) for p in cached.visualization_parameters())


def _class(network: Network, control) -> int:
    photo = state.photo()
    result = cached.classification(photo, network)
    return control.selectbox(
        "Class, the predicted ones first", [int(index) for index in result.ranking],
        key=f"target-{photo.sha256[:12]}-{network.architecture}-{network.weights}",
        format_func=lambda index: f"{result.labels[index]} · class {index}", persist_state="session",
    )  # fmt: skip


def _name(goal: Goal, info: LayerInfo, network: Network) -> str:
    if info.is_spatial:
        where = "in the centre" if goal.place == "centre" else "everywhere"
        return f"{goal.layer}, channel {goal.channel}, {where}"
    labels = cached.classification(state.photo(), network).labels
    is_class = goal.layer == cached.layers(network.architecture)[-2].name
    return labels[goal.channel] if is_class else f"{goal.layer}, unit {goal.channel}"


def _sketch(preview: Any, goal: Goal, network: Network) -> None:
    """The picture so far, and how far it has come."""
    pixels, curve = preview
    picture, climb = st.columns([1, 1], gap="large")
    with picture:
        _picture(pixels, "The picture so far")
    with climb:
        _climb(curve, goal, network)


def _show(found: Visualization, goal: Goal, network: Network, key: str, name: str) -> None:
    picture, climb = st.columns([1, 1], gap="large")
    with picture:
        _picture(found.visible, name)
        _take_away(found, goal, key)
    with climb:
        photo = cached.photo_activation(state.photo(), network, goal)
        for column, title, value in zip(
            st.columns(3), ("Noise", "The made picture", "The photo"), (found.start, found.end, photo),
            strict=True,
        ):  # fmt: skip
            column.metric(title, f"{value:.2f}")
        _climb(found.curve, goal, network)
        st.caption(_meaning(goal))


def _picture(pixels: np.ndarray, alt: str) -> None:
    st.image(_large(pixels), width="stretch", output_format="PNG", alt=alt)


def _large(pixels: np.ndarray) -> np.ndarray:
    """Small cut-outs keep their pixels sharp; a whole picture is left to the browser."""
    return pictures.enlarge(pixels, max(1, 440 // len(pixels)))


def _climb(curve, goal: Goal, network: Network) -> None:
    quantity = "logit" if goal.layer == cached.layers(network.architecture)[-2].name else "activation"
    photo = cached.photo_activation(state.photo(), network, goal)
    st.plotly_chart(
        figures.climb(curve, int(dict(goal.settings)["steps"]), photo, quantity), key="climb", config=QUIET,
        alt=f"The {quantity} at every step",
    )  # fmt: skip


def _meaning(goal: Goal) -> str:
    if goal.place == "centre":
        return "Raised is the channel's central cell; of the photo, its strongest cell counts."
    return "Raised is the mean of the channel's positive values; the photo's is taken in the same way."


def _take_away(found: Visualization, goal: Goal, key: str) -> None:
    again, save = st.columns(2)
    settings = dict(goal.settings)
    another = replace(goal, settings=tuple((settings | {"seed": (settings["seed"] + 1) % 10_000}).items()))

    def other_noise() -> None:
        state.choose("visualize-seed", dict(another.settings)["seed"])
        state.choose(key, another)

    again.button(
        "From other noise", on_click=other_noise, key="other_noise", icon=":material/casino:", width="stretch"
    )
    save.download_button(
        "PNG", pictures.png(pictures.enlarge(found.visible, max(1, 720 // len(found.visible)))),
        f"{found.layer}-{found.channel}-seed-{settings['seed']:g}.png", key="save_visualization",
        icon=":material/download:", on_click="ignore", width="stretch",
    )  # fmt: skip


what_it_wants()
