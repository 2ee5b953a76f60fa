"""Find out which tensor of a file belongs to which layer, from names, order and shapes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..errors import UserError
from ..weights.formats import LAYERS, TORCHVISION_NAMES
from .stored import Stored

CONVOLUTIONS, CONNECTED = LAYERS[:5], LAYERS[5:]
# Parts of a name that say how a network was wrapped, and nothing about the layer.
WRAPPERS = {"module", "model", "_orig_mod", "net", "network", "backbone", "base_model", "alexnet", "encoder"}
_ENDINGS = {
    "weight": "weight",
    "weights": "weight",
    "kernel": "weight",
    "w": "weight",
    "bias": "bias",
    "biases": "bias",
    "b": "bias",
}
_KNOWN_NAMES = ((tuple(TORCHVISION_NAMES.values()), "torchvision"), (LAYERS, "Caffe"))
_NAME = re.compile(rf"(.+)[./_]({'|'.join(_ENDINGS)})(?:_?0)?", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A layer's weights and biases as a file has them, with their names there."""

    name: str
    weight: Tensor
    bias: Tensor | None
    weight_name: str
    bias_name: str = ""


@dataclass(frozen=True)
class LayerMapping:
    """Which tensor of a file belongs to which layer.

    Attributes:
        parts: for each layer, from conv1 to fc8.
        looks_like: the origin that the names speak for: "torchvision", "Caffe" or "".
    """

    parts: Mapping[str, Part]
    looks_like: str = ""

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Return one row for each tensor: the layer's name, the name in the file, and the shape."""
        found = []
        for layer, part in self.parts.items():
            found.append((f"{layer}.weight", part.weight_name, shape_text(part.weight)))
            found.append((f"{layer}.bias", part.bias_name or "(none: zeros)", shape_text(part.bias)))
        return found


def shape_text(tensor: Tensor | None) -> str:
    return "" if tensor is None else " x ".join(map(str, tensor.shape)) or "one number"


@dataclass
class _Sorted:
    """The tensors of a file: those in pairs of weights and biases, and the others."""

    parts: list[Part] = field(default_factory=list)
    left: dict[str, Tensor] = field(default_factory=dict)


def map_tensors(stored: Stored, file_name: str) -> LayerMapping:
    """Return which tensor belongs to which layer, for five convolutions and three connected layers.

    Raises:
        UserError: that cannot be found out; the message lists the tensors that do not fit, and what was
            expected.
    """
    found = _in_parts(stored.tensors)
    if found.left:
        listed = ", ".join(f"{name} ({shape_text(tensor)})" for name, tensor in list(found.left.items())[:8])
        if len(found.left) > 8:
            listed += f" and {len(found.left) - 8} more"
        raise UserError(
            f"{file_name} holds numbers that belong to no layer of AlexNet: {listed}. Expected are weights "
            "and biases of five convolutions and three fully connected layers, and nothing else."
        )
    for parts, looks_like in _orders(found.parts, stored):
        convolutions = [part for part in parts if _is_convolution(part)]
        connected = [part for part in parts if not _is_convolution(part)]
        # The fully connected layers may be stored as convolutions with kernels as large as their input.
        if (len(convolutions), len(connected)) != (5, 3) and len(parts) == 8:
            convolutions, connected = parts[:5], parts[5:]
        ordered = [*convolutions, *connected]
        if len(convolutions) == 5 and len(connected) == 3 and _is_chain(convolutions, connected):
            return LayerMapping(dict(zip(LAYERS, ordered, strict=True)), looks_like)
    raise UserError(_why_not(found.parts, file_name))


