"""Sanity checks: does an attribution show what the network uses?

Deletion and insertion are from Petsiuk et al. 2018, RISE; random weights from Adebayo et al. 2018, Sanity
Checks for Saliency Maps; completeness from Sundararajan et al. 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..activations import check_input
from ..alexnet import AlexNet, private_copy
from . import Attribution, answer
from .base import GREY_LEVEL, Progress, blurred, enlarged, grey

STEPS, PLACES = 25, 6  # together these need 312 forward passes: some seconds on two slow cores
BATCH = STEPS + 1  # all inputs of a curve
UNCHANGED = 0.5  # above this rank correlation an attribution counts as hardly changed


@dataclass(frozen=True)
class Curve:
    """The target's probability while more and more pixels are covered or uncovered.

    Attributes:
        share: shares of the pixels, from 0 to 1.
        probability: the target's probability at each share.
    """

    share: np.ndarray
    probability: np.ndarray

    @property
    def area(self) -> float:
        """Return the area under the curve, from 0 to 1: small is good for deletion, large for insertion."""
        return float(np.trapezoid(self.probability, self.share))


@dataclass(frozen=True)
class Curves:
    """The curves of deletion and insertion.

    Deletion turns the strongest pixels grey first. Insertion uncovers them first in a blurred photo.
    """

    deletion: Curve
    insertion: Curve


def curves(network: AlexNet, x: Tensor, heatmap: np.ndarray, target: int, steps: int = STEPS) -> Curves:
    """Return how fast the target's probability falls by deletion and rises by insertion.

    Args:
        x: [1, 3, H, W].
        heatmap: [H, W]. Of equal values, those nearer to the upper left come first.
        steps: number of points of each curve after the first.

    Raises:
        UserError: there is no such class.
    """
    target = network.architecture.check_target(target)
    check_input(network, x)
    order = np.argsort(-heatmap, axis=None, kind="stable")
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    strongest_first = torch.from_numpy(rank.reshape(heatmap.shape)).to(x.device)
    share = np.linspace(0, 1, steps + 1)
    counts = np.round(share * rank.size).astype(int).tolist()
    covered = grey(network, x, GREY_LEVEL.default)
    return Curves(
        Curve(share, _probabilities(network, covered, x, strongest_first, counts, target)),
        Curve(share, _probabilities(network, x, blurred(x), strongest_first, counts, target)),
    )


@torch.inference_mode()
def _probabilities(
    network: AlexNet, inside: Tensor, outside: Tensor, rank: Tensor, counts: list[int], target: int
) -> np.ndarray:
    """Return the target's probability for mixtures of two inputs, one for each number in `counts`.

    The strongest pixels, so many as the number says, are from `inside`, all others from `outside`.
    """
    parts = []
    for first in range(0, len(counts), BATCH):
        limits = torch.tensor(counts[first : first + BATCH], device=rank.device).view(-1, 1, 1, 1)
        parts.append(network(torch.where(rank < limits, inside, outside))[:, target])
    return torch.cat(parts).cpu().numpy()


@dataclass(frozen=True)
class Chance:
    """The curves of the same attribution moved to random places.

    Attributes:
        curve: the mean of all curves.
        areas: the area under each curve.
    """

    curve: Curve
    areas: tuple[float, ...]

    @property
    def area(self) -> float:
        """Return the area under the mean curve."""
        return self.curve.area

    @property
    def spread(self) -> float:
        """Return two standard deviations of the areas: by chance, differences are rarely larger."""
        return 2 * float(np.std(self.areas, ddof=1))


@dataclass(frozen=True)
class Yardstick:
    """What an attribution that knows nothing of the photo reaches by chance, in deletion and in insertion."""

    deletion: Chance
    insertion: Chance


def yardstick(
    network: AlexNet,
    x: Tensor,
    attribution: Attribution,
    places: int = PLACES,
    steps: int = STEPS,
    progress: Progress = lambda done, total: None,
) -> Yardstick:
    """Return deletion and insertion curves of the same attribution moved to random places.

    Moving keeps how coarse and how uneven an attribution is. This matters because scattered grey pixels
    disturb a network more than one large grey patch. Compared with smooth random values, any fine attribution
    would pass, even noise. Compared with its own values in random order, any smooth one would fail.

    Args:
        places: number of random places, at least two.
        steps: the same as for the curves that are compared.
        progress: called with (done, total).
    """
    by_place = []
    for seed in range(places):
        by_place.append(curves(network, x, moved(attribution, seed), attribution.question.target, steps))
        progress(seed + 1, places)
    return Yardstick(
        _chance([one.deletion for one in by_place]), _chance([one.insertion for one in by_place])
    )


def moved(attribution: Attribution, seed: int) -> np.ndarray:
    """Return the heat map of an attribution moved to a random place: float32 [H, W].

    The values are moved down and to the right by a quarter to three quarters of the sides, so that no part
    stays near its place. What leaves on one side comes in on the other.
    """
    sides = np.array(attribution.values.shape)
    way = np.random.default_rng(seed).integers(sides // 4, sides - sides // 4)
    values = np.roll(attribution.values, way, axis=(0, 1))
    return enlarged(torch.from_numpy(values), attribution.heatmap.shape).numpy()


def _chance(curves: list[Curve]) -> Chance:
    mean = np.mean([curve.probability for curve in curves], axis=0)
    return Chance(Curve(curves[0].share, mean), tuple(curve.area for curve in curves))


Kind = Literal["deletion", "insertion"]
Verdict = Literal["better than chance", "no better than chance", "worse than chance"]
BETTER: dict[Kind, Literal["smaller", "larger"]] = {"deletion": "smaller", "insertion": "larger"}


def verdict(kind: Kind, curve: Curve, chance: Chance) -> Verdict:
    """Return whether the area is better or worse than by chance, by more than the spread of chance."""
    gain = chance.area - curve.area if BETTER[kind] == "smaller" else curve.area - chance.area
    if abs(gain) <= chance.spread:
        return "no better than chance"
    return "better than chance" if gain > 0 else "worse than chance"


@dataclass(frozen=True)
class Randomized:
    """The same attribution, computed with random weights in some layers.

    Attributes:
        layers: the layers with random weights, the last layer first.
        attribution: the new attribution.
        correlation: rank correlation between the magnitudes of the new attribution and of the original.
    """

    layers: tuple[str, ...]
    attribution: Attribution
    correlation: float

    @property
    def hardly_changed(self) -> bool:
        return self.correlation > UNCHANGED


def cascade(
    network: AlexNet, x: Tensor, original: Attribution, progress: Progress = lambda done, total: None
) -> list[Randomized]:
    """Return the attribution computed again while layers get random weights, from the last to the first.

    The first result has random weights in fc8, the next in fc8 and fc7, and so on. Random weights have the
    standard deviation of the old ones; biases stay the same. The network itself does not change.

    Args:
        progress: called with (done, total).
    """
    learned = [name for name, layer in network.named_children() if hasattr(layer, "weight")]
    twin, generator = private_copy(network), torch.Generator().manual_seed(0)
    found: list[Randomized] = []

    def within(done: float, total: int) -> None:
        progress(len(found) + done / total, len(learned))

    for count, name in enumerate(reversed(learned), start=1):
        layer = twin.get_submodule(name)
        old = layer.get_parameter("weight")
        new = torch.randn(old.shape, generator=generator).to(old) * old.std()
        layer.register_parameter("weight", torch.nn.Parameter(new, requires_grad=False))
        again = answer(twin, x, original.question, within)
        random_ones = tuple(reversed(learned))[:count]
        found.append(Randomized(random_ones, again, rank_correlation(original.values, again.values)))
    return found


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's rank correlation of two attributions' magnitudes; 0 if one of them is constant.

    >>> rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([10.0, 200.0, 3000.0]))  # the same order
    1.0
    """
    from scipy.stats import spearmanr

    magnitudes = [np.abs(values).ravel() for values in (a, b)]
    if any(np.ptp(one) == 0 for one in magnitudes):
        return 0.0
    return float(spearmanr(*magnitudes).statistic)


@dataclass(frozen=True)
class Completeness:
    """The sum of an attribution's values, and what it should be.

    Attributes:
        total: the sum of all values.
        change: the target's logit for the photo minus that for the baseline.
    """

    total: float
    change: float

    @property
    def gap(self) -> float:
        """Return the difference between both, as a share of the change."""
        return abs(self.total - self.change) / max(abs(self.change), 1e-12)


@torch.inference_mode()
def completeness(network: AlexNet, x: Tensor, attribution: Attribution) -> Completeness | None:
    """Return the sum of an attribution and what it should be; None if the method does not promise a sum."""
    if not attribution.method.adds_up:
        return None
    baseline = grey(network, x, attribution.question.number("grey"))
    logits = network.logits(torch.cat([x, baseline]))[:, attribution.question.target]
    return Completeness(float(attribution.values.sum()), float(logits[0] - logits[1]))
