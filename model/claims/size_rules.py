"""The sizes of feature maps by the rules of several programs, which round in different ways."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .. import editing
from .. import sizes as rounding
from ..alexnet import AlexNet
from ..architectures import ARCHITECTURES, Architecture
from ..layer_specs import Conv, MaxPool
from ..layers import describe, describe_layer
from .variants import with_layers

PAPER = ARCHITECTURES["alexnet-2012"]


@dataclass(frozen=True)
class Rule:
    """How a program rounds sizes, by its name in `editing.RULES`."""

    name: str
    title: str

    def rounds_up(self, layer: Conv | MaxPool) -> bool:
        convolution, pooling = editing.RULES[self.name]
        return (convolution if isinstance(layer, Conv) else pooling) == "ceil"


TODAY = Rule("today", "today's frameworks (round down)")
CAFFE = Rule("caffe", "Caffe (rounds only pooling up)")
AUTHORS = Rule("cuda-convnet", "the authors' program (rounds up)")
RULES = (TODAY, CAFFE, AUTHORS)


def _padding(layer: Conv | MaxPool) -> int:
    return layer.padding if isinstance(layer, Conv) else 0


def exact_size(size: int, layer: Conv | MaxPool) -> float:
    """Return (n + 2p - k) / s + 1 before rounding: 54.25 for conv1 and an input of 224 pixels."""
    return (size + 2 * _padding(layer) - layer.kernel_size) / layer.stride + 1


def rounded_size(size: int, layer: Conv | MaxPool, up: bool) -> int:
    """Return the size of a layer's output: 54 for conv1 and 224 pixels, or 55 if it is rounded up."""
    rule: rounding.Rounding = "ceil" if up else "floor"
    return rounding.conv_size(size, layer.kernel_size, layer.stride, _padding(layer), rule)


def overhang(size: int, layer: Conv | MaxPool) -> int:
    """Return by how many pixels the last window hangs over the edge if the size is rounded up: 3 for 224."""
    return rounding.overhang(size, layer.kernel_size, layer.stride, _padding(layer))


def sizes(architecture: Architecture, input_size: int, rule: Rule) -> dict[str, tuple[float, int]]:
    """Return the size of every convolution and pooling, before and after rounding, by the layer's name."""
    chosen = editing.with_rule(architecture, rule.name)
    return {
        layer.name: (exact_size(info.input_shape[1], layer), info.output_shape[1])
        for layer, info in zip(chosen.layers, describe(chosen, input_size), strict=True)
        if isinstance(layer, Conv | MaxPool)
    }


def logits_by(network: AlexNet, x: Tensor, rule: Rule) -> Tensor | None:
    """Return the network's logits if its sizes are rounded by a rule, or None if fc6 does not fit."""
    chosen = editing.with_rule(network.architecture, rule.name).with_input_size(x.shape[-1])
    if describe_layer(chosen, "flatten") != describe_layer(network.architecture, "flatten"):
        return None
    return with_layers(network, lambda _: chosen.layers, chosen.input_size).logits(x)


def measured_sizes(network: AlexNet, x: Tensor) -> dict[str, tuple[int, int]]:
    """Return the sides of the input and output of every layer with feature maps, as PyTorch computes them."""
    result: dict[str, tuple[int, int]] = {}
    for name, output in network.walk(x):
        if output.ndim != 4:
            break
        result[name] = (x.shape[-1], output.shape[-1])
        x = output
    return result
