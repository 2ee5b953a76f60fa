"""The network that a command uses. It moves to the CPU for good when the GPU's memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ..alexnet import AlexNet
from ..device import choose_device, with_cpu_fallback
from ..errors import PROGRAM
from ..networks import get_source
from ..weights.load import default_source, load
from .output import print_error

Result = TypeVar("Result")


class Network:
    """A loaded network, and its weights' name.

    Attributes:
        alexnet: the network.
        weights: the name of its weights.

    Raises:
        UserError: for the same reasons as `load`.
    """

    def __init__(self, architecture: str, weights: str | None, device: str) -> None:
        chosen = choose_device(device)  # first, since an unknown device makes all else pointless
        source = get_source(weights) if weights else default_source(architecture)
        if weights is None and not source.files:
            print_error(
                f"No trained weights for {architecture} are on this machine. Its weights are random now, so "
                f"the network has learned nothing. See: {PROGRAM} weights list"
            )
        self.weights = source.name
        self.alexnet: AlexNet = with_cpu_fallback(
            partial(load, architecture, source.name), chosen, print_error
        )

    def run(self, compute: Callable[[AlexNet], Result]) -> Result:
        """Return `compute(alexnet)`. If the GPU's memory runs out, print a notice and compute on the CPU."""

        def compute_on(device: str) -> Result:
            return compute(self.alexnet.to(device))

        return with_cpu_fallback(compute_on, self.alexnet.device.type, print_error)
