"""Networks, facts about them that need no photo, and functions that run work on them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from model.architectures import Architecture
from model.layers import LayerInfo, describe
from model.networks import get_architecture
from viz_app.jobs import DOWNLOADING, Job, Result

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.health import WeightsHealth
    from model.tuning import Tuning
    from model.weights.sources import WeightsSource

# Streamlit hashes only a sample of a large array: photos that differ in one pixel would get the same key.
BY_CONTENT: dict[str | type, Callable[[Any], object]] = {
    "model.preprocess.Photo": lambda photo: photo.sha256,
    "model.attribution.base.Attribution": lambda attribution: attribution.question,
}


@dataclass(frozen=True)
class Network:
    """The names of an architecture, its weights and a device, which together choose a network."""

    architecture: str
    weights: str
    device: str

    @property
    def data(self) -> Architecture:
        return get_architecture(self.architecture)


@st.cache_resource(max_entries=3, show_spinner="Loading the network and its weights…")
def model(architecture: str, weights: str, device: str) -> AlexNet:
    """Return the network that all sessions share. Use `run`, which falls back to the CPU."""
    from model.weights.load import load

    return load(architecture, weights, device)


def run(
    network: Network, compute: Callable[[AlexNet], Result], notify: Callable[[str], object] = st.warning
) -> Result:
    """Call `compute` with the network and return its result.

    If the GPU's memory runs out, compute on the CPU and notify the user.
    """
    from model.device import choose_device, with_cpu_fallback

    def on(device: str) -> Result:
        return compute(model(network.architecture, network.weights, device))

    return with_cpu_fallback(on, choose_device(network.device), notify)


def job_on(key: tuple, network: Network, work: Callable[[AlexNet, Job[Result]], Result]) -> Job[Result]:
    """Return a job that calls `work` with the network; it begins when a session joins it.

    Args:
        key: what the work depends on besides the network. Sessions with the same key share the job.
    """
    return _kept(key, network, _work=work)


@st.cache_resource(max_entries=128, ttl="30m", show_spinner=False)
def _kept(key: tuple, network: Network, _work: Callable[[AlexNet, Job[Result]], Result]) -> Job[Result]:
    return Job(lambda job: run(network, lambda alexnet: _work(alexnet, job), job.notes.append))


@st.cache_resource(show_spinner=False)
def download(source: WeightsSource) -> Job[bool]:
    """Return a job that downloads weights to this machine, shared by all sessions."""
    from model.weights.files import download as fetch

    def work(job: Job[bool]) -> bool:
        fetch(source, job.progress)
        return True

    # Browsers let a page in the background sleep. A download takes minutes and must go on meanwhile.
    return Job(work, DOWNLOADING, patience=math.inf)


@st.cache_resource
def devices() -> list[str]:
    from model.device import available_devices

    return ["auto", *available_devices()]


@st.cache_resource
def device_title(device: str) -> str:
    from model import device as devices_

    return devices_.device_title(devices_.choose_device(device))


@st.cache_data
def layers(architecture: str, input_size: int | None = None) -> list[LayerInfo]:
    return describe(get_architecture(architecture), input_size)


@st.cache_resource(max_entries=4, show_spinner=False)
def kernels(network: Network, layer: str) -> np.ndarray:
    """Return a convolution's weights: float32 [out, in per group, height, width]."""
    return run(network, lambda alexnet: alexnet.get_parameter(f"{layer}.weight")).cpu().numpy()


@st.cache_resource(max_entries=4, show_spinner="Computing the tuning of all filters…")
def tuning(network: Network) -> Tuning:
    """Return the orientation, frequency and colour that each filter of conv1 responds to most."""
    from model.tuning import tuning as compute

    return run(network, compute)


@st.cache_resource(max_entries=4, show_spinner="Examining all weights…")
def weights_health(network: Network) -> tuple[WeightsHealth, ...]:
    """Return the histogram of every layer's weights, and the near-duplicate filters of convolutions."""
    from model.health import weights_health as compute

    return run(network, compute)
