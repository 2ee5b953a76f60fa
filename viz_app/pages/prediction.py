"""The photo, what the network sees of it, and what it takes it for."""

import streamlit as st

from model.calibration import calibration_of
from model.preprocess import crop_box, network_crop
from model.weights.sources import WeightsSource, get_source, sources_for
from viz_app import cached, state
from viz_app.draw import figures, pictures
from viz_app.samples import SAMPLES
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading, picture

heading("Prediction", "The five classes that the network finds most probable for this photo.")


@part
def prediction() -> None:
    photo, network = state.photo(), state.network()
    seen, crop, answer = st.columns([4, 3, 6], gap="medium")
    with seen:
        st.subheader("Photo", anchor=False)
        st.image(
            pictures.shade_outside(photo.pixels, crop_box(photo, network.data)),
            f"{photo.name}, {photo.original_size[0]} × {photo.original_size[1]} pixels",
            width="stretch",
            alt=f"The chosen picture, {photo.name}; what the network does not see is pale",
        )
    with crop:
        size = network.data.input_size
        st.subheader("Input", anchor=False)
        picture(
            pictures.visible(network_crop(photo, network.data)),
            "The square crop of the picture that the network sees",
            f"the network sees exactly these {size} × {size} pixels in red, green and blue",
        )
    with answer:
        _answer(photo, network)
    background("prediction")


def _answer(photo, network: cached.Network) -> None:
    st.subheader("Top five classes", anchor=False)
    with st.container(horizontal=True):  # which wraps where columns would cut the labels
        logits = st.toggle("Show logits", key="logits", persist_state="session", width="content")
        ten_crop = st.toggle("Average ten crops", key="ten_crop", persist_state="session", width="content")
    result = cached.classification(photo, network, ten_crop)
    chart(
        figures.top_classes(result.top(5), "logit" if logits else "probability"),
        key="top5",
        alt="The five most probable classes as bars",
    )
    rest = 1 - sum(p.probability for p in result.top(5))
    averaged = "Averaged over four corners, the centre and their mirror images."
    if network.data.resize_to == network.data.input_size:
        averaged = "This network sees the whole square: averaged over it and its mirror image."
    st.caption(f"The other {len(result.labels) - 5} classes share {rest:.1%}. {averaged if ten_crop else ''}")
    if (sample := SAMPLES.get(state.picture_name())) and sample.note:
        st.markdown(f"**{sample.note}**")
    source = get_source(network.weights)
    if source.name != "random":  # the heading says what random weights are worth
        _trust(source, None if ten_crop else result.top(1)[0].probability)
        _offer_better(source, network.architecture)


def _trust(source: WeightsSource, probability: float | None) -> None:
    """How often these weights are right, and what a first guess of this probability is worth.

    Args:
        probability: of the first guess; None where answers like this one were not measured.
    """
    measured = calibration_of(source.files[0].checksum)
    if not measured:
        assert source.top1 and source.top5, "weights that have learned come with figures"
        _often_right(source.top1, source.top5, f"Measured on {source.accuracy}.")
        return
    if probability is not None and probability < measured.unsure_below:
        st.markdown(
            f"**The network is unsure:** first guesses below {measured.unsure_below:.0%} are wrong more "
            "often than right."
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
        "learned from. Right means: what a better network, EfficientNet-Lite0, saw where it was sure.",
        of_these,
    )


def _often_right(first: float, five: float, how: str, of_these: str = "") -> None:
    st.markdown(
        f"**How often it is right:** {first:.0f} of 100 photographs at the first guess, {five:.0f} within "
        f"five.{of_these}",
        help=how,
    )


def _offer_better(source: WeightsSource, architecture: str) -> None:
    """A button for published weights, which the sidebar downloads if they are not here."""
    better = next((other for other in sources_for(architecture) if other.is_download), None)
    if better and better is not source:
        st.button(
            f"Use better weights: {better.title}",
            help=f"Right at the first guess {better.top1:.0f} times in 100 ({better.accuracy}). They are "
            f"downloaded once, {better.files[0].size / 1e6:.0f} MB, if they are not on this machine.",
            on_click=state.use_weights,
            args=(better.name,),
        )


prediction()
