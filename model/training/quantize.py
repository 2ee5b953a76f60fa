"""Writes weights in this project's compact format; `model.weights.formats` reads it."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from model.weights.formats import State

GROUP = 64  # inputs that share one scale in int4


def encode_float16(name: str, weight: Tensor) -> State:
    """Half precision times one number, so that large weights do not overflow. Error: 2^-11 relative."""
    scale = weight.abs().max().clamp_min(1e-12)
    return {f"{name}.float16": (weight / scale).half(), f"{name}.scale": scale.float()}


def encode_int8(name: str, weight: Tensor) -> State:
    """One byte a weight, one scale a row. Error: at most half the row's scale. [out, in]"""
    scale = (weight.abs().amax(1) / 127.0).clamp_min(1e-12)
    values = (weight / scale[:, None]).round().clamp(-127, 127).to(torch.int8)
    return {f"{name}.int8": values, f"{name}.scale": scale.float()}


def encode_int4(name: str, weight: Tensor) -> State:
    """Half a byte a weight, one scale a group. [out, in]

    The scale is the best of a few shares of the group's maximum: clipping the rarest weights a
    little costs less than the coarser steps that they would force upon all the others.
    """
    groups = weight.view(len(weight), -1, GROUP)
    top = groups.abs().amax(2).clamp_min(1e-6)
    best, lowest = top / 7.0, torch.full_like(top, torch.inf)
    for share in (1.0, 0.92, 0.84, 0.76):
        scale = (top * share / 7.0).half().float().clamp_min(6e-8)
        error = (_round4(groups, scale) * scale[:, :, None] - groups).square().sum(2)
        best = torch.where(error < lowest, scale, best)
        lowest = torch.minimum(lowest, error)
    values = (_round4(groups, best) + 8).to(torch.uint8).view(len(weight), -1, 2)
    return {f"{name}.int4": values[:, :, 0] | values[:, :, 1] << 4, f"{name}.scale": best.half()}


def _round4(groups: Tensor, scale: Tensor) -> Tensor:
    return (groups / scale[:, :, None]).round().clamp(-8, 7)


def encode(state: State) -> State:
    """Convolutions in 16 bits, fc6 and fc7 in 4, fc8 in 8; biases as they are."""
    stored: State = {}
    for name, tensor in state.items():
        layer, _, kind = name.rpartition(".")
        if kind == "bias":
            stored[name] = tensor.float().contiguous()
        elif layer in ("fc6", "fc7"):
            stored.update(encode_int4(name, tensor.float()))
        elif layer == "fc8":
            stored.update(encode_int8(name, tensor.float()))
        else:
            stored.update(encode_float16(name, tensor.float()))
    return {name: tensor.contiguous() for name, tensor in stored.items()}


def save(state: State, path: Path) -> None:
    """Write the file whole, or not at all."""
    partial = path.with_suffix(".partial")
    save_file(encode(state), partial)
    partial.replace(path)
