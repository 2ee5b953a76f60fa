"""The choice of a device, and what happens when the GPU's memory runs out."""

from __future__ import annotations

import pytest
import torch

from model.device import DEVICES, available_devices, choose_device, device_title, with_cpu_fallback
from model.errors import UserError


def test_the_cpu_is_always_the_last_device_and_auto_chooses_the_first():
    available = available_devices()
    assert available[-1] == choose_device("cpu") == "cpu"
    assert choose_device("auto") == available[0]
    assert set(available) <= set(DEVICES)
    torch.zeros(1, device=choose_device("auto"))  # the chosen device can be used


def test_for_an_unknown_device_all_names_are_listed():
    with pytest.raises(UserError, match=r"no device 'tpu'.*auto, cuda, mps, cpu"):
        choose_device("tpu")


def test_for_a_missing_device_those_of_this_machine_are_listed():
    # No machine has both an NVIDIA and an Apple GPU.
    lacking = next(name for name in DEVICES if name != "auto" and name not in available_devices())
    with pytest.raises(UserError, match=f"no {lacking}.*cpu"):
        choose_device(lacking)


def test_every_available_device_has_a_title():
    assert all(device_title(device) for device in available_devices())


class SmallGPU:
    """A computation that runs out of memory on every device but the CPU."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def __call__(self, device: str) -> str:
        self.tried.append(device)
        if device != "cpu":
            raise torch.OutOfMemoryError("no room")
        return f"computed on {device}"


def test_when_gpu_memory_runs_out_the_cpu_computes_and_the_user_is_notified_once():
    notices: list[str] = []
    compute = SmallGPU()
    assert with_cpu_fallback(compute, "pretend-gpu", notices.append) == "computed on cpu"
    assert compute.tried == ["pretend-gpu", "cpu"]
    [notice] = notices
    assert "computed on the CPU" in notice


def test_with_enough_memory_there_is_no_notice():
    notices: list[str] = []
    assert with_cpu_fallback(str.upper, "pretend-gpu", notices.append) == "PRETEND-GPU"
    assert notices == []


def test_the_cpu_running_out_of_memory_and_other_errors_stay_visible():
    notices: list[str] = []

    def full(device: str) -> None:
        raise torch.OutOfMemoryError(device)

    with pytest.raises(torch.OutOfMemoryError):
        with_cpu_fallback(full, "cpu", notices.append)

    def broken(device: str) -> None:
        raise ZeroDivisionError(device)

    with pytest.raises(ZeroDivisionError):
        with_cpu_fallback(broken, "pretend-gpu", notices.append)
    assert notices == []
