"""Read the tensors of a file of weights, whatever program wrote it, under the names that they have there."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import UserError, cannot_read
from ..layer_specs import LRNConstants
from .settings import OF_PYTORCH

Kind = Literal["PyTorch", "safetensors", "ONNX", "Caffe"]
FORMATS = "PyTorch (.pth, .pt, .bin, .ckpt, .pth.tar), safetensors, ONNX or caffemodel"
# Under one of these keys, a checkpoint holds its weights beside the optimizer's state and the like.
USUAL_KEYS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
)
_DEEPEST = 3  # how many such keys may lie one in the other
_FROM_PYTHON = "torch.save(network.state_dict(), 'weights.pth')"


@dataclass(frozen=True)
class Convolution:
    """What a file says about a convolution beside its weights."""

    stride: int
    padding: int


@dataclass(frozen=True)
class Graph:
    """What a file says about a network's layers, if it describes them.

    Attributes:
        steps: convolutions, ReLUs, LRN and max pooling in order: ("Conv", "ReLU", "MaxPool 3/2, floor").
        lrn: constants of the first LRN; None if there is none.
    """

    convolutions: tuple[Convolution, ...]
    steps: tuple[str, ...]
    lrn: LRNConstants | None


@dataclass(frozen=True)
class Stored:
    """The tensors of a file, and what else it says about the network.

    Attributes:
        tensors: by the names in the file, in its order.
        is_ordered: whether that order is the order in which the network computes. Safetensors sorts by name.
        graph: None if the file holds weights only.
    """

    kind: Kind
    tensors: Mapping[str, Tensor]
    is_ordered: bool = True
    graph: Graph | None = None


def read_stored(path: Path, name: str) -> Stored:
    """Return the tensors of a file. It is opened for reading only, and no code in it is run.

    Args:
        name: the file's name in messages.

    Raises:
        UserError: it cannot be read, is of no known format, or holds no weights.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(16)
    except OSError as error:
        raise cannot_read(path, error) from error
    if not start:
        raise UserError(f"{name} is empty: it holds no weights. Choose another file.")
    stored = _reader(path, name, start)(path, name)
    if not stored.tensors:
        raise UserError(f"{name} holds no weights. Save a network's weights with: {_FROM_PYTHON}")
    return stored


def _reader(path: Path, name: str, start: bytes) -> Callable[[Path, str], Stored]:
    """Return the function that reads a file, chosen by its first bytes, and only then by its ending."""
    from .graph import read_onnx
    from .layers_of_caffe import read_caffe

    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size:
        return _read_safetensors
    if start[:4] == b"PK\x03\x04" or start[:1] == b"\x80":
        return _read_pytorch
    readers = {
        "safetensors": _read_safetensors,
        "onnx": read_onnx,
        "caffemodel": read_caffe,
        **dict.fromkeys(OF_PYTORCH, _read_pytorch),
    }
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in readers:
        raise UserError(f"{name} is in no format that can be read here. Use a file of {FORMATS}.")
    return readers[suffix]


def _read_safetensors(path: Path, name: str) -> Stored:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError, ValueError) as error:
        raise unreadable(name, "safetensors", error) from error
    return Stored("safetensors", tensors, is_ordered=False)


def _read_pytorch(path: Path, name: str) -> Stored:
    if _is_torchscript(path):
        raise UserError(
            f"{name} is a TorchScript program. Save the weights alone, and use that file: "
            f"torch.save(torch.jit.load('{name}').state_dict(), 'weights.pth')"
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            raise UserError(
                f"{name} holds Python objects beside numbers, probably a whole network, and opening it "
                f"could run any program. Save the weights alone, and use that file: {_FROM_PYTHON}"
            ) from error
        raise unreadable(name, "PyTorch", error) from error
    except Exception as error:  # on damaged bytes, PyTorch's unpickler raises almost anything
        raise unreadable(name, "PyTorch", error) from error
    found = next(_state_dicts(content), None)
    if found is None:
        raise UserError(
            f"{name} holds no state dict, neither by itself nor under one of the usual keys "
            f"({', '.join(USUAL_KEYS)}). Save the weights with: {_FROM_PYTHON}"
        )
    return Stored("PyTorch", found)


def _is_torchscript(path: Path) -> bool:
    """Return whether a file is a program that `torch.jit.save` has written."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _state_dicts(content: Any, depth: int = 0) -> Iterator[dict[str, Tensor]]:
    """Yield what may be a state dict: the content itself, or what it holds under a usual key."""
    if not isinstance(content, Mapping):
        return
    tensors = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    if tensors:
        yield tensors
    if depth < _DEEPEST:
        for key in USUAL_KEYS:
            yield from _state_dicts(content.get(key), depth + 1)


def unreadable(name: str, kind: Kind, error: Exception) -> UserError:
    """Return the error for a file that its format's own library cannot read."""
    reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
    return UserError(
        f"{name} cannot be read as a file of {kind}: {reason}. Copy or save it again, or use another file."
    )
