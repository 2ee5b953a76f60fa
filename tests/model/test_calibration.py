"""The measurements of how far probabilities can be trusted are right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.calibration import (
    best_temperature,
    calibration_of,
    expected_calibration_error,
    measure,
    reliability,
    unsure_below,
)
from model.weights.sources import WEIGHTS

answers = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        arrays(np.float64, n, elements=st.floats(0, 1).map(lambda p: round(p, 2))), arrays(bool, n)
    )
)


@given(answers)
def test_at_least_half_of_unsure_guesses_are_wrong_and_half_of_the_others_right(answers):
    probability, right = answers
    unsure = probability < unsure_below(probability, right)
    assert 2 * right[unsure].sum() <= unsure.sum()
    assert 2 * right[~unsure].sum() >= (~unsure).sum()


@given(answers)
def test_every_guess_is_in_one_bin_and_the_curve_s_mean_is_the_accuracy(answers):
    probability, right = answers
    bins = reliability(probability, right)
    assert sum(one.count for one in bins) == len(right)
    found = sum(one.count * one.right for one in bins if one.right is not None)
    assert found == pytest.approx(right.sum())
    assert 0 <= expected_calibration_error(probability, right) <= 1


def test_the_calibration_error_of_known_guesses():
    # Of four guesses of 80 %, three are right: distance 0.05. Of two of 30 %, one is: distance 0.2. Weights 4
    # and 2.
    probability = np.array([0.82, 0.82, 0.78, 0.78, 0.31, 0.29 + 0.02])
    right = np.array([True, True, False, True, True, False])
    of_eight = np.array([0.8] * 4 + [0.3] * 2)
    assert expected_calibration_error(of_eight, right) == pytest.approx((4 * 0.05 + 2 * 0.2) / 6)
    assert expected_calibration_error(probability[:2], right[:2]) == pytest.approx(0.18)


def test_the_best_temperature_undoes_a_multiplication_of_the_logits():
    """Right classes drawn from a softmax make it calibrated; three times its logits are then too sure."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 10))
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(1)  # a draw from the softmax
    assert best_temperature(logits, truth) == pytest.approx(1, abs=0.05)
    assert best_temperature(3 * logits, truth) == pytest.approx(3, abs=0.15)
    found = measure(3 * logits, truth, "")
    assert found.error_at_temperature < 0.02 < found.error
    assert measure(logits, truth, "").error < 0.02
    # If probabilities are calibrated, half of the guesses with a probability of 50 % are right.
    assert measure(logits, truth, "").unsure_below == pytest.approx(0.5, abs=0.06)


def test_the_stored_calibration_belongs_to_the_built_in_weights_and_is_consistent():
    found = calibration_of(WEIGHTS["embedded"].files[0].checksum)
    assert found is not None
    assert sum(one.count for one in found.bins) == found.photographs
    right = sum(one.count * one.right for one in found.bins if one.right is not None)
    assert right / found.photographs == pytest.approx(found.top1)
    assert found.top1 < found.top5
    assert calibration_of("sha256:of other weights") is None


@pytest.mark.parametrize(
    ("probability", "low"), [(0.0, 0.0), (0.05, 0.0), (0.35, 0.3), (0.999, 0.9), (1.0, 0.9)]
)
def test_a_guess_belongs_to_the_bin_of_its_probability(probability, low):
    found = calibration_of(WEIGHTS["embedded"].files[0].checksum)
    assert found is not None
    assert found.bin_of(probability).low == pytest.approx(low)
