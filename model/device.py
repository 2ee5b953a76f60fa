"""Choose the device that the network runs on: CUDA, Apple's MPS or the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from .errors import UserError

DEVICES = ("auto", "cuda", "mps", "cpu")

Result = TypeVar("Result")


def available_devices() -> list[str]:
    """Return the devices that this machine has, the fastest first and the CPU last."""
    devices = ["cuda"] if torch.cuda.is_available() else []
    devices += ["mps"] if torch.backends.mps.is_available() else []
    return [*devices, "cpu"]


def choose_device(name: str = "auto") -> str:
    """Return the device of that name; "auto" is the fastest one.

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
    """Return the device's name for people, for example "NVIDIA H100"."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    return {"mps": "Apple GPU (MPS)", "cpu": "CPU"}[device]


def with_cpu_fallback(
    compute: Callable[[str], Result], device: str, notify: Callable[[str], object]
) -> Result:
    """Return `compute(device)`. If the GPU's memory runs out, notify the user and return `compute("cpu")`."""
    try:
        return compute(device)
    except torch.OutOfMemoryError:
        if device == "cpu":
            raise
    # This is outside the except block, so that the tensors of the failed attempt can be freed.
    if device == "cuda":
        torch.cuda.empty_cache()
    notify("The GPU has too little free memory, so this was computed on the CPU: slower, but the same.")
    return compute("cpu")
