"""Read the weights of a caffemodel, under the names of Caffe's layers."""

from __future__ import annotations

from pathlib import Path

import torch
from google.protobuf.message import DecodeError

from ..errors import UserError
from ..weights.caffe import read_blobs
from .stored import Stored, unreadable


def read_caffe(path: Path, name: str) -> Stored:
    """Return a caffemodel's tensors as NAME.weight and NAME.bias, in the order of its layers.

    Raises:
        UserError: it is no caffemodel, or a layer of it has more than weights and biases.
    """
    try:
        blobs = read_blobs(path.read_bytes())
    except (DecodeError, ValueError) as error:
        raise unreadable(name, "Caffe", error) from error
    if too_many := next((name for name, parts in blobs.items() if len(parts) > 2), None):
        raise UserError(
            f"The layer {too_many} of {name} has {len(blobs[too_many])} arrays; a layer of AlexNet has "
            "weights and biases only. This tool cannot compute it."
        )
    tensors = {
        f"{layer}.{kind}": torch.from_numpy(blob.copy())
        for layer, parts in blobs.items()
        for kind, blob in zip(("weight", "bias"), parts, strict=False)
    }
    return Stored("Caffe", tensors)
