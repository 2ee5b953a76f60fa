"""A button that saves a handout of the photo's journey through the network."""

from __future__ import annotations

import streamlit as st

from model.calibration import calibration_of
from model.networks import get_source
from model.preprocess import Photo
from model.question import Question
from viz_app import cached, state
from viz_app.cached import Network
from viz_app.handout import journey_html
from viz_app.handout.collect import collect
from viz_app.samples import SAMPLES, Sample

METHODS = ("grad-cam", "saliency")  # one uses a layer, one the pixels; both are quick


def journey_button(name: str) -> None:
    """Show a button that saves the photo's journey through the network as a file to print.

    Args:
        name: name of the page, for the button's key.
    """
    # Read the choices now: the file is made later, on a click, where the session's state cannot be read.
    photo, network, sample = state.photo(), state.network(), SAMPLES.get(state.picture_name())
    st.download_button(
        "Handout of this photo",
        lambda: journey(photo, network, sample),
        "journey.html",
        "text/html",
        key=f"journey-{name}",
        icon=":material/print:",
        on_click="ignore",
        help="The photo, the feature maps of every layer, shapes and counts, the prediction, heat maps and "
        "questions. The file opens without internet and can be printed.",
    )


def journey(photo: Photo, network: Network, sample: Sample | None) -> str:
    """Return the HTML of the handout.

    Args:
        sample: the sample photo, for author and licence; None for a user's own photo.
    """
    infos = cached.layers(network.architecture)
    answers = cached.classification(photo, network)
    target = answers.top(1)[0].class_index
    questions = [cached.complete(network, Question(method, target)) for method in METHODS]
    source = get_source(network.weights)
    return journey_html(
        collect(
            photo,
            network.data,
            infos,
            cached.feature_maps(photo, network),
            cached.kernels(network, infos[0].name),
            answers,
            [cached.attribution(photo, network, question) for question in questions],
            weights=source.title,
            often_right=_often_right(source.checksum),
            sample=sample,
        )
    )


def _often_right(checksum: str) -> str:
    measured = calibration_of(checksum)
    if measured is None:
        return ""
    return (
        f"These weights are right at the first guess for {100 * measured.top1:.0f} of 100 photographs of "
        f"everyday things, and within five guesses for {100 * measured.top5:.0f}."
    )
