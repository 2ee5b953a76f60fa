"""The same network with parts switched off; the weights that others use stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .activations import check_input, check_layers, check_target
from .alexnet import AlexNet, LocalResponseNorm, private_copy
from .architectures import Architecture, Conv, Flatten
from .errors import UserError
from .layers import describe


@dataclass(frozen=True)
class Ablation:
    """What is switched off.

    Attributes:
        channels: (layer, channels or units) whose output becomes 0.
        lrn: LRN no longer compares neighbours: only its constant factor k^-beta is left.
        max_pooling: the mean of each window is taken instead of the maximum.
    """

    channels: tuple[tuple[str, tuple[int, ...]], ...] = ()
    lrn: bool = False
    max_pooling: bool = False

    def __bool__(self) -> bool:
        return self.lrn or self.max_pooling or any(indices for _, indices in self.channels)


class _ConstantNorm(nn.Module):
    """What is left of LRN without neighbours; dropping the factor too would rescale all that follows."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


def ablated(model: AlexNet, ablation: Ablation) -> AlexNet:
    """A network of its own that shares every weight with `model`, with parts switched off.

    It predicts, captures and explains like any other. What looks at weights wants the network itself.

    Raises:
        UserError: the network has no such layer, or the layer no such channel.
    """
    private = private_copy(model)
    for name, part in private.named_children():
        private.add_module(name, _replaced(part, ablation))
    sizes = {info.name: info.output_shape[0] for info in describe(model.architecture)}
    for layer, channels in ablation.channels:
        check_layers(model.architecture, layer)
        if bad := [c for c in channels if not 0 <= c < sizes[layer]]:
            raise UserError(f"{layer} has no channel {bad[0]}: choose from 0 to {sizes[layer] - 1}.")
        # A layer of its own, not a hook: `capture` works on a copy without anyone else's hooks.
        private.add_module(layer, nn.Sequential(private.get_submodule(layer), _Zero(channels)))
    return private


def _replaced(layer: nn.Module, ablation: Ablation) -> nn.Module:
    """What stands in for a layer; itself if the ablation leaves it alone."""
    match layer:
        case LocalResponseNorm() if ablation.lrn:
            return _ConstantNorm(layer.constants.k**-layer.constants.beta)
        case nn.MaxPool2d() if ablation.max_pooling:
            return nn.AvgPool2d(layer.kernel_size, layer.stride)
        case nn.Sequential():  # channels of it are switched off already
            return nn.Sequential(*(_replaced(part, ablation) for part in layer))
        case _:
            return layer


class _Zero(nn.Module):
    """Sets some channels or units to 0. [N, C, ...] -> [N, C, ...]"""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.index = torch.tensor(sorted(channels), dtype=torch.long)

    def forward(self, x: Tensor) -> Tensor:
        return x.index_fill(1, self.index.to(x.device), 0.0)


def tower(architecture: Architecture, number: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The channels of one tower (0 or 1), where they leave for the next convolution.

    Not where they leave their own: LRN compares channels on both sides of the border between the
    towers, and would carry the change across.

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
    model: AlexNet,
    x: Tensor,
    layer: str,
    target: int,
    progress: Callable[[int, int], object] = lambda done, total: None,
    batch: int = 32,
) -> Tensor:
    """How far the class's probability falls when each channel or unit of a layer alone is switched off: [C].

    Negative where the class gains. The layers below are run once, those above in batches.

    Args:
        x: [1, 3, H, W].
        progress: called with (done, total).

    Raises:
        UserError: no such layer or class, or the last layer, whose probabilities are what is compared.
    """
    target = check_target(model.architecture, target)
    _, before, without = scores_without(model, x, layer, progress, batch)
    return (before.softmax(0)[target] - without.softmax(1)[:, target]).cpu()


def scores_without(
    model: AlexNet,
    x: Tensor,
    layer: str,
    progress: Callable[[int, int], object] = lambda done, total: None,
    batch: int = 32,
) -> tuple[Tensor, Tensor, Tensor]:
    """A layer's maps, the logits, and the logits without each channel: [C, ...], [classes], [C, classes].

    Arguments and errors as of `rank_channels`.
    """
    check_layers(model.architecture, layer)
    check_input(model, x)
    *names, softmax = model.architecture.layer_names
    if layer == softmax:
        raise UserError(f"{layer} is the result itself. Choose one of: {', '.join(names)}.")
    position = names.index(layer) + 1
    with torch.inference_mode():
        for name in names[:position]:
            x = model.get_submodule(name)(x)
        count = x.shape[1]
        before = _finish(model, x, names[position:])[0]
        without = []
        for first in range(0, count, batch):
            switched = torch.arange(first, min(first + batch, count), device=x.device)
            variants = x.repeat(len(switched), *[1] * (x.ndim - 1))
            variants[torch.arange(len(switched), device=x.device), switched] = 0.0
            without.append(_finish(model, variants, names[position:]))
            progress(min(first + batch, count), count)
    return x[0], before, torch.cat(without)


def _finish(model: AlexNet, x: Tensor, names: Sequence[str]) -> Tensor:
    for name in names:
        x = model.get_submodule(name)(x)
    return x
