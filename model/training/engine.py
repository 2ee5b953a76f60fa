"""Run a frozen network as fast as the machine allows, with CUDA, OpenVINO or plain PyTorch."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn

Run = Callable[[Tensor], Tensor]
CPU_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")  # as torch.cpu names them


@cache
def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies matrices faster in bfloat16 than in float32.

    A CPU without bfloat16 imitates it, 400 times slower. One that has it may still be slower: an Intel Xeon
    with AVX-512 but without AMX does 163 thousand million operations a second, and 278 in float32.
    """
    if device.type != "cpu":
        return True
    if not any(torch.cpu.get_capabilities().get(name) for name in CPU_BFLOAT16):
        return False
    return _seconds(torch.bfloat16) < _seconds(torch.float32)


def _seconds(dtype: torch.dtype, side: int = 768, tries: int = 5) -> float:
    """Return the shortest time that a product of two square matrices took: other programs only add to it."""
    a = torch.ones(side, side, dtype=dtype)
    times = []
    for _ in range(tries):
        began = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - began)
    return min(times)


def autocast(device: torch.device) -> torch.autocast:
    """Return a context that computes in bfloat16 if the device can, else in float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device))


def compile_frozen(module: nn.Module, batch: int, size: int, device: torch.device) -> Run:
    """Return a function from uint8 crops [batch, size, size, 3] to the module's float32 output.

    It uses a copy of the module, which may continue to learn. On a CPU with bfloat16, OpenVINO is twice as
    fast as ONNX Runtime.
    """
    module = copy.deepcopy(module).eval().requires_grad_(False)
    example = torch.zeros(batch, size, size, 3, dtype=torch.uint8)
    if device.type == "cpu" and (run := _openvino(module, example)):
        return run
    module = module.to(device)

    def run_torch(crops: Tensor) -> Tensor:
        with torch.no_grad(), autocast(device):
            return module(crops.to(device, non_blocking=True)).float()

    return run_torch


def _openvino(module: nn.Module, example: Tensor) -> Run | None:
    try:
        import openvino
    except ImportError:
        return None
    with torch.no_grad():
        converted = openvino.convert_model(module, example_input=example)
    converted.reshape({converted.inputs[0]: list(example.shape)})
    core = openvino.Core()
    precision = "bf16" if has_bfloat16(torch.device("cpu")) else "f32"
    compiled = core.compile_model(converted, "CPU", {"INFERENCE_PRECISION_HINT": precision})

    def run(crops: Tensor) -> Tensor:
        n = len(crops)
        if n < len(example):  # fill the last batch up: the network is compiled for one shape
            crops = torch.cat([crops, example[n:]])
        return torch.from_numpy(compiled(crops.numpy())[0][:n].copy())

    return run
