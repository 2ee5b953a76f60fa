"""Writes weights in this project's compact format; `model.weights.formats` reads it."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from ..weights.formats import State

BLOCK = 128  # inputs that are rounded before their errors are passed on to all that follow
STEP = 0.65  # of fc6 and fc7, in deviations of a row's weights: 2.7 bits a weight if they are normal
LIMIT = 127


def encode_codes(weight: Tensor, codes: Tensor, rows: Tensor, columns: Tensor | None = None) -> State:
    """Whole numbers, and by what they are multiplied, under the endings that the reader knows.

    Args:
        weight: of any shape [out, ...], for its shape alone.
        codes: [out, in], from -127 to 127.  rows: [out].  columns: [in], or None for ones.
    """
    # Neighbours have nothing in common: looking for repetitions would take long and find none.
    packer = zlib.compressobj(9, zlib.DEFLATED, strategy=zlib.Z_HUFFMAN_ONLY)
    packed = packer.compress(codes.to(torch.int8).numpy().tobytes()) + packer.flush()
    stored = {
        "deflated": torch.from_numpy(np.frombuffer(packed, np.uint8).copy()),
        "shape": torch.tensor(weight.shape, dtype=torch.int32),
        "rows": rows.float(),
    }
    return stored if columns is None else {**stored, "columns": columns.float()}


def encode_fine(weight: Tensor) -> State:
    """Steps of a 127th of each output's largest weight. Error: at most half a step."""
    flat = weight.flatten(1)
    rows = (flat.abs().amax(1) / LIMIT).clamp_min(1e-12)
    return encode_codes(weight, (flat / rows[:, None]).round().clamp(-LIMIT, LIMIT), rows)


def encode_coarse(weight: Tensor, moments: Tensor | None = None, step: float = STEP) -> State:
    """Steps of more than half a deviation, finer for strong inputs; errors cancel in the layer's output.

    Args:
        weight: [out, in].
        moments: mean products of every two inputs, [in, in]; without, inputs count as equal and unrelated.
    """
    moments = torch.eye(weight.shape[1]) if moments is None else moments
    # What an error of one weight does to the output grows with its input, so its step shrinks with it.
    power = moments.diagonal()
    columns = (power + 0.01 * power.mean()).rsqrt()
    deviation = (weight / columns).square().mean(1).sqrt().clamp_min(1e-12)
    rows = step * deviation
    codes = rounded(weight / columns, rows, moments * columns * columns[:, None])
    return encode_codes(weight, codes, rows, columns)


def rounded(weight: Tensor, steps: Tensor, moments: Tensor) -> Tensor:
    """Whole numbers from -127 to 127 that times the steps come close to the weights. [out, in]

    Where one input's weight is rounded up, the weights of inputs that go along with it are moved down
    before their turn comes, so that errors cancel in the layer's output. (Frantar et al. 2023, GPTQ)

    Args:
        steps: [out].  moments: mean products of every two inputs, [in, in].
    """
    weight = weight.clone()
    # Row j: how inputs after j make up for an error in j, in units of that error.
    spread = _spread(moments)
    codes = torch.empty_like(weight)
    for first in range(0, weight.shape[1], BLOCK):
        last = min(first + BLOCK, weight.shape[1])
        errors = torch.empty_like(weight[:, first:last])
        for j in range(first, last):
            codes[:, j] = (weight[:, j] / steps).round().clamp(-LIMIT, LIMIT)
            errors[:, j - first] = (weight[:, j] - codes[:, j] * steps) / spread[j, j]
            weight[:, j:last] -= errors[:, j - first, None] * spread[j, j:last]
        weight[:, last:] -= errors @ spread[first:last, last:]
    return codes


def _spread(moments: Tensor, damping: float = 0.01) -> Tensor:
    """The upper Cholesky factor of the inverse; damped, for inputs that are never active. [in, in]"""
    damped = moments + damping * moments.diagonal().mean() * torch.eye(len(moments))
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    return torch.linalg.cholesky(inverse, upper=True)


def encode(state: State, moments: State | None = None, step: float = STEP) -> State:
    """fc6 and fc7 in coarse steps, all other kernels in fine ones; biases as they are.

    Args:
        moments: of the inputs of fc6 and fc7, by the layer's name; see `rounded`.
    """
    stored: State = {}
    for name, tensor in state.items():
        layer, _, kind = name.rpartition(".")
        if kind == "bias":
            stored[name] = tensor.float()
            continue
        if layer in ("fc6", "fc7"):
            encoded = encode_coarse(tensor.float(), (moments or {}).get(layer), step)
        else:
            encoded = encode_fine(tensor.float())
        stored.update({f"{name}.{ending}": part for ending, part in encoded.items()})
    return {name: tensor.contiguous() for name, tensor in stored.items()}


def save(state: State, path: Path, moments: State | None = None, step: float = STEP) -> None:
    """Write the file whole, or not at all."""
    partial = path.with_suffix(".partial")
    save_file(encode(state, moments, step), partial)
    partial.replace(path)
