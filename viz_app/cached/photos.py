"""What a network makes of a picture: classes, feature maps, single numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.preprocess import Photo, read_photo_file
from viz_app.cached.networks import BY_CONTENT, Network, run
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
    """A photograph that ships with the app."""
    return read_photo_file(SAMPLES[name].path)


def warm_up() -> None:
    """Load what the first visitor will see, before they come."""
    from model.weights.sources import DEFAULT_ARCHITECTURE

    classification(sample(next(iter(SAMPLES))), Network(DEFAULT_ARCHITECTURE, "embedded", "auto"))


@st.cache_resource(max_entries=256, show_spinner="Classifying…", hash_funcs=BY_CONTENT)
def classification(photo: Photo, network: Network, ten_crop: bool = False) -> Classification:
    """The classes' probabilities, from one crop or averaged over the paper's ten."""
    from model.predict import classify, classify_ten_crop

    compute = classify_ten_crop if ten_crop else classify
    return run(network, lambda model: compute(model, photo))


def feature_maps(photo: Photo, network: Network) -> dict[str, np.ndarray]:
    """Every layer's output, by name: float32 [C, H, W] or [units], read-only."""
    return _activations(photo, network)[1]


def cell(photo: Photo, network: Network, layer: str, channel: int, row: int, column: int) -> Cell:
    """One number of a layer, taken apart."""
    from model.arithmetic import take_apart

    activations, _ = _activations(photo, network)
    return run(network, lambda model: take_apart(model, activations, layer, channel, row, column))


@st.cache_resource(
    max_entries=32, ttl="30m", show_spinner="Running the photo through every layer…", hash_funcs=BY_CONTENT
)
def _activations(photo: Photo, network: Network) -> tuple[Activations, dict[str, np.ndarray]]:
    """On the CPU, and the same memory as arrays."""
    from model.activations import Activations, capture

    found = run(network, lambda model: capture(model, model.prepare(photo)))
    found = Activations(found.input.cpu(), {name: values.cpu() for name, values in found.items()})
    arrays = found.numpy()
    for values in arrays.values():
        values.flags.writeable = False
    return found, arrays


@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def effective_field(
    photo: Photo, network: Network, layer: str, channel: int, row: int, column: int
) -> np.ndarray:
    """How strongly each pixel of the network's input moves one activation: float32 [H, W]."""
    from model.units import effective_receptive_field

    return run(
        network,
        lambda model: effective_receptive_field(model, model.prepare(photo), layer, channel, row, column),
    )


def strongest_patches(
    photos: Sequence[Photo], network: Network, layer: str, channel: int, count: int = 9
) -> list[Patch]:
    """Where a channel fires most over some photos."""
    from model.units import strongest_patches as find

    maps = [feature_maps(photo, network)[layer] for photo in photos]
    return find(maps, network.data, layer, channel, count)


@st.cache_resource(
    max_entries=64, ttl="30m", show_spinner="Running the pictures through the network…", hash_funcs=BY_CONTENT
)
def activity(photos: Sequence[Photo], network: Network) -> tuple[ReLUHealth, ...]:
    """What the units of every ReLU did on some photos."""
    from model.health import activity as compute
    from model.health import batches

    return run(network, lambda model: compute(model, batches(model, photos))[1])


@dataclass(frozen=True)
class Answer:
    """A stimulus in a network: conv1's output, float32 [C, H, W] and read-only, and the classes."""

    conv1: np.ndarray
    classification: Classification


# Apart from the photos' feature maps: a slider makes many stimuli, which would crowd those out.
@st.cache_resource(max_entries=32, ttl="10m", show_spinner=False, hash_funcs=BY_CONTENT)
def answer(stimulus: Photo, network: Network) -> Answer:
    """What conv1 and the whole network make of a stimulus."""
    from model.predict import classify

    def compute(model: AlexNet) -> Answer:
        conv1 = model.get_submodule("conv1")(model.prepare(stimulus))[0].cpu().numpy()
        conv1.flags.writeable = False
        return Answer(conv1, classify(model, stimulus))

    return run(network, compute)
