"""How well a network uses its units: dead and always-on ones, copies, sparsity, and distributions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from .alexnet import AlexNet
from .errors import UserError
from .histogram import Histogram, Tally
from .preprocess import Photo, network_crop

DUPLICATE_COSINE = 0.95
BATCH = 8  # pictures at a time: the output of conv1 then takes 9 MB


@dataclass(frozen=True)
class ReLUHealth:
    """What the units of one ReLU did on some pictures; where there are maps, a unit is a channel.

    Attributes:
        layer: the ReLU's name.  before: the name of the layer whose output it takes.
        firing: the share of pictures and positions at which each unit is above zero, [units].
        histogram: of the values that go into the ReLU.
    """

    layer: str
    before: str
    firing: np.ndarray
    histogram: Histogram

    @property
    def sparsity(self) -> float:
        """The share of zeros in the ReLU's output."""
        return float(1 - self.firing.mean())

    @property
    def dead(self) -> tuple[int, ...]:
        """Units that are zero at every position of every picture."""
        return tuple(map(int, np.flatnonzero(self.firing == 0)))

    @property
    def always_on(self) -> tuple[int, ...]:
        """Units that are always on: above zero at every position of every picture.

        On these pictures their ReLU never bends, so they compute no more than a linear layer would.
        """
        return tuple(map(int, np.flatnonzero(self.firing == 1)))


@dataclass(frozen=True)
class Duplicate:
    """Two filters of one convolution that point the same way: first < second."""

    first: int
    second: int
    cosine: float


@dataclass(frozen=True)
class WeightsHealth:
    """The weights of one layer, without its biases.

    Attributes:
        duplicates: near-duplicate filters, the most alike first; None for fully connected layers.
    """

    layer: str
    histogram: Histogram
    duplicates: tuple[Duplicate, ...] | None


@dataclass(frozen=True)
class Health:
    """Every ReLU on `pictures` pictures, and every layer with weights, in the network's order."""

    pictures: int
    relus: tuple[ReLUHealth, ...]
    weights: tuple[WeightsHealth, ...]


def health(model: AlexNet, inputs: Iterable[Tensor]) -> Health:
    """Examine a network's activity on some inputs, and its weights.

    Args:
        inputs: tensors [n, 3, H, W] of any n, taken one at a time; see `batches`.

    Raises:
        UserError: there are no inputs, or values that are not finite.
    """
    pictures, relus = activity(model, inputs)
    return Health(pictures, relus, weights_health(model))


def batches(model: AlexNet, photos: Sequence[Photo], size: int = BATCH) -> Iterator[Tensor]:
    """Photos as inputs of at most `size` pictures each, prepared when they are asked for."""
    for start in range(0, len(photos), size):
        part = photos[start : start + size]
        yield model.to_input(np.stack([network_crop(photo, model.architecture) for photo in part]))


def activity(model: AlexNet, inputs: Iterable[Tensor]) -> tuple[int, tuple[ReLUHealth, ...]]:
    """How many pictures there were, and what every ReLU did on them. Arguments and errors as `health`."""
    layers = list(model.named_children())
    relus = {
        name: _Activity(layers[i - 1][0]) for i, (name, m) in enumerate(layers) if isinstance(m, nn.ReLU)
    }
    pictures = 0
    with torch.inference_mode():
        for x in inputs:
            pictures += len(x)
            # Walked layer by layer: no hooks on a model that other threads use, no maps kept.
            for name, layer in layers:
                before, x = x, layer(x)
                if name in relus:
                    relus[name].add(before, x)
    if not pictures:
        raise UserError("There are no pictures to examine the network on. Give at least one.")
    return pictures, tuple(found.result(name) for name, found in relus.items())


def weights_health(model: AlexNet) -> tuple[WeightsHealth, ...]:
    """The distribution of every layer's weights, and near-duplicate filters of convolutions."""
    found = []
    for name, layer in model.named_children():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            tally = Tally()
            tally.add(layer.weight.detach())
            pairs = near_duplicates(layer.weight, layer.groups) if isinstance(layer, nn.Conv2d) else None
            found.append(WeightsHealth(name, tally.result(), pairs))
    return tuple(found)


def near_duplicates(
    weights: Tensor, groups: int = 1, threshold: float = DUPLICATE_COSINE
) -> tuple[Duplicate, ...]:
    """Pairs of filters whose weights have a cosine above the threshold, the most alike first.

    Only filters of the same group are compared: others see other channels. Biases and lengths do not
    count; a filter of zeros points nowhere, and is nobody's duplicate.

    Args:
        weights: [out, in per group, h, w].
    """
    units = nn.functional.normalize(weights.detach().flatten(1), dim=1)
    per_group, pairs = len(units) // groups, []
    for group, members in enumerate(units.split(per_group)):
        cosines = (members @ members.T).triu(diagonal=1)
        for first, second in (cosines > threshold).nonzero().tolist():
            start, cosine = group * per_group, min(1.0, float(cosines[first, second]))
            pairs.append(Duplicate(start + first, start + second, cosine))
    return tuple(sorted(pairs, key=lambda pair: (-pair.cosine, pair.first, pair.second)))


class _Activity:
    """Adds up what one ReLU does, batch by batch."""

    def __init__(self, before: str) -> None:
        self.before, self.positions, self.tally = before, 0, Tally()
        self.fired: np.ndarray | int = 0

    def add(self, before: Tensor, after: Tensor) -> None:
        fired = (after > 0).transpose(0, 1).flatten(1)
        self.fired = self.fired + fired.sum(1).cpu().numpy()
        self.positions += fired.shape[1]
        self.tally.add(before)

    def result(self, layer: str) -> ReLUHealth:
        return ReLUHealth(layer, self.before, np.asarray(self.fired) / self.positions, self.tally.result())
