"""The page Prediction: the photo, the crop that the network sees, and the five most probable classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from model.calibration import calibration_of
from model.networks import get_source, sources_for
from model.preprocess import Photo, crop_box, network_crop, ten_crops
from model.weights.sources import WeightsSource
from viz_app import address, cached, state
from viz_app.draw import figures, pictures
from viz_app.samples import SAMPLES
from viz_app.settings import settings
from viz_app.widgets.handout import journey_button
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading, picture

if TYPE_CHECKING:
    from model.predict import Classification

heading("Prediction", "The five classes that the network finds most probable for this photo.")


@part
def prediction() -> None:
    photo, network = state.photo(), state.network()
    seen, crop, answer = st.columns([4, 3, 6], gap="medium")
    with seen, st.container(key="seen"):
        st.subheader("Photo", anchor=False)
        st.image(
            pictures.shade_outside(photo.pixels, crop_box(photo, network.data)),
            f"{photo.name}, {photo.original_size[0]} × {photo.original_size[1]} pixels",
            width="stretch",
            alt=f"The chosen photo, {photo.name}; the part that the network does not see is pale",
        )
    with crop, st.container(key="crop"):
        _input(photo, network)
    with answer, st.container(key="answer"):
        _answer(photo, network)
        journey_button("prediction")
    background("prediction")


def _input(photo: Photo, network: cached.Network) -> None:
    """Show the crop that the network sees, or the ten crops whose predictions are averaged."""
    size = network.data.input_size
    st.subheader("Input", anchor=False)
    if state.chosen("ten_crop", False):
        crops = ten_crops(photo, network.data)
        picture(
            pictures.mosaic(crops, columns=5).image,
            "The ten crops that the network sees: four corners, the centre, and their mirror images",
            f"Ten crops of {size} × {size} pixels: four corners, the centre, and their mirror images.",
        )
        return
    picture(
        pictures.visible(network_crop(photo, network.data)),
        "The crop of the photo that the network sees",
        f"The network sees exactly these {size} × {size} pixels in red, green and blue.",
    )


def _answer(photo: Photo, network: cached.Network) -> None:
    st.subheader("Top five classes", anchor=False)
    with st.container(horizontal=True):  # on a narrow screen it wraps, while columns would cut the labels
        logits = st.toggle("Show logits", width="content", **address.kept("logits"))
        ten_crop = st.toggle("Average ten crops", width="content", **address.kept("ten_crop"))
    result = cached.classification(photo, network, ten_crop)
    if logits:
        mean = float(result.logits.mean())
        figure = figures.logits(result.highest_logits(5), mean)
        chart(figure, key="top5", alt="The five classes with the highest logits as bars")
        st.caption(f"All bars start at {mean:.2f}, the mean logit of all {len(result.labels)} classes.")
    else:
        figure = figures.probabilities(result.top(5))
        chart(figure, key="top5", alt="The five most probable classes as bars")
    rest, others = 1 - sum(p.probability for p in result.top(5)), len(result.labels) - 5
    averaged = "Averaged over four corners, the centre and their mirror images."
    if network.data.resize_to == network.data.input_size:
        averaged = "This network sees the whole square: averaged over the square and its mirror image."
    shared = f"The other {others} classes share {rest:.1%}. " if others > 0 else ""
    st.caption(shared + (averaged if ten_crop else ""))
    if (sample := SAMPLES.get(state.picture_name())) and sample.note:
        st.markdown(f"**{sample.note}**")
    source = get_source(network.weights)
    if source.name != "random":  # the heading warns of random weights
        unsure = _trust(source, None if ten_crop else result.top(1)[0].probability)
        if unsure:
            _why_unsure(photo, network, result)
        _offer_better(source, network.architecture)


def _why_unsure(photo: Photo, network: cached.Network, result: Classification) -> None:
    """Show what may make the prediction wrong: similar classes, the crop, or an object without a class."""
    with st.expander("Why might this be wrong?", icon=":material/help:"):
        first, *others = result.top(5)
        close = [f"{one.label} ({one.probability:.0%})" for one in others if one.probability > 0.01]
        if close:
            st.markdown(
                f"**Other classes are close:** {', '.join(close)}, compared with {first.label} "
                f"({first.probability:.0%})."
            )
        left, top, right, bottom = crop_box(photo, network.data)
        width, height = photo.image.size
        outside = 1 - (right - left) * (bottom - top) / (width * height)
        average = cached.classification(photo, network, ten_crop=True).top(1)[0]
        agrees = "the same class" if average.class_index == first.class_index else average.label
        st.markdown(
            f"**The crop leaves out {outside:.0%} of the photo.** The average of ten crops gives {agrees} "
            f"({average.probability:.0%})."
        )
        st.markdown(
            f"**The network must choose one of {len(result.labels):,} classes.** For an object without a "
            "class, such as a person, it chooses the class that looks most similar."
        )
        st.page_link(
            Path(__file__).with_name("explain.py"),
            label="See which parts of the photo led to this prediction",
            icon=":material/center_focus_strong:",
        )


def _trust(source: WeightsSource, probability: float | None) -> bool:
    """Show how often these weights are right, and return whether this first guess is unsure.

    Args:
        probability: of the first guess; None if such predictions were not measured.
    """
    measured = calibration_of(source.checksum)
    if not measured:
        if source.top1 is None:  # such as classes from a file
            st.markdown("**How often it is right** was not measured for these weights.")
            return False
        _often_right(source.top1, source.top5, f"Measured on {source.accuracy}.")
        return False
    unsure = probability is not None and probability < measured.unsure_below
    if unsure:
        st.markdown(
            f"**The network is unsure:** on test photographs, first guesses with a probability below "
            f"{measured.unsure_below:.0%} were wrong more often than right."
        )
    found = measured.bin_of(probability) if probability is not None else None
    of_these = ""
    if found and found.right is not None:
        between = f"between {found.low:.0%} and {found.high:.0%}"
        of_these = f" First guesses {between}, like this one: {found.right * 100:.0f}."
    _often_right(
        measured.top1 * 100,
        measured.top5 * 100,
        f"Measured on {measured.photographs:,} photographs of everyday things that these weights have not "
        "learned from. Right means: the first guess of a better network, EfficientNet-Lite0, where it is "
        "sure.",
        of_these,
    )
    return unsure


def _often_right(first: float, five: float | None, how: str, of_these: str = "") -> None:
    within = "" if five is None else f", {five:.0f} within five"
    st.markdown(
        f"**How often it is right:** {first:.0f} of 100 photographs at the first guess{within}.{of_these}",
        help=how,
    )


def _offer_better(source: WeightsSource, architecture: str) -> None:
    """Show a button for published weights. If they are not on this machine, the sidebar downloads them."""
    better = next((other for other in sources_for(architecture) if other.is_download), None)
    if better and better is not source and (settings().downloads or state.is_here(better.name)):
        st.button(
            f"Use better weights: {better.title}",
            help=f"Right at the first guess {better.top1:.0f} times in 100 ({better.accuracy}). They are "
            f"downloaded once, {better.files[0].size / 1e6:.0f} MB, if they are not on this machine.",
            on_click=state.use_weights,
            args=(better.name,),
        )


prediction()
