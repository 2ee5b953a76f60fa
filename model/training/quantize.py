"""Write weights in this project's compact format, which `model.weights.formats` reads."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from ..replacing import replacing
from ..weights.formats import State

BLOCK = 128  # number of inputs that are rounded before their errors are passed on to the inputs after them
# Step between two values of fc6's and fc7's weights, in standard deviations of an output's weights. Weights
# with a normal distribution then take 2.7 bits each.
STEP = 0.65
LIMIT = 127


def encode_codes(weight: Tensor, codes: Tensor, rows: Tensor, columns: Tensor | None = None) -> State:
    """Return a tensor's compact parts, as `formats.read_safetensors` describes them.

    Args:
        weight: the tensor, [out, ...]; only its shape is used.
        codes: whole numbers from -127 to 127, [out, in].
        rows, columns: the factors of each output [out] and each input [in]; None for ones.
    """
    # Neighbouring codes are unrelated, so a search for repetitions would take long and find nothing.
    packer = zlib.compressobj(9, zlib.DEFLATED, strategy=zlib.Z_HUFFMAN_ONLY)
    packed = packer.compress(codes.to(torch.int8).numpy().tobytes()) + packer.flush()
    stored = {
        "deflated": torch.from_numpy(np.frombuffer(packed, np.uint8).copy()),
        "shape": torch.tensor(weight.shape, dtype=torch.int32),
        "rows": rows.float(),
    }
    return stored if columns is None else {**stored, "columns": columns.float()}


def encode_fine(weight: Tensor) -> State:
    """Return the compact parts of a tensor in steps of 1/127 of each output's largest weight."""
    flat = weight.flatten(1)
    rows = (flat.abs().amax(1) / LIMIT).clamp_min(1e-12)
    return encode_codes(weight, (flat / rows[:, None]).round().clamp(-LIMIT, LIMIT), rows)


def encode_coarse(weight: Tensor, moments: Tensor | None = None, step: float = STEP) -> State:
    """Return the compact parts of a tensor in coarse steps, rounded so that errors cancel in the output.

    Args:
        weight: [out, in].
        moments: mean product of every two inputs, [in, in]; None if all inputs are equally strong and
            unrelated.
        step: in standard deviations of an output's weights; finer for strong inputs.
    """
    moments = torch.eye(weight.shape[1]) if moments is None else moments
    # The stronger an input, the more an error in its weight changes the output, so the finer its step.
    power = moments.diagonal()
    columns = (power + 0.01 * power.mean()).rsqrt()
    deviation = (weight / columns).square().mean(1).sqrt().clamp_min(1e-12)
    rows = step * deviation
    codes = rounded(weight / columns, rows, moments * columns * columns[:, None])
    return encode_codes(weight, codes, rows, columns)


def rounded(weight: Tensor, steps: Tensor, moments: Tensor) -> Tensor:
    """Return whole numbers from -127 to 127 that, multiplied by the steps, are near the weights. [out, in]

    When a weight is rounded up, the weights of related inputs are lowered before they are rounded, so that
    errors cancel in the layer's output. (Frantar et al. 2023, GPTQ)

    Args:
        steps: step of each output, [out].
        moments: mean product of every two inputs, [in, in].

    >>> weights, steps = torch.tensor([[0.4, 0.4]]), torch.tensor([1.0])
    >>> rounded(weights, steps, torch.eye(2)).tolist()  # unrelated inputs: each to the nearest
    [[0.0, 0.0]]
    >>> rounded(weights, steps, torch.tensor([[1.0, 0.99], [0.99, 1.0]])).tolist()  # nearly one input: 0.8
    [[0.0, 1.0]]
    """
    weight = weight.clone()
    # Row j says how the inputs after j make up for an error in j.
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
    """Return the upper Cholesky factor of the inverse of the moments. [in, in]

    Damping makes the inverse exist even if some inputs are never active.
    """
    damped = moments + damping * moments.diagonal().mean() * torch.eye(len(moments))
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    return torch.linalg.cholesky(inverse, upper=True)


def encode(state: State, moments: State | None = None, step: float = STEP) -> State:
    """Return all weights in compact parts: fc6 and fc7 in coarse steps, others in fine ones.

    Biases stay as they are.

    Args:
        moments: mean product of every two inputs of fc6 and of fc7, by the layer's name.
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
    """Write the weights to a file in the compact format."""
    with replacing(path) as partial:
        save_file(encode(state, moments, step), partial)
