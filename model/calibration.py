"""How far a network's probabilities can be trusted: measured on photographs that it has not learned from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np

from .assets import ASSETS

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Answers whose probability lies in one tenth of the scale.

    Attributes:
        low, high: of the probability, 0..1.
        count: how many answers.
        probability: their mean probability; None where there are none.
        right: the share of them that was right; None where there are none.
    """

    low: float
    high: float
    count: int
    probability: float | None
    right: float | None


@dataclass(frozen=True)
class Calibration:
    """What first guesses were worth on photographs of everyday things.

    Attributes:
        weights: checksum of the weights' file, as `WeightsFile.checksum` has it.
        photographs: how many were looked at.
        top1, top5: shares, 0..1, with the right class at the first guess and within five.
        error: expected calibration error, 0..1; see `expected_calibration_error`.
        temperature: by which dividing all logits would lower that error most; 1 where nothing is gained.
        error_at_temperature: the error that would be left.
        unsure_below: first guesses below this probability were wrong more often than right.
        bins: the reliability curve.
    """

    weights: str
    photographs: int
    top1: float
    top5: float
    error: float
    temperature: float
    error_at_temperature: float
    unsure_below: float
    bins: tuple[Bin, ...]

    def bin_of(self, probability: float) -> Bin:
        """The bin that a first guess of this probability belongs to."""
        return self.bins[min(int(probability * len(self.bins)), len(self.bins) - 1)]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)


@cache
def calibration_of(checksum: str) -> Calibration | None:
    """What was measured for the weights of that checksum; None if nothing was."""
    stored = json.loads((ASSETS / "calibration.json").read_text("utf-8"))
    stored["bins"] = tuple(Bin(**one) for one in stored["bins"])
    found = Calibration(**stored)
    return found if found.weights == checksum else None


def measure(logits: np.ndarray, truth: np.ndarray, weights: str) -> Calibration:
    """Measure first guesses against the truth.

    Args:
        logits: [n, classes].  truth: [n], class indices.  weights: checksum of the weights' file.
    """
    probability, right = _first_guesses(logits, truth)
    temperature = best_temperature(logits, truth)
    cooled, _ = _first_guesses(logits / temperature, truth)
    five = np.argsort(-logits, axis=1)[:, :5]
    return Calibration(
        weights=weights,
        photographs=len(truth),
        top1=float(right.mean()),
        top5=float((five == truth[:, None]).any(1).mean()),
        error=expected_calibration_error(probability, right),
        temperature=temperature,
        error_at_temperature=expected_calibration_error(cooled, right),
        unsure_below=unsure_below(probability, right),
        bins=reliability(probability, right),
    )


def _first_guesses(logits: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first guesses' probabilities, [n], and whether they are right, bool [n]."""
    return _softmax(logits).max(1), logits.argmax(1) == truth


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def reliability(probability: np.ndarray, right: np.ndarray, bins: int = BINS) -> tuple[Bin, ...]:
    """How often answers were right, by their probability (a reliability curve).

    Args:
        probability: [n], 0..1.  right: bool [n].
    """
    index = np.minimum((probability * bins).astype(int), bins - 1)
    found = []
    for i in range(bins):
        own = index == i
        means = [float(values[own].mean()) if own.any() else None for values in (probability, right)]
        found.append(Bin(i / bins, (i + 1) / bins, int(own.sum()), *means))
    return tuple(found)


def expected_calibration_error(probability: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Mean distance between probability and share of right answers over bins, weighted by their counts.

    0.1 says that a stated 50 % means 40 or 60 % on average. (Naeini et al. 2015; Guo et al. 2017)
    """
    return sum(
        one.count / len(right) * abs(one.probability - one.right)
        for one in reliability(probability, right, bins)
        if one.probability is not None and one.right is not None
    )


def best_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """By what to divide all logits so that the truth becomes most probable. (Guo et al. 2017)

    The mean logarithm of the truth's probability is concave in the inverse temperature. So its derivative,
    the truth's logit less the expected one, has a single zero, which halving finds.
    """
    logits = logits.astype(np.float64)
    of_truth = logits[np.arange(len(truth)), truth].mean()
    low, high = 0.05, 20.0  # inverse temperatures
    for _ in range(60):
        middle = (low * high) ** 0.5
        expected = (_softmax(logits * middle) * logits).sum(1).mean()
        low, high = (middle, high) if of_truth > expected else (low, middle)
    return float(1 / low)


def unsure_below(probability: np.ndarray, right: np.ndarray) -> float:
    """The probability below which a first guess should count as "unsure".

    Of the answers below it at least half are wrong, of the others at least half are right. It is the cut that
    puts the most answers on the side where they belong.
    """
    order = np.argsort(probability, kind="stable")
    ranked = probability[order]
    balance = np.concatenate([[0], np.cumsum(np.where(right[order], 1, -1))])
    # Equal probabilities cannot be told apart, so there is no cut between them.
    cuts = [0, *(np.flatnonzero(ranked[1:] > ranked[:-1]) + 1), len(ranked)]
    best = min(cuts, key=lambda cut: balance[cut])
    if best == len(ranked):
        return 1.0 if ranked[-1] < 1 else float(np.nextafter(1.0, 2.0))
    return float(ranked[best]) if best else 0.0
