"""Whether a map can be believed: deletion and insertion, random weights, completeness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.overlay import overlay
from model.preprocess import network_crop
from viz_app import cached, figures, state
from viz_app.cached import Network
from viz_app.parts import QUIET, attribution, background, heading, part, wait_for

if TYPE_CHECKING:
    from model.attribution import Attribution

heading("Should I believe it?", "Three checks that an explanation can fail.")


@part
def believe() -> None:
    photo, network = state.photo(), state.network()
    result, known = cached.classification(photo, network), cached.methods()
    layers, usual = cached.map_layers(network.architecture)
    state.valid_choice("cam_layer", layers, usual)
    how, who, where = st.columns([3, 4, 2], gap="medium")
    method = how.selectbox(
        "Method", list(known), key="doubted", format_func=lambda name: known[name].title, bind="query-params"
    )
    target = who.selectbox(
        "Class, the predicted ones first", [int(index) for index in result.ranking],
        key=f"target-{photo.sha256[:12]}-{network.architecture}-{network.weights}",
        format_func=lambda index: f"{result.labels[index]} · class {index}", persist_state="session",
    )  # fmt: skip
    layer = None
    if known[method].needs_layer:
        layer = where.selectbox("Layer", layers, layers.index(usual), key="cam_layer", bind="query-params")
    found = attribution(state.photo(), method, target, layer)
    if found is not None:
        _curves(found, network)
        _completeness(found, network)
        _cascade(found, network)
    background("believe")


def _curves(found: Attribution, network: Network) -> None:
    photo = state.photo()
    ours, random = cached.curves(photo, network, found)
    names = (found.method.title, "a random map")
    picture, deletion, insertion = st.columns([2, 3, 3], gap="medium")
    crop = network_crop(photo, network.data)
    with picture:
        st.image(
            overlay(crop, found.normalized, 0.55, signed=found.method.signed), found.method.title,
            width="stretch", output_format="PNG", alt=f"{found.method.title} over the picture",
        )  # fmt: skip
    for place, title, of_ours, of_random, better in (
        (deletion, "Deletion: strongest pixels made grey", ours.deletion, random.deletion, "smaller"),
        (insertion, "Insertion: strongest pixels uncovered", ours.insertion, random.insertion, "larger"),
    ):
        with place:
            st.plotly_chart(
                figures.two_curves(title, of_ours.share, of_ours.probability, of_random.probability, names),
                key=title.split(":")[0].lower(), config=QUIET, alt=title,
            )  # fmt: skip
            passed = (of_ours.area < of_random.area) == (better == "smaller")
            st.markdown(
                f"{_mark(passed)} Area **{of_ours.area:.4f}**, by a random map {of_random.area:.4f}. "
                f"It should be {better}."
            )


def _mark(passed: bool) -> str:
    return ":material/check_circle:" if passed else ":material/cancel:"


def _random(layers: tuple[str, ...]) -> str:
    return layers[0] if len(layers) == 1 else f"{layers[-1]} to {layers[0]}"


def _completeness(found: Attribution, network: Network) -> None:
    sums = cached.completeness(state.photo(), network, found)
    if sums is not None:
        st.markdown(
            f"{_mark(sums.gap < 0.05)} **Completeness.** The values add up to **{sums.total:.4f}**; from "
            f"the grey picture to this one the logit changes by **{sums.change:.4f}**: a gap of "
            f"{sums.gap:.1%}."
        )


def _cascade(original: Attribution, network: Network) -> None:
    st.subheader("With random weights", anchor=False)
    if not st.toggle("Randomise the layers, from the last to the first", key="randomise"):
        return
    job = cached.cascade(state.photo(), network, original)
    found = wait_for(job, "Explaining a network with random weights")
    if found is None:
        return
    crop = network_crop(state.photo(), network.data)
    maps = [
        overlay(crop, step.attribution.normalized, 0.7, signed=step.attribution.method.signed)
        for step in found
    ]
    places = [place for _ in range(0, len(found), 4) for place in st.columns(4, gap="medium")]
    for place, step, picture in zip(places, found, maps, strict=False):
        with place:
            st.image(
                picture, f"{_random(step.layers)} random: {step.correlation:.2f}", width="stretch",
                output_format="PNG", alt=f"With {', '.join(step.layers)} random",
            )  # fmt: skip
    title, upper = original.method.title, found[min(2, len(found) - 1)]
    verdict = (
        "hardly changes: it cannot have been about the class."
        if upper.hardly_changed
        else "changes, as it should."
    )
    st.markdown(
        f"{_mark(not upper.hardly_changed)} With {', '.join(upper.layers)} random, the rank correlation with "
        f"the real map is **{upper.correlation:.2f}**. {title} {verdict}"
    )


believe()
