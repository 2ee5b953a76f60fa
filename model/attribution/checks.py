"""Should one believe a map? Three checks that a map can fail.

Deletion and insertion: Petsiuk et al. 2018, RISE. Randomised weights: Adebayo et al. 2018, Sanity Checks
for Saliency Maps. Completeness: Sundararajan et al. 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..activations import check_input, check_target
from ..alexnet import AlexNet, private_copy
from . import Attribution, answer
from .base import GREY_LEVEL, Progress, blurred, enlarged, grey

STEPS, PLACES = 25, 6  # together 312 pictures: some seconds on two slow cores
BATCH = STEPS + 1  # a whole curve
UNCHANGED = 0.5  # rank correlation above which a map counts as hardly changed


@dataclass(frozen=True)
class Curve:
    """A class's probability while more and more pixels are taken away, or given back.

    Attributes:
        share: of the pixels, from 0 to 1.  probability: at each.
    """

    share: np.ndarray
    probability: np.ndarray

    @property
    def area(self) -> float:
        """Under the curve, from 0 to 1: low is good for deletion, high for insertion."""
        return float(np.trapezoid(self.probability, self.share))


@dataclass(frozen=True)
class Curves:
    """Deletion turns the strongest pixels grey first; insertion uncovers them first in a blurred picture."""

    deletion: Curve
    insertion: Curve


def curves(model: AlexNet, x: Tensor, heatmap: np.ndarray, target: int, steps: int = STEPS) -> Curves:
    """How fast the class goes when a map's strongest pixels go, and comes when they come.

    Args:
        x: [1, 3, H, W].  heatmap: [H, W]; of equal values the upper left ones count as stronger.
        steps: pictures tried for each curve, beside the first.

    Raises:
        UserError: there is no such class.
    """
    target = check_target(model.architecture, target)
    check_input(model, x)
    order = np.argsort(-heatmap, axis=None, kind="stable")
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    strongest_first = torch.from_numpy(rank.reshape(heatmap.shape)).to(x.device)
    share = np.linspace(0, 1, steps + 1)
    counts = np.round(share * rank.size).astype(int).tolist()
    covered = grey(model, x, GREY_LEVEL.default)
    return Curves(
        Curve(share, _probabilities(model, covered, x, strongest_first, counts, target)),
        Curve(share, _probabilities(model, x, blurred(x), strongest_first, counts, target)),
    )


@torch.inference_mode()
def _probabilities(
    model: AlexNet, inside: Tensor, outside: Tensor, rank: Tensor, counts: list[int], target: int
) -> np.ndarray:
    """With the strongest `count` pixels from one picture and all others from another, for each count."""
    found = []
    for first in range(0, len(counts), BATCH):
        limits = torch.tensor(counts[first : first + BATCH], device=rank.device).view(-1, 1, 1, 1)
        found.append(model(torch.where(rank < limits, inside, outside))[:, target])
    return torch.cat(found).cpu().numpy()


@dataclass(frozen=True)
class Chance:
    """What the same map reaches in other places.

    Attributes:
        curve: the mean of theirs.
        areas: under each.
    """

    curve: Curve
    areas: tuple[float, ...]

    @property
    def area(self) -> float:
        """Their mean."""
        return self.curve.area

    @property
    def spread(self) -> float:
        """Two standard deviations of the areas: a map that knows nothing is rarely further off the mean."""
        return 2 * float(np.std(self.areas, ddof=1))


@dataclass(frozen=True)
class Yardstick:
    """The chance of deletion and of insertion, for one map."""

    deletion: Chance
    insertion: Chance


def yardstick(
    model: AlexNet,
    x: Tensor,
    attribution: Attribution,
    places: int = PLACES,
    steps: int = STEPS,
    progress: Progress = lambda done, total: None,
) -> Yardstick:
    """Deletion and insertion by the same map in random places: as coarse, as uneven, as much in one piece.

    Scattered grey pixels disturb a network more than one large patch of them. So beside a smooth random map
    any fine one would pass, pixel noise too; beside its own values scattered any smooth one would fail.

    Args:
        places: how many, at least two.  steps: must be those of the curves that are held beside it.
        progress: called with (done, total).
    """
    found = []
    for seed in range(places):
        found.append(curves(model, x, moved(attribution, seed), attribution.question.target, steps))
        progress(seed + 1, places)
    return Yardstick(_chance([one.deletion for one in found]), _chance([one.insertion for one in found]))


def moved(attribution: Attribution, seed: int) -> np.ndarray:
    """The map in a random place: float32 [H, W], enlarged like the map itself.

    It goes a quarter to three quarters of the way down and to the right, and what leaves on one side comes in
    on the other: so no part of it ends up near where it was.
    """
    sides = np.array(attribution.values.shape)
    way = np.random.default_rng(seed).integers(sides // 4, sides - sides // 4)
    values = np.roll(attribution.values, way, axis=(0, 1))
    return enlarged(torch.from_numpy(values), attribution.heatmap.shape).numpy()


def _chance(found: list[Curve]) -> Chance:
    mean = np.mean([curve.probability for curve in found], axis=0)
    return Chance(Curve(found[0].share, mean), tuple(curve.area for curve in found))


Kind = Literal["deletion", "insertion"]
Verdict = Literal["better than chance", "no better than chance", "worse than chance"]
BETTER: dict[Kind, Literal["smaller", "larger"]] = {"deletion": "smaller", "insertion": "larger"}


def verdict(kind: Kind, curve: Curve, chance: Chance) -> Verdict:
    """Whether a map's area differs from those of the map moved by more than their spread."""
    gain = chance.area - curve.area if BETTER[kind] == "smaller" else curve.area - chance.area
    if abs(gain) <= chance.spread:
        return "no better than chance"
    return "better than chance" if gain > 0 else "worse than chance"


