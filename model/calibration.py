"""Measure how far a network's probabilities can be trusted, on photos that it has not learned from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np

from .assets import ASSETS

BINS = 10


@dataclass(frozen=True)
class Bin:
    """The first guesses whose probability lies in one interval, such as 0.3 to 0.4.

    Attributes:
        low, high: ends of the interval.
        count: number of guesses.
        probability: mean probability of the guesses; None if there are none.
        right: share of the guesses that are right; None if there are none.
    """

    low: float
    high: float
    count: int
    probability: float | None
    right: float | None


@dataclass(frozen=True)
class Calibration:
    """How often a network's predictions are right, measured on photos of everyday things.

    Attributes:
        weights: checksum of the file of weights, as in `WeightsFile.checksum`.
        photographs: number of photos.
        top1, top5: share of photos, 0..1, whose right class is the first guess, or among the first five.
        error: expected calibration error, 0..1; see `expected_calibration_error`.
        temperature: the number by which to divide all logits so that probabilities fit best; 1 if none
            fits better.
        error_at_temperature: expected calibration error after dividing by the temperature.
        unsure_below: first guesses below this probability are wrong more often than right.
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
        """Return the bin that a first guess of this probability belongs to: with ten bins, 0.34 -> bin 3."""
        return self.bins[min(int(probability * len(self.bins)), len(self.bins) - 1)]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)


@cache
def calibration_of(checksum: str) -> Calibration | None:
    """Return the stored calibration of the weights with that checksum, or None if there is none."""
    stored = json.loads((ASSETS / "calibration.json").read_text("utf-8"))
    stored["bins"] = tuple(Bin(**one) for one in stored["bins"])
    calibration = Calibration(**stored)
    return calibration if calibration.weights == checksum else None


def measure(logits: np.ndarray, truth: np.ndarray, weights: str) -> Calibration:
    """Return how often first guesses are right, and how far their probabilities can be trusted.

    Args:
        logits: [n, classes].  truth: [n], indices of the right classes.
        weights: checksum of the file of weights.
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
    """Return the probability of each first guess, [n], and whether it is right, bool [n]."""
    return _softmax(logits).max(1), logits.argmax(1) == truth


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def reliability(probability: np.ndarray, right: np.ndarray, bins: int = BINS) -> tuple[Bin, ...]:
    """Return how often guesses are right, by their probability: the reliability curve.

    Args:
        probability: [n], 0..1.  right: bool [n].
    """
    index = np.minimum((probability * bins).astype(int), bins - 1)
    curve = []
    for i in range(bins):
        own = index == i
        means = [float(values[own].mean()) if own.any() else None for values in (probability, right)]
        curve.append(Bin(i / bins, (i + 1) / bins, int(own.sum()), *means))
    return tuple(curve)


def expected_calibration_error(probability: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Return the mean distance between probability and share of right guesses, weighted by bins' counts.

    0.1 means: of guesses with a probability of 50 %, typically 40 or 60 % are right. (Naeini et al. 2015; Guo
    et al. 2017)

    >>> expected_calibration_error(np.array([0.75] * 4), np.array([True, False, True, False]))
    0.25
    """
    return sum(
        one.count / len(right) * abs(one.probability - one.right)
        for one in reliability(probability, right, bins)
        if one.probability is not None and one.right is not None
    )


def best_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """Return the number by which to divide all logits so that probabilities fit best. (Guo et al. 2017)

    The right classes are then most probable on average.

    The mean logarithm of the right classes' probabilities is a concave function of the inverse temperature.
    So its derivative, the mean logit of the right classes minus the expected logit, has a single zero, which
    bisection finds.
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
    """Return the probability below which a first guess should count as unsure.

    At least half of the guesses below it are wrong, and at least half of the others are right. Of all
    possible limits it is the one with the most wrong guesses below it and right guesses above it.

    >>> unsure_below(np.array([0.2, 0.4, 0.6, 0.8]), np.array([False, False, True, True]))
    0.6
    """
    order = np.argsort(probability, kind="stable")
    ranked = probability[order]
    balance = np.concatenate([[0], np.cumsum(np.where(right[order], 1, -1))])
    # Guesses of equal probability cannot be separated.
    cuts = [0, *(np.flatnonzero(ranked[1:] > ranked[:-1]) + 1), len(ranked)]
    best = min(cuts, key=lambda cut: balance[cut])
    if best == len(ranked):
        return 1.0 if ranked[-1] < 1 else float(np.nextafter(1.0, 2.0))
    return float(ranked[best]) if best else 0.0
