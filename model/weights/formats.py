"""Readers for files of weights. Each returns {"conv1.weight": tensor, "conv1.bias": tensor, ...}."""

from __future__ import annotations

import math
import pickle
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import PROGRAM, UserError
from .onnx_layers import layers_with_weights

State = dict[str, Tensor]

_PARTS = ("deflated", "shape", "rows", "columns")  # the parts of a tensor that is stored compactly
LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")


def read_safetensors(path: Path) -> State:
    """Read weights in this project's own format.

    A tensor is stored either as it is, under its own name, or compactly, in parts. `NAME.deflated` is a zlib
    stream with one signed byte for each weight, and `NAME.shape` is the tensor's shape. Each weight is its
    byte times the float32 number for its output in `NAME.rows`, times the float32 number for its input in
    `NAME.columns`, if there is such a part.
    """
    tensors: dict[str, dict[str, Tensor]] = {}
    with safe_open(path, framework="pt") as file:
        for key in file.keys():  # noqa: SIM118 - safe_open is no mapping
            name, _, ending = key.rpartition(".")
            is_part = ending in _PARTS
            tensors.setdefault(name if is_part else key, {})[ending if is_part else ""] = file.get_tensor(key)
    # zlib and PyTorch release Python's global lock, so fc6 and fc7 are unpacked at the same time.
    with ThreadPoolExecutor() as pool:
        return dict(zip(tensors, pool.map(_decode, tensors.values()), strict=True))


def _decode(parts: dict[str, Tensor]) -> Tensor:
    if "deflated" not in parts:
        return parts[""]
    shape = parts["shape"].tolist()
    count = math.prod(shape)
    # Unpack at most one byte more than the shape needs: a damaged stream could become endlessly long.
    codes = zlib.decompressobj().decompress(parts["deflated"].numpy().data, count + 1)
    if len(codes) != count:
        raise ValueError(f"{len(codes)} weights or more for a tensor of {shape}")
    # A bytearray, since PyTorch warns of memory that it may not write to.
    whole = torch.frombuffer(bytearray(codes), dtype=torch.int8)
    weight = whole.view(shape[0], -1) * parts["rows"][:, None]
    if "columns" in parts:
        weight *= parts["columns"]
    return weight.view(shape)


def read_onnx(path: Path) -> State:
    """Read an ONNX file: the weights of its layers in their order, whatever their names."""
    import onnx  # slow to import, and only this format needs it

    layers = layers_with_weights(onnx.load(path).graph)
    if len(layers) != len(LAYERS):
        raise ValueError(f"{len(layers)} layers with weights, not {len(LAYERS)}")
    state = {}
    for name, layer in zip(LAYERS, layers, strict=True):
        if layer.bias is None:
            raise ValueError(f"{name} has no biases")
        state[f"{name}.weight"] = torch.from_numpy(layer.weight)
        state[f"{name}.bias"] = torch.from_numpy(layer.bias.copy())
    return state


def read_caffemodel(path: Path) -> State:
    """Read the original Caffe file. `load.fit` gives the weights the shapes of the network."""
    from .caffe import read_blobs

    blobs = read_blobs(path.read_bytes())
    return {
        f"{layer}.{kind}": torch.from_numpy(blob.copy())
        for layer in LAYERS
        for kind, blob in zip(("weight", "bias"), blobs[layer], strict=True)
    }


TORCHVISION_NAMES = {
    "conv1": "features.0",
    "conv2": "features.3",
    "conv3": "features.6",
    "conv4": "features.8",
    "conv5": "features.10",
    "fc6": "classifier.1",
    "fc7": "classifier.4",
    "fc8": "classifier.6",
}


def read_torchvision(path: Path) -> State:
    """Read torchvision's checkpoint, unpickling nothing but tensors."""
    try:
        stored = dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # on damaged bytes, PyTorch's unpickler raises almost anything
        raise ValueError(f"not a readable checkpoint: {error}") from error
    return {
        f"{ours}.{kind}": stored[f"{theirs}.{kind}"]
        for ours, theirs in TORCHVISION_NAMES.items()
        for kind in ("weight", "bias")
    }


READERS: dict[str, Callable[[Path], State]] = {
    ".safetensors": read_safetensors,
    ".onnx": read_onnx,
    ".caffemodel": read_caffemodel,
    ".pth": read_torchvision,
}


def read_weights(path: Path) -> State:
    """Read a file of weights with the reader for its extension.

    Raises:
        UserError: the file is damaged, cut off, or not a file of weights.
    """
    # These are the errors that the four readers raise on damaged bytes. A bug of ours would raise another.
    from google.protobuf.message import DecodeError

    damaged = (
        SafetensorError,
        zlib.error,
        DecodeError,
        pickle.UnpicklingError,
        ValueError,
        TypeError,
        KeyError,
        RuntimeError,
        EOFError,
    )
    try:
        return READERS[path.suffix](path)
    except damaged as error:
        raise UserError(
            f"{path} is damaged or not a weights file ({type(error).__name__}: {error}). Get it again; "
            f"published weights with: {PROGRAM} weights download NAME"
        ) from error


def expand_groups(weight: Tensor, groups: int) -> Tensor:
    """Return an ungrouped kernel that computes the same as a grouped one: weights between groups are zero.

    [out, in / groups, h, w] -> [out, in, h, w]
    """
    out, per_group, height, width = weight.shape
    full = weight.new_zeros(groups, out // groups, groups, per_group, height, width)
    index = np.arange(groups)
    full[index, :, index] = weight.view(groups, out // groups, per_group, height, width)
    return full.view(out, groups * per_group, height, width)
