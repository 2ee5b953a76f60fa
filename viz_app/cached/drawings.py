"""Cached pictures and texts for the diagram of the network with a photo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from model.preprocess import Photo, network_crop
from viz_app.cached.networks import BY_CONTENT, Network, job_on, kernels, layers
from viz_app.cached.photos import classification, feature_maps
from viz_app.cached.with_photo import kept_with
from viz_app.draw.network.facts import Facts, facts
from viz_app.draw.network.marks import NOTHING, Marks, marks
from viz_app.draw.network.pictures import Pictures, pictures
from viz_app.jobs import Job

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.decision import DecisionPath
    from model.predict import Prediction

MAPS = 5  # feature maps of each tower and layer
ANSWERS = 3


def network_pictures(photo: Photo, network: Network) -> Pictures:
    """Return the pictures for the diagram: strongest feature maps, filters, predicted classes."""

    def compute() -> Pictures:
        return _pictures(photo, network, classification(photo, network).top(ANSWERS), NOTHING)

    return kept_with(photo, ("network pictures", network), compute)


def path_pictures(photo: Photo, network: Network, target: int, path: DecisionPath) -> Pictures:
    """Return the pictures for the diagram with the path of a decision marked."""

    def compute() -> Pictures:
        answer = classification(photo, network).prediction(target)
        return _pictures(photo, network, [answer], marks(layers(network.architecture), path))

    # The path follows from the other arguments.
    return kept_with(photo, ("path pictures", network, target), compute)


def _pictures(photo: Photo, network: Network, answers: Sequence[Prediction], marked: Marks) -> Pictures:
    architecture = network.data
    return pictures(
        architecture,
        layers(network.architecture),
        crop=network_crop(photo, architecture),
        values=feature_maps(photo, network),
        filters=kernels(network, architecture.convolutions[0].name),
        answers=answers,
        count=MAPS,
        marks=marked,
    )


def decision_path(photo: Photo, network: Network, target: int) -> Job[DecisionPath]:
    """Return the job that finds the channels that contribute most to the target's score, and tests them."""

    def work(alexnet: AlexNet, job: Job[DecisionPath]) -> DecisionPath:
        from model.decision import decision_path as follow

        return follow(alexnet, alexnet.prepare(photo), target, job.progress)

    return job_on(("decision path", photo.sha256, target), network, work)


@st.cache_resource(max_entries=64, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def network_facts(photo: Photo, network: Network) -> dict[str, Facts]:
    """Return the facts about every layer, with notes on this photo."""
    return facts(network.data, layers(network.architecture), feature_maps(photo, network))
