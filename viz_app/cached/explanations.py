"""Attributions, their heat maps, and the ZIP that holds them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.networks import get_architecture
from model.preprocess import Photo
from model.question import Question
from viz_app.cached.networks import BY_CONTENT, Network, job_on, run
from viz_app.jobs import Job

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.attribution import Attribution, Method

SLOW = 60  # a method with more forward or backward passes than this runs as a job, with a progress bar


def methods() -> dict[str, Method]:
    from model.attribution import METHODS

    return METHODS


@st.cache_data
def map_layers(architecture: str) -> tuple[list[str], str]:
    """Return the layers that a class activation map can be computed at, and the default among them."""
    from model.attribution import default_layer, spatial_layers

    data = get_architecture(architecture)
    return spatial_layers(data), default_layer(data)


def complete(network: Network, question: Question) -> Question:
    """Return the question with defaults filled in, so that a question with and without them is the same."""
    from model.attribution import complete as fill_in

    return fill_in(network.data, question)


def is_slow(network: Network, question: Question) -> bool:
    """Return whether a complete question takes so long that its progress should be shown."""
    return methods()[question.method].pictures(question, network.data.input_size) > SLOW


@st.cache_resource(max_entries=256, ttl="30m", show_spinner="Explaining…", hash_funcs=BY_CONTENT)
def attribution(photo: Photo, network: Network, question: Question) -> Attribution:
    """Return the attribution that answers a complete question. Use `slow_attribution` if it is slow."""
    from model.attribution import answer

    return run(network, lambda alexnet: answer(alexnet, alexnet.prepare(photo), question))


def slow_attribution(photo: Photo, network: Network, question: Question) -> Job[Attribution]:
    """Return a job: the attribution that answers a complete question."""

    def work(alexnet: AlexNet, job: Job[Attribution]) -> Attribution:
        from model.attribution import answer

        return answer(alexnet, alexnet.prepare(photo), question, job.progress)

    return job_on(("attribution", photo.sha256, question), network, work)


def map_over(
    photo: Photo,
    network: Network,
    attribution: Attribution,
    *,
    opacity: float = 0.55,
    side: int | None = None,
    peak: float | None = None,
) -> np.ndarray:
    """Return a heat map over the photo: uint8 [side, side, 3].

    Args:
        side: in pixels; None for the size of the network's input.
        peak: the magnitude that gets the strongest colour; None for that of the attribution itself.
    """
    from model.attribution.picture import over_photo

    return over_photo(photo, network.data, attribution, side=side, opacity=opacity, peak=peak)


def map_alone(attribution: Attribution, side: int, peak: float) -> np.ndarray:
    """Return the attribution's values as coloured squares, without the photo: uint8 [h, w, 3].

    Args:
        side: the result has at least so many pixels on a side.
        peak: the magnitude that gets the strongest colour.
    """
    from model.attribution.picture import alone

    return alone(attribution, side=side, peak=peak)


def archive(
    maps: Sequence[tuple[Photo, Attribution, str]], network: Network, side: int, opacity: float
) -> bytes:
    """Return a ZIP with attributions, their photos, and everything needed to compute them again.

    Args:
        maps: for each attribution its photo, itself, and the name of its target.
        side, opacity: of the pictures in the ZIP.
    """
    from model.attribution.archive import Explained, write

    buffer = io.BytesIO()
    explained = [Explained(*each) for each in maps]
    write(buffer, network.architecture, network.weights, explained, side, opacity)
    return buffer.getvalue()


def agreement(one: Attribution, other: Attribution) -> float:
    """Return the rank correlation of two attributions' magnitudes: 1 if they order all places alike."""
    from model.attribution.checks import rank_correlation

    return rank_correlation(one.values, other.values)
