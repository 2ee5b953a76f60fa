"""Predictions of a network in which channels, units, towers or layers are switched off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.preprocess import Photo
from viz_app.cached.networks import BY_CONTENT, Network, job_on, run
from viz_app.jobs import Job

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.predict import Classification


@dataclass(frozen=True)
class Off:
    """The parts of a network that are switched off.

    Attributes:
        channels: pairs of a layer's name and the numbers of its channels or units.
        towers: numbers of towers, from 0.
        lrn: True if LRN only multiplies by a constant.
        max_pooling: True if max pooling takes the mean instead.
    """

    channels: tuple[tuple[str, tuple[int, ...]], ...] = ()
    towers: tuple[int, ...] = ()
    lrn: bool = False
    max_pooling: bool = False


@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def classification_without(photo: Photo, network: Network, off: Off) -> Classification:
    """Return the prediction for a photo by a network in which some parts are switched off."""
    from model.ablation import Ablation, ablated, tower
    from model.predict import classify

    channels = off.channels + tuple(part for number in off.towers for part in tower(network.data, number))
    ablation = Ablation(channels, off.lrn, off.max_pooling)
    return run(network, lambda alexnet: classify(ablated(alexnet, ablation), photo))


def importance(photo: Photo, network: Network, layer: str, target: int) -> Job[np.ndarray]:
    """Return a job: how far the target's probability falls without each channel of a layer, float32 [C]."""

    def work(alexnet: AlexNet, job: Job[np.ndarray]) -> np.ndarray:
        from model.ablation import rank_channels

        return rank_channels(alexnet, alexnet.prepare(photo), layer, target, job.progress).numpy()

    return job_on(("importance", photo.sha256, layer, target), network, work)
