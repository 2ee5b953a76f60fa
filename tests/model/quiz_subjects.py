"""Make subjects of the quiz: of a network and a photo, or invented."""

from __future__ import annotations

from functools import cache

import numpy as np

from model.activations import capture
from model.alexnet import AlexNet
from model.architectures import Architecture
from model.attribution import explain
from model.predict import classify, labels
from model.preprocess import Photo, network_crop
from model.quiz import Subject


def subject_of(network: AlexNet, photo: Photo) -> Subject:
    """Return what the app makes questions about."""
    first, x = network.architecture.convolutions[0].name, network.prepare(photo)
    return Subject(
        architecture=network.architecture,
        labels=labels(network.architecture),
        probabilities=classify(network, photo).probabilities,
        filters=network.get_parameter(f"{first}.weight").detach().numpy(),
        maps=capture(network, x, first)[first].numpy(),
        crop=network_crop(photo, network.architecture),
        heat_map=cache(lambda target: explain(network, x, "grad-cam", target).heatmap),
    )


def invented(architecture: Architecture, seed: int = 0) -> Subject:
    """Return a subject with invented numbers in place of a photo's, which is made quickly."""
    rng, conv, side = np.random.default_rng(seed), architecture.convolutions[0], architecture.input_size
    return Subject(
        architecture=architecture,
        labels=labels(architecture),
        probabilities=rng.dirichlet(np.ones(architecture.class_count)),
        filters=rng.normal(size=(conv.channels, 3, conv.kernel_size, conv.kernel_size)),
        maps=rng.normal(size=(conv.channels, 9, 9)),
        crop=np.zeros((side, side, 3), np.uint8),
        heat_map=lambda target: np.random.default_rng(target).random((side, side)),
    )
