"""Switch off channels, units, towers or layers in a copy of a network; the network itself does not change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .activations import check_input
from .alexnet import AlexNet, ResponseNorm, private_copy
from .architectures import Architecture
from .errors import UserError
from .layer_specs import Conv, Flatten
from .layers import describe


@dataclass(frozen=True)
class Ablation:
    """The parts of a network that are switched off.

    Attributes:
        channels: pairs of a layer and its channels or units whose output becomes 0: (("conv1", (3, 7)),).
        lrn: whether LRN ignores neighbouring channels and only multiplies by its constant factor k^-beta.
        max_pooling: whether max pooling takes the mean of each window instead of the maximum.
    """

    channels: tuple[tuple[str, tuple[int, ...]], ...] = ()
    lrn: bool = False
    max_pooling: bool = False

    def __bool__(self) -> bool:
        return self.lrn or self.max_pooling or any(indices for _, indices in self.channels)


class _ConstantNorm(nn.Module):
    """LRN without neighbours: its constant factor, without which all later layers would get other scales."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


def ablated(network: AlexNet, ablation: Ablation) -> AlexNet:
    """Return a copy of the network with parts switched off; the copy shares the weights.

    The copy can be used like any network for predictions, activations and attributions. Use the original to
    examine weights.

    Raises:
        UserError: there is no such layer, or the layer has no such channel.
    """
    private = private_copy(network)
    for name, part in private.named_children():
        private.add_module(name, _replaced(part, ablation))
    sizes = {info.name: info.output_shape[0] for info in describe(network.architecture)}
    for layer, channels in ablation.channels:
        network.architecture.check_layers(layer)
        if bad := [c for c in channels if not 0 <= c < sizes[layer]]:
            raise UserError(f"{layer} has no channel {bad[0]}: choose from 0 to {sizes[layer] - 1}.")
        # This must be a layer, not a hook, since `capture` works on a copy without hooks.
        private.add_module(layer, nn.Sequential(private.get_submodule(layer), _Zero(channels)))
    return private


def _replaced(layer: nn.Module, ablation: Ablation) -> nn.Module:
    """Return the layer that replaces a layer; the layer itself if it is not switched off."""
    match layer:
        case ResponseNorm() if ablation.lrn:
            return _ConstantNorm(layer.constants.k**-layer.constants.beta)
        case nn.MaxPool2d() if ablation.max_pooling:
            return nn.AvgPool2d(layer.kernel_size, layer.stride, ceil_mode=layer.ceil_mode)
        case nn.Sequential():  # a layer some of whose channels are switched off already
            return nn.Sequential(*(_replaced(part, ablation) for part in layer))
        case _:
            return layer


class _Zero(nn.Module):
    """A layer that sets some channels or units to 0. [N, C, ...] -> [N, C, ...]"""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.index = torch.tensor(sorted(channels), dtype=torch.long)

    def forward(self, x: Tensor) -> Tensor:
        return x.index_fill(1, self.index.to(x.device), 0.0)


def tower(architecture: Architecture, number: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return the channels of a tower, 0 or 1, at every layer that a convolution or flatten reads.

    For the first tower: (("pool1", (0, ..., 47)), ("pool2", (0, ..., 127)), ...). The channels are not
    switched off before LRN: LRN at the border between the towers reads channels of both, so the other tower
    would change.

    Raises:
        UserError: the architecture has no such tower.
    """
    if not 0 <= number < architecture.towers or architecture.towers == 1:
        raise UserError(f"{architecture.name} has no tower {number}.")
    infos = describe(architecture)
    found = []
    for info, following in zip(infos, architecture.layers[1:], strict=False):
        if isinstance(following, Conv | Flatten):
            half = info.output_shape[0] // architecture.towers
            found.append((info.name, tuple(range(number * half, (number + 1) * half))))
    return tuple(found)


def rank_channels(
    network: AlexNet,
    x: Tensor,
    layer: str,
    target: int,
    progress: Callable[[int, int], object] = lambda done, total: None,
    batch: int = 32,
) -> Tensor:
    """Return how far the target's probability falls when each channel or unit alone is switched off: [C].

    A value is negative if the probability rises. Layers before `layer` are computed once, later ones in
    batches.

    Args:
        x: [1, 3, H, W].
        progress: called with (done, total).

    Raises:
        UserError: there is no such layer or class, or it is the last layer, which has the probabilities
            itself.
    """
    target = network.architecture.check_target(target)
    _, before, without = scores_without(network, x, layer, progress, batch)
    return (before.softmax(0)[target] - without.softmax(1)[:, target]).cpu()


def scores_without(
    network: AlexNet,
    x: Tensor,
    layer: str,
    progress: Callable[[int, int], object] = lambda done, total: None,
    batch: int = 32,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return a layer's output, the logits, and the logits without each channel of the layer.

    Arguments and errors are those of `rank_channels`.

    Returns:
        [C, ...], [classes], [C, classes]
    """
    network.architecture.check_layers(layer)
    check_input(network, x)
    *names, softmax = network.architecture.layer_names
    if layer == softmax:
        raise UserError(f"{layer} is the result itself. Choose one of: {', '.join(names)}.")
    logits = network.architecture.logits_layer
    with torch.inference_mode():
        x = network.run(x, until=layer)
        count = x.shape[1]
        before = network.run(x, after=layer, until=logits)[0]
        without = []
        for first in range(0, count, batch):
            switched = torch.arange(first, min(first + batch, count), device=x.device)
            variants = x.repeat(len(switched), *[1] * (x.ndim - 1))
            variants[torch.arange(len(switched), device=x.device), switched] = 0.0
            without.append(network.run(variants, after=layer, until=logits))
            progress(min(first + batch, count), count)
    return x[0], before, torch.cat(without)
