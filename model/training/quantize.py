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


def encode_int4(name: str, weight: Tensor, moments: Tensor | None = None) -> State:
    """Half a byte a weight, one scale a group. [out, in]

    Args:
        moments: see `rounded`.
    """
    values, scale = rounded(weight, moments)
    pairs = (values + 8).to(torch.uint8).view(len(weight), -1, 2)
    return {f"{name}.int4": pairs[:, :, 0] | pairs[:, :, 1] << 4, f"{name}.scale": scale.half()}


def rounded(weight: Tensor, moments: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Whole numbers from -8 to 7, [out, in], and the scale of each group of inputs, [out, in / GROUP].

    Where one input's weight is rounded up, the weights of inputs that go along with it are moved down
    before their turn comes, so that errors cancel in the layer's output. (Frantar et al. 2023, GPTQ)

    Args:
        moments: mean products of every two inputs, [in, in]; without, inputs count as unrelated.
    """
    weight = weight.clone()
    # Row j: how inputs after j make up for an error in j, in units of that error.
    spread = torch.eye(weight.shape[1]) if moments is None else _spread(moments)
    values, scales = torch.empty_like(weight), []
    for first in range(0, weight.shape[1], GROUP):
        group = slice(first, first + GROUP)
        scales.append(_scale(weight[:, group]))
        errors = torch.empty_like(weight[:, group])
        for j in range(first, first + GROUP):
            values[:, j] = (weight[:, j] / scales[-1]).round().clamp(-8, 7)
            errors[:, j - first] = (weight[:, j] - values[:, j] * scales[-1]) / spread[j, j]
            weight[:, j : first + GROUP] -= errors[:, j - first, None] * spread[j, j : first + GROUP]
        weight[:, first + GROUP :] -= errors @ spread[group, first + GROUP :]
    return values, torch.stack(scales, 1)


def _spread(moments: Tensor, damping: float = 0.01) -> Tensor:
    """The upper Cholesky factor of the inverse; damped, for inputs that are never active. [in, in]"""
    damped = moments + damping * moments.diagonal().mean() * torch.eye(len(moments))
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    return torch.linalg.cholesky(inverse, upper=True)


def _scale(group: Tensor) -> Tensor:
    """The scale of each row of a group: [out, GROUP] -> [out].

    The best of a few shares of the row's maximum: clipping the rarest weights a little costs less than
    the coarser steps that they would force upon all the others.
    """
    top = group.abs().amax(1).clamp_min(1e-6)
    best, lowest = top / 7.0, torch.full_like(top, torch.inf)
    for share in (1.0, 0.92, 0.84, 0.76):
        scale = (top * share / 7.0).half().float().clamp_min(6e-8)
        values = (group / scale[:, None]).round().clamp(-8, 7)
        error = (values * scale[:, None] - group).square().sum(1)
        best = torch.where(error < lowest, scale, best)
        lowest = torch.minimum(lowest, error)
    return best


def encode(state: State, moments: State | None = None) -> State:
    """Convolutions in 16 bits, fc6 and fc7 in 4, fc8 in 8; biases as they are.

    Args:
        moments: of the inputs of fc6 and fc7, by the layer's name; see `rounded`.
    """
    stored: State = {}
    for name, tensor in state.items():
        layer, _, kind = name.rpartition(".")
        if kind == "bias":
            stored[name] = tensor.float().contiguous()
        elif layer in ("fc6", "fc7"):
            stored.update(encode_int4(name, tensor.float(), (moments or {}).get(layer)))
        elif layer == "fc8":
            stored.update(encode_int8(name, tensor.float()))
        else:
            stored.update(encode_float16(name, tensor.float()))
    return {name: tensor.contiguous() for name, tensor in stored.items()}


def save(state: State, path: Path, moments: State | None = None) -> None:
    """Write the file whole, or not at all."""
    partial = path.with_suffix(".partial")
    save_file(encode(state, moments), partial)
    partial.replace(path)
