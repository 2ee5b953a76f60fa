"""Where the network runs: CUDA, then Apple's MPS, then the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from .errors import UserError

DEVICES = ("auto", "cuda", "mps", "cpu")

Result = TypeVar("Result")


def available_devices() -> list[str]:
    """The devices this machine has, the fastest first; the CPU is always the last."""
    found = ["cuda"] if torch.cuda.is_available() else []
    found += ["mps"] if torch.backends.mps.is_available() else []
    return [*found, "cpu"]


def choose_device(name: str = "auto") -> str:
    """The device for a name of `DEVICES`; "auto" takes the fastest.

    Raises:
        UserError: the name is unknown, or this machine has no such device.
    """
    available = available_devices()
    if name == "auto":
        return available[0]
    if name not in DEVICES:
        raise UserError(f"There is no device '{name}'. Choose one of: {', '.join(DEVICES)}.")
    if name not in available:
        raise UserError(f"This machine has no {name}. Use auto, or one of: {', '.join(available)}.")
    return name


def device_title(device: str) -> str:
    """The device as a person knows it, for example "NVIDIA H100"."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    return {"mps": "Apple GPU (MPS)", "cpu": "CPU"}[device]


def with_cpu_fallback(
    compute: Callable[[str], Result], device: str, notify: Callable[[str], object]
) -> Result:
    """`compute(device)`, or, where GPU memory runs out, `compute("cpu")` after a notice."""
    try:
        return compute(device)
    except torch.OutOfMemoryError:
        if device == "cpu":
            raise
    # Outside the except block, so that the failed attempt's tensors can be freed.
    if device == "cuda":
        torch.cuda.empty_cache()
    notify("The GPU has too little free memory, so this ran on the CPU: slower, otherwise the same.")
    return compute("cpu")
