"""What a network makes of a picture: classes, feature maps, single numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.preprocess import Photo, read_photo_file
from viz_app.cached.networks import Network, run
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


def classification(photo: Photo, network: Network, ten_crop: bool = False) -> Classification:
    return _classification(photo.sha256, network, ten_crop, _photo=photo)


@st.cache_resource(max_entries=256, show_spinner="Classifying…")
def _classification(sha256: str, network: Network, ten_crop: bool, _photo: Photo) -> Classification:
    from model.predict import classify, classify_ten_crop

    compute = classify_ten_crop if ten_crop else classify
    return run(network, lambda model: compute(model, _photo))


def feature_maps(photo: Photo, network: Network) -> dict[str, np.ndarray]:
    """Every layer's output, by name: float32 [C, H, W] or [units], read-only."""
    return _activations(photo.sha256, network, _photo=photo)[1]


def cell(photo: Photo, network: Network, layer: str, channel: int, row: int, column: int) -> Cell:
    """One number of a layer, taken apart."""
    from model.arithmetic import take_apart

    activations, _ = _activations(photo.sha256, network, _photo=photo)
    return run(network, lambda model: take_apart(model, activations, layer, channel, row, column))


@st.cache_resource(max_entries=32, ttl="30m", show_spinner="Running the photo through every layer…")
def _activations(sha256: str, network: Network, _photo: Photo) -> tuple[Activations, dict[str, np.ndarray]]:
    """On the CPU, and the same memory as arrays."""
    from model.activations import Activations, capture

    found = run(network, lambda model: capture(model, model.prepare(_photo)))
    found = Activations(found.input.cpu(), {name: values.cpu() for name, values in found.items()})
    arrays = found.numpy()
    for values in arrays.values():
        values.flags.writeable = False
    return found, arrays


def effective_field(
    photo: Photo, network: Network, layer: str, channel: int, row: int, column: int
) -> np.ndarray:
    """How strongly each pixel of the network's input moves one number: float32 [H, W]."""
    return _effective_field(photo.sha256, network, layer, channel, row, column, _photo=photo)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False)
def _effective_field(
    sha256: str, network: Network, layer: str, channel: int, row: int, column: int, _photo: Photo
) -> np.ndarray:
    from model.units import effective_receptive_field

    return run(
        network,
        lambda model: effective_receptive_field(model, model.prepare(_photo), layer, channel, row, column),
    )


def strongest_patches(
    photos: Sequence[Photo], network: Network, layer: str, channel: int, count: int = 9
) -> list[Patch]:
    """Where a channel fires most over some photos."""
    from model.units import strongest_patches as find

    maps = [feature_maps(photo, network)[layer] for photo in photos]
    return find(maps, network.data, layer, channel, count)


def activity(photos: Sequence[Photo], network: Network) -> tuple[ReLUHealth, ...]:
    """What the units of every ReLU did on some photos."""
    return _activity(tuple(photo.sha256 for photo in photos), network, _photos=photos)


@st.cache_resource(max_entries=64, ttl="30m", show_spinner="Running the pictures through the network…")
def _activity(sha256s: tuple[str, ...], network: Network, _photos: Sequence[Photo]) -> tuple[ReLUHealth, ...]:
    from model.health import activity as compute
    from model.health import batches

    return run(network, lambda model: compute(model, batches(model, _photos))[1])


@dataclass(frozen=True)
class Answer:
    """A stimulus in a network: conv1's output, float32 [C, H, W] and read-only, and the classes."""

    conv1: np.ndarray
    classification: Classification


def answer(stimulus: Photo, network: Network) -> Answer:
    return _answer(stimulus.sha256, network, _stimulus=stimulus)


# Apart from the photos' feature maps: a slider makes many stimuli, which would crowd those out.
@st.cache_resource(max_entries=32, ttl="10m", show_spinner=False)
def _answer(sha256: str, network: Network, _stimulus: Photo) -> Answer:
    from model.predict import classify

    def compute(model: AlexNet) -> Answer:
        conv1 = model.get_submodule("conv1")(model.prepare(_stimulus))[0].cpu().numpy()
        conv1.flags.writeable = False
        return Answer(conv1, classify(model, _stimulus))

    return run(network, compute)
