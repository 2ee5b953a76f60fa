"""The one door from the pages to model/, and the only place where results are cached.

Results are shared between all browser sessions and never written to. They are keyed on the photo's
SHA-256 and the choice of network: Streamlit would hash a large array by sampling it. PyTorch is
imported late, so that a page's title is on screen before it has loaded.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import streamlit as st

from model.architectures import Architecture, get_architecture
from model.layers import LayerInfo, describe
from model.preprocess import Photo, read_photo_file

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.attribution import Attribution, Method
    from model.predict import Classification

TEXT = Path(__file__).parent / "text"

SAMPLES = {
    "cat": "chelsea.png",
    "astronaut": "astronaut.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
}

Result = TypeVar("Result")


@dataclass(frozen=True)
class Network:
    """Which network a page shows: names of an architecture, its weights and a device."""

    architecture: str
    weights: str
    device: str

    @property
    def data(self) -> Architecture:
        return get_architecture(self.architecture)


@st.cache_resource(max_entries=3, show_spinner="Loading the network and its weights…")
def _model(architecture: str, weights: str, device: str) -> AlexNet:
    from model.weights.load import load

    return load(architecture, weights, device)


def _run(network: Network, compute: Callable[[AlexNet], Result]) -> Result:
    """Compute on the network's device, or on the CPU with a notice if the GPU's memory runs out."""
    from model.device import choose_device, with_cpu_fallback

    def on(device: str) -> Result:
        return compute(_model(network.architecture, network.weights, device))

    return with_cpu_fallback(on, choose_device(network.device), lambda message: st.warning(message))


def warm_up() -> None:
    """Load what the first visitor will see, before they come."""
    from model.weights.sources import DEFAULT_ARCHITECTURE

    classification(sample(next(iter(SAMPLES))), Network(DEFAULT_ARCHITECTURE, "embedded", "auto"))


@st.cache_resource
def devices() -> list[str]:
    from model.device import available_devices

    return ["auto", *available_devices()]


@st.cache_resource
def device_title(device: str) -> str:
    from model import device as devices_

    return devices_.device_title(devices_.choose_device(device))


@st.cache_resource
def sample(name: str) -> Photo:
    """A photograph that scikit-image ships, found without importing it."""
    spec = importlib.util.find_spec("skimage")
    folder = Path(spec.submodule_search_locations[0])  # type: ignore[union-attr,index]
    return read_photo_file(folder / "data" / SAMPLES[name])


@st.cache_data
def layers(architecture: str, input_size: int | None = None) -> list[LayerInfo]:
    return describe(get_architecture(architecture), input_size)


@st.cache_data
def text(name: str) -> str:
    """An explanation from viz_app/text, which a teacher may edit."""
    return (TEXT / f"{name}.md").read_text("utf-8")


def classification(photo: Photo, network: Network, ten_crop: bool = False) -> Classification:
    return _classification(photo.sha256, network, ten_crop, _photo=photo)


@st.cache_resource(max_entries=256, show_spinner="Classifying…")
def _classification(sha256: str, network: Network, ten_crop: bool, _photo: Photo) -> Classification:
    from model.predict import classify, classify_ten_crop

    compute = classify_ten_crop if ten_crop else classify
    return _run(network, lambda model: compute(model, _photo))


def feature_maps(photo: Photo, network: Network) -> dict[str, np.ndarray]:
    """Every layer's output, by name: float32 [C, H, W] or [units], read-only."""
    return _feature_maps(photo.sha256, network, _photo=photo)


@st.cache_resource(max_entries=32, ttl="30m", show_spinner="Running the photo through every layer…")
def _feature_maps(sha256: str, network: Network, _photo: Photo) -> dict[str, np.ndarray]:
    from model.activations import capture

    maps = _run(network, lambda model: capture(model, model.prepare(_photo))).numpy()
    for values in maps.values():
        values.flags.writeable = False
    return maps


@st.cache_resource(max_entries=4, show_spinner=False)
def kernels(network: Network, layer: str) -> np.ndarray:
    """A convolution's weights: float32 [out, in per group, height, width]."""
    return _run(network, lambda model: model.get_parameter(f"{layer}.weight")).cpu().numpy()


def methods() -> dict[str, Method]:
    from model.attribution import METHODS

    return METHODS


@st.cache_data
def map_layers(architecture: str) -> tuple[list[str], str]:
    """The layers that a class activation map can be made of, and the usual one."""
    from model.attribution import default_layer, spatial_layers

    data = get_architecture(architecture)
    return spatial_layers(data), default_layer(data)


def attribution(photo: Photo, network: Network, method: str, target: int, layer: str | None) -> Attribution:
    return _attribution(photo.sha256, network, method, target, layer, _photo=photo)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner="Explaining…")
def _attribution(
    sha256: str, network: Network, method: str, target: int, layer: str | None, _photo: Photo
) -> Attribution:
    from model.attribution import explain

    return _run(network, lambda model: explain(model, model.prepare(_photo), method, target, layer))