@dataclass(frozen=True)
class Randomized:
    """The same explanation once some layers have random weights.

    Attributes:
        layers: those that are random, the last of the network first.
        attribution: the new map.
        correlation: Spearman's rank correlation of its magnitudes with the original's.
    """

    layers: tuple[str, ...]
    attribution: Attribution
    correlation: float

    @property
    def hardly_changed(self) -> bool:
        return self.correlation > UNCHANGED


def cascade(
    model: AlexNet, x: Tensor, original: Attribution, progress: Progress = lambda done, total: None
) -> list[Randomized]:
    """Randomise the layers from the last to the first, and explain again each time.

    New weights have the spread of the old ones; biases keep their values. The shared network stays as it is.

    Args:
        progress: called with (done, total).
    """
    learned = [name for name, layer in model.named_children() if hasattr(layer, "weight")]
    twin, generator = private_copy(model), torch.Generator().manual_seed(0)
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
    """Spearman's, of two maps' magnitudes; 0 where one of them is the same everywhere."""
    from scipy.stats import spearmanr

    magnitudes = [np.abs(values).ravel() for values in (a, b)]
    if any(np.ptp(one) == 0 for one in magnitudes):
        return 0.0
    return float(spearmanr(*magnitudes).statistic)


@dataclass(frozen=True)
class Completeness:
    """What the values of a map add up to, beside what they should.

    Attributes:
        total: the sum of all values.
        change: the class's logit for this picture minus that for the baseline.
    """

    total: float
    change: float

    @property
    def gap(self) -> float:
        """The difference as a share of the change."""
        return abs(self.total - self.change) / max(abs(self.change), 1e-12)


@torch.inference_mode()
def completeness(model: AlexNet, x: Tensor, attribution: Attribution) -> Completeness | None:
    """For methods that share out the change from a grey picture; None for all others."""
    if not attribution.method.adds_up:
        return None
    baseline = grey(model, x, attribution.question["grey"])
    logits = model.logits(torch.cat([x, baseline]))[:, attribution.question.target]
    return Completeness(float(attribution.values.sum()), float(logits[0] - logits[1]))
