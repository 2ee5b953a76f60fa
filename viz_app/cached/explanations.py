"""Attributions, and how they are drawn and kept."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.architectures import get_architecture
from model.preprocess import Photo
from model.question import Question
from viz_app.cached.networks import BY_CONTENT, Network, job_on, run
from viz_app.jobs import Job

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.attribution import Attribution, Method

SLOW = 60  # pictures through the network from which on a page shows progress


def methods() -> dict[str, Method]:
    from model.attribution import METHODS

    return METHODS


@st.cache_data
def map_layers(architecture: str) -> tuple[list[str], str]:
    """The layers that a class activation map can be made of, and the usual one."""
    from model.attribution import default_layer, spatial_layers

    data = get_architecture(architecture)
    return spatial_layers(data), default_layer(data)


def complete(network: Network, question: Question) -> Question:
    """A question with everything filled in, so that what is left out and what is chosen to be so are one."""
    from model.attribution import complete as fill_in

    return fill_in(network.data, question)


def is_slow(network: Network, question: Question) -> bool:
    """Whether a complete question takes so long that its progress is worth showing."""
    return methods()[question.method].pictures(question, network.data.input_size) > SLOW


@st.cache_resource(max_entries=256, ttl="30m", show_spinner="Explaining…", hash_funcs=BY_CONTENT)
def attribution(photo: Photo, network: Network, question: Question) -> Attribution:
    """What answers a complete question that is not slow."""
    from model.attribution import answer

    return run(network, lambda model: answer(model, model.prepare(photo), question))


def slow_attribution(photo: Photo, network: Network, question: Question) -> Job[Attribution]:
    """What answers a complete question that is slow."""

    def work(model: AlexNet, job: Job[Attribution]) -> Attribution:
        from model.attribution import answer

        return answer(model, model.prepare(photo), question, job.progress)

    return job_on(("attribution", photo.sha256, question), network, work)


def map_over(
    photo: Photo,
    network: Network,
    found: Attribution,
    *,
    opacity: float = 0.55,
    side: int | None = None,
    peak: float | None = None,
) -> np.ndarray:
    """A map laid over the photo: uint8 [side, side, 3]; None for the very pixels that the network sees."""
    from model.attribution.picture import over_photo

    return over_photo(photo, network.data, found, side=side, opacity=opacity, peak=peak)


def map_alone(found: Attribution, side: int, peak: float) -> np.ndarray:
    """A map's own values as squares, at least `side` pixels in all: uint8 [h, w, 3]."""
    from model.attribution.picture import alone

    return alone(found, side=side, peak=peak)


def archive(
    maps: Sequence[tuple[Photo, Attribution, str]], network: Network, side: int, opacity: float
) -> bytes:
    """Maps with their photos and the names of their classes, and what makes them again, as a ZIP."""
    from model.attribution.archive import Explained, write

    buffer = io.BytesIO()
    explained = [Explained(*each) for each in maps]
    write(buffer, network.architecture, network.weights, explained, side, opacity)
    return buffer.getvalue()


def agreement(one: Attribution, other: Attribution) -> float:
    """How alike two maps are, whatever their scales: the rank correlation of their magnitudes."""
    from model.attribution.checks import rank_correlation

    return rank_correlation(one.values, other.values)
