"""The network of a command, which moves to the CPU for good once the GPU's memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ..alexnet import AlexNet
from ..device import choose_device, with_cpu_fallback
from ..errors import PROGRAM
from ..weights.load import default_source, load
from ..weights.sources import get_source
from .output import print_error

Result = TypeVar("Result")


class Network:
    """A loaded network that runs functions of itself.

    Attributes:
        weights: the name of their source.

    Raises:
        UserError: as `load` does.
    """

    def __init__(self, architecture: str, weights: str | None, device: str) -> None:
        chosen = choose_device(device)  # before a word about weights that are then not used
        source = get_source(weights) if weights else default_source(architecture)
        if weights is None and not source.files:
            print_error(
                f"No trained weights for {architecture} are on this machine, so they are random and the "
                f"network has learned nothing. See: {PROGRAM} weights list"
            )
        self.weights = source.name
        self.model: AlexNet = with_cpu_fallback(partial(load, architecture, source.name), chosen, print_error)

    def run(self, compute: Callable[[AlexNet], Result]) -> Result:
        """`compute(model)`, on the CPU with a notice on standard error if the GPU has no room."""

        def compute_on(device: str) -> Result:
            return compute(self.model.to(device))

        return with_cpu_fallback(compute_on, self.model.device.type, print_error)
