"""Examine how well a network uses its units: dead units, near-duplicate filters, sparsity, histograms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from .alexnet import AlexNet
from .errors import UserError
from .histogram import Histogram, Tally
from .layer_specs import ReLU
from .preprocess import Photo, network_crop

DUPLICATE_COSINE = 0.95
BATCH = 8  # photos; the output of conv1 then takes 9 MB


@dataclass(frozen=True)
class ReLUHealth:
    """How active the channels, or units, of a ReLU are on some photos.

    Attributes:
        layer: name of the ReLU.  before: name of the layer before it.
        firing: for each channel, the share of all positions on all photos at which it is above zero, [units].
        histogram: of the ReLU's inputs.
    """

    layer: str
    before: str
    firing: np.ndarray
    histogram: Histogram

    @property
    def sparsity(self) -> float:
        """Return the share of zeros in the ReLU's output."""
        return float(1 - self.firing.mean())

    @property
    def dead(self) -> tuple[int, ...]:
        """Return the channels, or units, that are zero at every position of every photo."""
        return tuple(map(int, np.flatnonzero(self.firing == 0)))

    @property
    def always_on(self) -> tuple[int, ...]:
        """Return the channels, or units, that are above zero at every position of every photo.

        On these photos the ReLU never cuts anything off, so they compute no more than a linear layer would.
        """
        return tuple(map(int, np.flatnonzero(self.firing == 1)))


@dataclass(frozen=True)
class Duplicate:
    """Two filters of a convolution with nearly proportional weights: filter `first` < filter `second`."""

    first: int
    second: int
    cosine: float


@dataclass(frozen=True)
class WeightsHealth:
    """The weights of one layer, without its biases.

    Attributes:
        duplicates: near-duplicate filters, the most similar first; None for fully connected layers.
    """

    layer: str
    histogram: Histogram
    duplicates: tuple[Duplicate, ...] | None


@dataclass(frozen=True)
class Health:
    """The health of a network.

    Attributes:
        pictures: number of photos that were examined.
        relus: the activity of every ReLU, in the order of the layers.
        weights: the weights of every layer that has some, in the same order.
    """

    pictures: int
    relus: tuple[ReLUHealth, ...]
    weights: tuple[WeightsHealth, ...]


def health(network: AlexNet, inputs: Iterable[Tensor]) -> Health:
    """Return the health of a network: its activity on some inputs, and its weights.

    Args:
        inputs: batches [n, 3, H, W] of any size; see `batches`.

    Raises:
        UserError: there are no inputs, or some values are not finite.
    """
    pictures, relus = activity(network, inputs)
    return Health(pictures, relus, weights_health(network))


def batches(network: AlexNet, photos: Sequence[Photo], size: int = BATCH) -> Iterator[Tensor]:
    """Yield photos as inputs in batches of at most `size`: [n, 3, H, W]."""
    for start in range(0, len(photos), size):
        part = photos[start : start + size]
        yield network.to_input(np.stack([network_crop(photo, network.architecture) for photo in part]))


def activity(network: AlexNet, inputs: Iterable[Tensor]) -> tuple[int, tuple[ReLUHealth, ...]]:
    """Return the number of photos, and the activity of every ReLU; arguments and errors as for `health`."""
    layers = network.architecture.layers
    relus = {
        layer.name: _Activity(before.name) for before, layer in pairwise(layers) if isinstance(layer, ReLU)
    }
    pictures = 0
    with torch.inference_mode():
        for x in inputs:
            pictures += len(x)
            before = x
            for name, output in network.walk(x):  # one layer at a time, so that no other output needs memory
                if name in relus:
                    relus[name].add(before, output)
                before = output
    if not pictures:
        raise UserError("There are no photos to examine the network on. Give at least one.")
    return pictures, tuple(counter.result(name) for name, counter in relus.items())


def weights_health(network: AlexNet) -> tuple[WeightsHealth, ...]:
    """Return the histogram of every layer's weights, and the near-duplicate filters of convolutions."""
    layers = []
    for name, layer in network.named_children():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            tally = Tally()
            tally.add(layer.weight.detach())
            pairs = near_duplicates(layer.weight, layer.groups) if isinstance(layer, nn.Conv2d) else None
            layers.append(WeightsHealth(name, tally.result(), pairs))
    return tuple(layers)


def near_duplicates(
    weights: Tensor, groups: int = 1, threshold: float = DUPLICATE_COSINE
) -> tuple[Duplicate, ...]:
    """Return all pairs of filters whose weights have a cosine above the threshold, the most similar first.

    Only filters of the same group are compared, since others read other channels. Biases and the size of
    weights do not count. A filter of zeros is never a duplicate.

    Args:
        weights: [out, in per group, h, w].

    >>> filters = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]).view(3, 1, 1, 2)
    >>> near_duplicates(filters)  # the second is twice the first
    (Duplicate(first=0, second=1, cosine=1.0),)
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
    """A counter of a ReLU's activity, to which batches are added."""

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