def _in_parts(tensors: Mapping[str, Tensor]) -> _Sorted:
    found = _Sorted()
    halves: dict[str, dict[str, str]] = {}
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            if tensor.ndim:  # a counter, such as that of steps, is one integer
                found.left[name] = tensor
            continue
        match = _NAME.fullmatch(name)
        if match is None:
            found.left[name] = tensor
        else:
            halves.setdefault(match[1], {})[_ENDINGS[match[2].lower()]] = name
    for module, names in halves.items():
        weight = tensors[names["weight"]] if "weight" in names else None
        bias = tensors[names["bias"]] if "bias" in names else None
        if weight is None or weight.ndim < 2 or (bias is not None and bias.numel() != len(weight)):
            found.left |= {name: tensors[name] for name in names.values()}
        else:
            found.parts.append(Part(module, weight, bias, names["weight"], names.get("bias", "")))
    return found


def _is_convolution(part: Part) -> bool:
    return part.weight.ndim == 4 and max(part.weight.shape[2:]) > 1


def _bare(name: str) -> str:
    return ".".join(one for one in re.split(r"[./]", name) if one.lower() not in WRAPPERS)


def _natural(name: str) -> list[tuple[int, int | str]]:
    """Return a sorting key in which "features.10" comes after "features.3"."""
    return [(0, int(one)) if one.isdigit() else (1, one) for one in re.findall(r"\d+|\D+", name)]


def _orders(parts: Sequence[Part], stored: Stored) -> Iterator[tuple[list[Part], str]]:
    """Yield the orders in which a file's layers may be computed, the most certain first.

    With each comes the origin that the names speak for, or "".
    """
    bare = {_bare(part.name).lower(): part for part in parts}
    for names, looks_like in _KNOWN_NAMES:
        if len(bare) == len(parts) and set(bare) == set(names):
            yield [bare[name] for name in names], looks_like
    if stored.is_ordered:
        yield list(parts), ""
    yield sorted(parts, key=lambda part: _natural(part.name)), ""


def _is_chain(convolutions: Sequence[Part], connected: Sequence[Part]) -> bool:
    """Return whether each layer can read the output of the layer before."""
    channels = convolutions[0].weight.shape[1]
    for part in convolutions:
        if part.weight.ndim != 4:
            return False
        out, per_group, height, width = part.weight.shape
        if height != width or not per_group or channels % per_group or out % (channels // per_group):
            return False
        channels = out
    inputs = [math.prod(part.weight.shape[1:]) for part in connected]
    outputs = [part.weight.shape[0] for part in connected]
    per_channel = inputs[0] // channels if channels else 0
    return (
        per_channel * channels == inputs[0]
        and math.isqrt(per_channel) ** 2 == per_channel
        and inputs[1:] == outputs[:-1]
    )


def _why_not(parts: Sequence[Part], file_name: str) -> str:
    kinds = [_is_convolution(part) for part in parts]
    if (sum(kinds), len(kinds) - sum(kinds)) != (5, 3):
        return (
            f"{file_name} has {sum(kinds)} convolutions and {len(kinds) - sum(kinds)} fully connected "
            "layers. AlexNet has five and three, and only such networks can be looked into here."
        )
    listed = ", ".join(f"{part.name} ({shape_text(part.weight)})" for part in parts)
    return (
        f"The layers in {file_name} do not fit one another in any order that its names give: {listed}. "
        "Each must have as many inputs as the layer before has outputs, or half as many with two groups."
    )


def state_of(mapping: LayerMapping) -> dict[str, Tensor]:
    """Return weights and biases in float32 by the layers' names. Missing biases are zeros.

    Raises:
        UserError: a number is infinite or not a number.
    """
    state: dict[str, Tensor] = {}
    for layer, part in mapping.parts.items():
        weight = part.weight
        if layer in CONNECTED:
            weight = weight.reshape(weight.shape[0], -1)
        bias = weight.new_zeros(len(weight)) if part.bias is None else part.bias.reshape(-1)
        state |= {f"{layer}.weight": weight.float().contiguous(), f"{layer}.bias": bias.float().contiguous()}
    for name, tensor in state.items():
        if wrong := int((~torch.isfinite(tensor)).sum()):
            raise UserError(
                f"{name} holds {wrong:,} numbers that are infinite or not numbers (NaN), so the network "
                "cannot compute anything. Probably its training diverged: use weights of an earlier step."
            )
    return state
