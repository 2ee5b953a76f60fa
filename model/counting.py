"""Count the parameters, operations, outputs and depth of any PyTorch network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from .architectures import Architecture
from .layer_specs import Conv, Linear
from .layers import BYTES_PER_VALUE, describe

# torchvision's networks compute these as functions, not as layers, so they are left out everywhere.
LEFT_OUT = ("Flatten", "Softmax")
# Steps of PyTorch's automatic differentiation that multiply their input by weights.
WEIGHTED_STEPS = ("ConvolutionBackward0", "AddmmBackward0", "LinearBackward0")


@dataclass(frozen=True)
class Counts:
    """What can be counted in a network, for one picture.

    Attributes:
        parameters: weights and biases, those of normalization included.
        macs: multiply-adds of convolutions, fully connected layers and attention. One is two FLOPs.
        activation_bytes: size in float32 of the outputs of all layers, each counted once; flatten and softmax
            left out. A step that is not a layer of its own, such as ResNet's additions and GoogLeNet's ReLU,
            is not counted.
        neuron_bytes: size in float32 of the outputs of convolutions, fully connected layers and attention.
        depth: number of layers with weights on the longest way from input to output, normalization left out.
            Eight for AlexNet.
        weight_layers: number of layers with weights on all ways together, normalization left out.
        joins: number of steps that read two or more earlier results of the same picture, such as ResNet's
            additions. Zero for a plain chain of layers.
        kernel_sizes: side of the convolutions' kernels, the largest first.
        kinds: the kinds of layers, sorted, for example ("Conv", "Dropout", "Linear", "MaxPool", "ReLU").
    """

    parameters: int
    macs: int
    activation_bytes: int
    neuron_bytes: int
    depth: int
    weight_layers: int
    joins: int
    kernel_sizes: tuple[int, ...]
    kinds: tuple[str, ...]

    @property
    def parameter_bytes(self) -> int:
        """Return the size of the parameters in float32."""
        return BYTES_PER_VALUE * self.parameters


def count_architecture(architecture: Architecture) -> Counts:
    """Return what can be counted in one of this project's networks, without building it.

    Two towers count as two branches. They meet where a layer without groups follows a layer with groups: in
    conv3 and in fc6.
    """
    infos = [info for info in describe(architecture) if info.type not in LEFT_OUT]
    weighted = [layer for layer in architecture.layers if isinstance(layer, Conv | Linear)]
    groups = [getattr(layer, "groups", 1) for layer in weighted]
    return Counts(
        parameters=sum(info.parameters for info in infos),
        macs=sum(info.macs for info in infos),
        activation_bytes=sum(info.activation_bytes for info in infos),
        neuron_bytes=sum(info.activation_bytes for info in infos if info.parameters),
        depth=len(weighted),
        weight_layers=len(weighted),
        joins=sum(one > following for one, following in pairwise(groups)),
        kernel_sizes=_falling(conv.kernel_size for conv in architecture.convolutions),
        kinds=tuple(sorted({info.type for info in infos})),
    )


def count(network: nn.Module, x: Tensor) -> Counts:
    """Return what can be counted in a network on the device "meta".

    Args:
        x: the input, one picture: [1, 3, H, W].
    """
    leaves = [layer for layer in network.modules() if _is_leaf(layer)]
    # The one linear layer inside attention is never called by itself.
    inside = {id(part) for layer in leaves for part in layer.modules() if part is not layer}
    leaves = [layer for layer in leaves if id(layer) not in inside]
    calls: list[tuple[nn.Module, Tensor]] = []
    hooks = [layer.register_forward_hook(_keep(calls)) for layer in leaves if _kind(layer) not in LEFT_OUT]
    x = x.detach().clone().requires_grad_()
    depth, joins = _longest_way(network(x), x)
    for hook in hooks:
        hook.remove()
    neurons = [out.numel() for layer, out in calls if _macs(layer, out)]
    return Counts(
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        macs=sum(_macs(layer, out) for layer, out in calls),
        activation_bytes=BYTES_PER_VALUE * sum(out.numel() for _, out in calls),
        neuron_bytes=BYTES_PER_VALUE * sum(neurons),
        depth=depth,
        weight_layers=sum(_weight_layers(layer) for layer in leaves),
        joins=joins,
        kernel_sizes=_falling(layer.kernel_size[0] for layer in leaves if isinstance(layer, nn.Conv2d)),
        kinds=tuple(sorted({_kind(layer) for layer, _ in calls})),
    )


def _is_leaf(layer: nn.Module) -> bool:
    return isinstance(layer, nn.MultiheadAttention) or not any(layer.children())


def _kind(layer: nn.Module) -> str:
    """Return the name that this project has for a kind of layer: Conv for Conv2d."""
    return type(layer).__name__.removesuffix("2d")


def _keep(calls: list[tuple[nn.Module, Tensor]]) -> Callable[..., None]:
    def hook(layer: nn.Module, _inputs: object, output: Any) -> None:
        calls.append((layer, output[0] if isinstance(output, tuple) else output))

    return hook


def _macs(layer: nn.Module, output: Tensor) -> int:
    match layer:
        case nn.Conv2d():
            return output.numel() * layer.weight[0].numel()
        case nn.Linear():
            return output.numel() * layer.in_features
        case nn.MultiheadAttention():
            # Four projections: query, key, value, result. Then every token with every token, twice: query
            # with key, and weight with value.
            _, tokens, width = output.shape
            return 4 * tokens * width**2 + 2 * tokens**2 * width
        case _:
            return 0


def _weight_layers(layer: nn.Module) -> int:
    """Return 2 for attention, which computes query, key and value in one step, and 1 for other weights."""
    if isinstance(layer, nn.MultiheadAttention):
        return 2
    return int(isinstance(layer, nn.Conv2d | nn.Linear))


def _falling(sizes: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(sizes), reverse=True))


def _longest_way(output: Tensor, x: Tensor) -> tuple[int, int]:
    """Return the number of steps with weights on the longest way from x to the output, and that of joins.

    PyTorch has recorded how the output was computed. The steps are visited so that each one comes after all
    steps whose results it reads.
    """
    depths: dict[Any, int | None] = {}  # None for a step that does not depend on x
    joins = 0
    waiting: list[tuple[Any, bool]] = [(output.grad_fn, False)]
    while waiting:
        step, is_ready = waiting.pop()
        if step in depths:
            continue
        before = [one for one, _ in step.next_functions if one is not None]
        if not is_ready:
            waiting += [(step, True), *((one, False) for one in before)]
        elif getattr(step, "variable", None) is x:
            depths[step] = 0
        else:
            known = [depth for one in before if (depth := depths[one]) is not None]
            depths[step] = max(known) + (step.name() in WEIGHTED_STEPS) if known else None
            joins += len(known) > 1
    depth = depths[output.grad_fn]
    assert depth is not None, "the output depends on x"
    return depth, joins
