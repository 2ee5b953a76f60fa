"""Questions of the quiz about a network and a photo."""

from __future__ import annotations

import numpy as np

from model.preprocess import Photo, network_crop
from model.question import Question
from model.quiz import Asked, Level, Subject, ask
from viz_app.cached.explanations import attribution, complete
from viz_app.cached.networks import Network, kernels
from viz_app.cached.photos import classification, feature_maps


def quiz_question(photo: Photo, network: Network, level: Level, seed: int, number: int) -> Asked:
    """Return a question of the quiz.

    It is not kept, because its pictures show the photo, which must not outlive its session. All that takes
    long is cached by the functions that it calls.
    """
    first = network.data.convolutions[0].name
    found = classification(photo, network)

    def heat_map(target: int) -> np.ndarray:
        return attribution(photo, network, complete(network, Question("grad-cam", target))).heatmap

    subject = Subject(
        architecture=network.data,
        labels=found.labels,
        probabilities=found.probabilities,
        filters=kernels(network, first),
        maps=feature_maps(photo, network)[first],
        crop=network_crop(photo, network.data),
        heat_map=heat_map,
    )
    return ask(subject, level, seed, number)
