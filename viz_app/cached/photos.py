"""What a network computes for a photo: class probabilities, feature maps, single activations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.networks import every_name, sources_for
from model.preprocess import Photo, read_photo_file
from viz_app.cached import with_photo
from viz_app.cached.networks import BY_CONTENT, Network, devices, run
from viz_app.samples import SAMPLES

if TYPE_CHECKING:
    from model.activations import Activations
    from model.alexnet import AlexNet
    from model.arithmetic import Cell
    from model.health import ReLUHealth
    from model.predict import Classification
    from model.units import Patch


@st.cache_resource
def sample(name: str) -> Photo:
    """Return the sample photo of that name."""
    return read_photo_file(SAMPLES[name].path)


def warm_up() -> None:
    """Load the default network and classify the first sample photo, before the first visitor comes."""
    from model.weights.sources import DEFAULT_ARCHITECTURE

    classification(sample(next(iter(SAMPLES))), Network(DEFAULT_ARCHITECTURE, "embedded", "auto"))


@st.cache_resource(max_entries=256, show_spinner="Classifying…", hash_funcs=BY_CONTENT)
def classification(photo: Photo, network: Network, ten_crop: bool = False) -> Classification:
    """Return the class probabilities for a photo, from one crop or averaged over the paper's ten."""
    from model.predict import classify, classify_ten_crop

    compute = classify_ten_crop if ten_crop else classify
    return run(network, lambda alexnet: compute(alexnet, photo))


def feature_maps(photo: Photo, network: Network) -> dict[str, np.ndarray]:
    """Return every layer's output for a photo, by layer name: float32 [C, H, W] or [units], read-only."""
    return _activations(photo, network)[1]


def forget(photo: Photo) -> None:
    """Drop what shows a photo's pixels: the input made of it, its feature maps, pictures that contain it."""
    with_photo.forget(photo)
    for architecture in every_name():
        for source in sources_for(architecture):
            for device in devices():
                _activations.clear(photo, Network(architecture, source.name, device))


def cell(photo: Photo, network: Network, layer: str, channel: int, row: int, column: int) -> Cell:
    """Return the arithmetic of one activation: its inputs, weights and intermediate results."""
    from model.arithmetic import take_apart

    activations, _ = _activations(photo, network)
    return run(network, lambda alexnet: take_apart(alexnet, activations, layer, channel, row, column))


@st.cache_resource(
    max_entries=32, ttl="30m", show_spinner="Running the photo through every layer…", hash_funcs=BY_CONTENT
)
def _activations(photo: Photo, network: Network) -> tuple[Activations, dict[str, np.ndarray]]:
    """Return every layer's output twice, as tensors on the CPU and as arrays that share their memory."""
    from model.activations import Activations, capture

    captured = run(network, lambda alexnet: capture(alexnet, alexnet.prepare(photo)))
    activations = Activations(captured.input.cpu(), {name: values.cpu() for name, values in captured.items()})
    arrays = activations.numpy()
    for values in arrays.values():
        values.flags.writeable = False
    return activations, arrays


@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def effective_field(
    photo: Photo, network: Network, layer: str, channel: int, row: int, column: int
) -> np.ndarray:
    """Return how strongly one activation depends on each pixel of the crop: float32 [H, W]."""
    from model.units import effective_receptive_field

    return run(
        network,
        lambda alexnet: effective_receptive_field(
            alexnet, alexnet.prepare(photo), layer, channel, row, column
        ),
    )


def strongest_patches(
    photos: Sequence[Photo], network: Network, layer: str, channel: int, count: int = 9
) -> list[Patch]:
    """Return the patches of some photos at which a channel's activation is largest."""
    from model.units import strongest_patches as find

    outputs = [feature_maps(photo, network)[layer] for photo in photos]
    return find(outputs, network.data, layer, channel, count)


@st.cache_resource(
    max_entries=64, ttl="30m", show_spinner="Running the photos through the network…", hash_funcs=BY_CONTENT
)
def activity(photos: Sequence[Photo], network: Network) -> tuple[ReLUHealth, ...]:
    """Return how often the units of every ReLU were active on some photos."""
    from model.health import activity as compute
    from model.health import batches

    return run(network, lambda alexnet: compute(alexnet, batches(alexnet, photos))[1])


@dataclass(frozen=True)
class Answer:
    """A network's response to a stimulus.

    Attributes:
        conv1: conv1's output, float32 [C, H, W], read-only.
        classification: the class probabilities.
    """

    conv1: np.ndarray
    classification: Classification


# Stimuli have a cache of their own: a slider makes so many that they would push the photos' results out.
@st.cache_resource(max_entries=32, ttl="10m", show_spinner=False, hash_funcs=BY_CONTENT)
def answer(stimulus: Photo, network: Network) -> Answer:
    """Return a network's response to a stimulus."""
    from model.predict import classify

    def compute(alexnet: AlexNet) -> Answer:
        conv1 = alexnet.get_submodule("conv1")(alexnet.prepare(stimulus))[0].cpu().numpy()
        conv1.flags.writeable = False
        return Answer(conv1, classify(alexnet, stimulus))

    return run(network, compute)
