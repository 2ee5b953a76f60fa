"""Attribution maps, and how they are drawn and kept."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.architectures import get_architecture
from model.preprocess import Photo
from viz_app.cached.networks import Choices, Network, job_on, run
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


def is_slow(network: Network, method: str, settings: Choices) -> bool:
    """Whether a method takes so long with these settings that its progress is worth showing."""
    from model.attribution import get_method

    return get_method(method).pictures(_completed(method, settings), network.data.input_size) > SLOW


def _completed(method: str, settings: Choices) -> dict[str, float]:
    """Every setting, so that what is left out and what is chosen to be the same are one."""
    from model.attribution import get_method
    from model.attribution.base import completed

    found = get_method(method)
    return completed(found.title, found.parameters, dict(settings))


def attribution(
    photo: Photo, network: Network, method: str, target: int, layer: str | None, settings: Choices = ()
) -> Attribution:
    """The map of a method that is not slow."""
    values = tuple(_completed(method, settings).items())
    return _attribution(photo.sha256, network, method, target, layer, values, _photo=photo)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner="Explaining…")
def _attribution(
    sha256: str,
    network: Network,
    method: str,
    target: int,
    layer: str | None,
    settings: Choices,
    _photo: Photo,
) -> Attribution:
    from model.attribution import explain

    def compute(model: AlexNet) -> Attribution:
        return explain(model, model.prepare(_photo), method, target, layer, dict(settings))

    return run(network, compute)


def slow_attribution(
    photo: Photo, network: Network, method: str, target: int, layer: str | None, settings: Choices = ()
) -> Job[Attribution]:
    values = _completed(method, settings)

    def work(model: AlexNet, job: Job[Attribution]) -> Attribution:
        from model.attribution import explain

        return explain(model, model.prepare(photo), method, target, layer, values, job.progress)

    return job_on(("attribution", photo.sha256, method, target, layer, *values.items()), network, work)


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
