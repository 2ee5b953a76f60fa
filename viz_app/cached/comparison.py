"""Facts about other networks beside AlexNet, and the time that they take on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import streamlit as st

from viz_app.cached.networks import Network, job_on, layers
from viz_app.jobs import Job

if TYPE_CHECKING:
    import torch

    from model.alexnet import AlexNet
    from model.comparison import Compared

MEASURED = ("mobilenet_v2", "resnet18", "resnet50")  # not VGG-16, which would take half a gigabyte of memory
PASSES = 5


@st.cache_resource(show_spinner="Counting the layers of all networks…")
def compared() -> dict[str, Compared]:
    """Return LeNet-5, AlexNet and later networks by name, in the order of their years."""
    from model.comparison import compared as count

    return count()


@dataclass(frozen=True)
class Timing:
    """How long a network takes for one picture on this machine.

    Attributes:
        title: the network's name for people.
        macs: multiply-adds of one pass.
        passes: time of each pass, in milliseconds.
    """

    title: str
    macs: int
    passes: tuple[float, ...]

    @property
    def milliseconds(self) -> float:
        """Return the median of all passes."""
        return median(self.passes)

    @property
    def spread(self) -> float:
        """Return how many times as long as the fastest pass the slowest one took."""
        return max(self.passes) / min(self.passes)


def timings(network: Network, turn: int) -> Job[tuple[Timing, ...]]:
    """Return a job: the times of the chosen network and of three of torchvision's with random weights.

    The networks take turns, so that other work on this machine does not slow only one. The pictures are
    grey, because the time does not depend on what a picture shows.

    Args:
        turn: 1 for the first measurement, 2 for the second, which measures anew.
    """

    def work(alexnet: AlexNet, job: Job[tuple[Timing, ...]]) -> tuple[Timing, ...]:
        others = [compared()[name] for name in MEASURED]
        modules = [alexnet, *(_with_random_weights(one.name, alexnet.device) for one in others)]
        sizes = [network.data.input_size, *(one.input_size for one in others)]
        passes: list[list[float]] = [[] for _ in modules]
        for number in range((1 + PASSES) * len(modules)):
            place = number % len(modules)
            passes[place].append(_milliseconds(modules[place], sizes[place], alexnet.device))
            job.progress(number + 1, (1 + PASSES) * len(modules))
        macs = [sum(info.macs for info in layers(network.architecture)), *(one.macs for one in others)]
        titles = [network.data.title, *(one.title for one in others)]
        # The first pass of each network prepares PyTorch.
        return tuple(map(Timing, titles, macs, (tuple(its[1:]) for its in passes)))

    return job_on(("timings", turn), network, work)


def _milliseconds(network: torch.nn.Module, size: int, device: torch.device) -> float:
    """Return the time of one pass with one picture."""
    import torch

    x = torch.full((1, 3, size, size), 0.5, device=device)
    with torch.inference_mode():
        start = perf_counter()
        network(x).cpu()  # waits for a GPU
        return 1000 * (perf_counter() - start)


def _with_random_weights(name: str, device: torch.device) -> torch.nn.Module:
    """Return one of torchvision's networks with random weights of the size that He et al. 2015 propose."""
    import torch

    from model.comparison import meta_network

    network = meta_network(name).to_empty(device=device)
    # A generator of its own: other threads may rely on PyTorch's.
    generator = torch.Generator(device).manual_seed(0)
    with torch.no_grad():
        for key, values in network.state_dict().items():
            if values.dim() > 1:
                values.normal_(0, (2 / values[0].numel()) ** 0.5, generator=generator)
            else:  # of normalization: scale and variance 1, shift and mean 0
                values.fill_(int(key.endswith(("weight", "running_var"))))
    return network
