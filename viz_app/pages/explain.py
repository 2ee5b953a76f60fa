"""Why this class: Grad-CAM and saliency beside the picture."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.overlay import overlay
from model.preprocess import network_crop
from viz_app import cached, pictures, state
from viz_app.parts import background, heading, part

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.attribution import Method

    # Draws the map of a method for a class, with the method's settings.
    Show = Callable[[Method, int, tuple[tuple[str, float], ...]], None]

heading("Explain", "Where in the picture the evidence for a class lies, by up to four methods side by side.")

USUAL = ["grad-cam", "saliency"]
MOST = 4


@part
def explain() -> None:
    photo, network = state.photo(), state.network()
    result = cached.classification(photo, network)
    layers, usual = cached.map_layers(network.architecture)
    state.valid_choice("cam_layer", layers, usual)
    who, rival, where, how = st.columns([3, 3, 2, 2], gap="medium")
    target, against = _classes(who, rival, result)
    layer = where.selectbox(
        "Layer of CAMs", layers, layers.index(usual), key="cam_layer", bind="query-params"
    )
    opacity = how.slider("Opacity of the maps", 0.0, 1.0, 0.55, 0.05, key="opacity", persist_state="session")
    known = cached.methods()
    methods = st.multiselect(
        "Methods", list(known), USUAL, key="methods", max_selections=MOST, bind="query-params",
        format_func=lambda name: known[name].title, placeholder="Choose one to four methods",
    )  # fmt: skip
    st.markdown("  \n".join(_score(result.prediction(index)) for index in (target, *against)))
    st.caption("The maps explain the logit.")
    crop = network_crop(photo, network.data)

    def show(method: Method, target: int, settings: tuple[tuple[str, float], ...]) -> None:
        of = layer if method.needs_layer else None
        attribution = cached.attribution(photo, network, method.name, target, of, settings)
        _show(attribution, crop, opacity, result.labels[target])

    draw = _versus if against else _side_by_side
    draw([known[name] for name in methods], (target, *against), crop, show)
    background("explain")


def _score(chosen) -> str:
    return (
        f"**{chosen.label}** has the probability **{chosen.probability:.1%}** and the logit "
        f"**{chosen.logit:.3f}**."
    )


def _classes(who, rival, result) -> tuple[int, tuple[int, ...]]:
    """The class to explain, and at most one to hold against it."""
    photo, network = state.photo(), state.network()
    ranking = [int(index) for index in result.ranking]
    of = f"{photo.sha256[:12]}-{network.architecture}-{network.weights}"

    def named(index: int) -> str:
        return f"{result.labels[index]} · class {index}"

    target = who.selectbox(
        "Class, the predicted ones first", ranking, key=f"target-{of}", format_func=named,
        persist_state="session",
    )  # fmt: skip
    others = [index for index in ranking if index != target]
    against = rival.selectbox(
        "Why not another?", others, None, key=f"rival-{of}", format_func=named, persist_state="session",
        placeholder="Choose a second class",
    )  # fmt: skip
    return target, () if against is None else (against,)


def _side_by_side(methods: list[Method], targets: tuple[int, ...], crop: np.ndarray, show: Show) -> None:
    """One class: the picture, and then every method."""
    places = _grid(1 + len(methods))
    with places[0]:
        st.subheader("The picture", anchor=False)
        _picture(crop)
    for place, method in zip(places[1:], methods, strict=True):
        with place:
            st.subheader(method.title, anchor=False)
            above = st.container()
            settings = _settings(method)
            with above:
                show(method, targets[0], settings)


def _versus(methods: list[Method], targets: tuple[int, ...], crop: np.ndarray, show: Show) -> None:
    """Two classes: a row for every method, the maps of both beside the picture."""
    for method in methods:
        st.subheader(method.title, anchor=False)
        first, *places = st.columns(1 + len(targets), gap="medium")
        with first:
            _picture(crop)
            settings = _settings(method)
        for place, target in zip(places, targets, strict=True):
            with place:
                show(method, target, settings)


def _picture(crop: np.ndarray) -> None:
    st.image(
        crop, "what the network sees", width="stretch", output_format="PNG",
        alt="The picture as the network sees it",
    )  # fmt: skip


def _grid(count: int) -> list:
    """Places in rows of three, large enough to be seen from the last row of a lecture hall."""
    return [place for first in range(0, count, 3) for place in st.columns(3, gap="medium")][:count]


def _settings(method) -> tuple[tuple[str, float], ...]:
    """A slider for each of the method's parameters, folded away."""
    if not method.parameters:
        return ()
    with st.popover("Settings", width="stretch"):
        return tuple(
            (
                parameter.name,
                st.slider(
                    parameter.title, float(parameter.low), float(parameter.high), float(parameter.default),
                    float(parameter.step), key=f"{method.name}-{parameter.name}", format="%g",
                    persist_state="session",
                ),
            )
            for parameter in method.parameters
        )  # fmt: skip


def _show(attribution, crop: np.ndarray, opacity: float, label: str) -> None:
    method = attribution.method
    picture = (
        overlay(crop, attribution.normalized, opacity, signed=method.signed)
        if attribution.has_evidence
        else crop
    )
    height, width = attribution.values.shape
    at = f" at {attribution.layer}" if attribution.layer else ""
    st.image(
        picture, f"for {label}{at}, {height} × {width} values", width="stretch", output_format="PNG",
        alt=f"{method.title} map for {label} over the picture",
    )  # fmt: skip
    if not attribution.has_evidence:
        st.info("No positive evidence: nothing here raises the score of this class.")
    save_png, save_npy = st.columns(2)
    name = f"{method.name}-{attribution.target}"
    save_png.download_button(
        "PNG", pictures.png(pictures.enlarge(picture, 3)), f"{name}.png", key=f"png-{name}",
        icon=":material/download:", on_click="ignore", width="stretch",
    )  # fmt: skip
    buffer = io.BytesIO()
    np.save(buffer, attribution.heatmap)
    save_npy.download_button(
        "NumPy", buffer.getvalue(), f"{name}.npy", key=f"npy-{name}",
        icon=":material/download:", on_click="ignore", width="stretch",
    )  # fmt: skip
    with st.popover("What it means", width="stretch"):
        st.markdown(
            f"{method.meaning}\n\n$${method.formula}$$\n\n**Mind:** {method.caveat}\n\n*{method.paper}*"
        )
        st.page_link(
            Path(__file__).with_name("methods.py"), label="How it works, step by step",
            icon=":material/school:", query_params={"method": method.title},
        )  # fmt: skip


explain()
