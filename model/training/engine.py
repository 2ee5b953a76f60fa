"""Run a frozen network as fast as the machine allows, with CUDA, OpenVINO or plain PyTorch."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

Run = Callable[[Tensor], Tensor]
CPU_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")  # as torch.cpu names them


def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device computes in bfloat16.

    A CPU that does not can imitate it, but matrix products are then 400 times slower than in float32.
    """
    return device.type != "cpu" or any(torch.cpu.get_capabilities().get(name) for name in CPU_BFLOAT16)


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
    precision = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
    compiled = core.compile_model(converted, "CPU", {"INFERENCE_PRECISION_HINT": precision})

    def run(crops: Tensor) -> Tensor:
        n = len(crops)
        if n < len(example):  # fill the last batch up: the network is compiled for one shape
            crops = torch.cat([crops, example[n:]])
        return torch.from_numpy(compiled(crops.numpy())[0][:n].copy())

    return run
