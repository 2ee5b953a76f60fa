"""What is stated about how far probabilities can be trusted."""

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
def test_of_unsure_answers_at_least_half_are_wrong_and_of_the_others_at_least_half_right(answers):
    probability, right = answers
    unsure = probability < unsure_below(probability, right)
    assert 2 * right[unsure].sum() <= unsure.sum()
    assert 2 * right[~unsure].sum() >= (~unsure).sum()


@given(answers)
def test_every_answer_is_in_one_bin_and_the_curve_s_mean_is_the_accuracy(answers):
    probability, right = answers
    bins = reliability(probability, right)
    assert sum(one.count for one in bins) == len(right)
    found = sum(one.count * one.right for one in bins if one.count)
    assert found == pytest.approx(right.sum())
    assert 0 <= expected_calibration_error(probability, right) <= 1


def test_the_calibration_error_of_known_answers():
    # Three of four at 80 % right: 0.05 off. One of two at 30 % right: 0.2 off. Weighted 4 to 2.
    probability = np.array([0.82, 0.82, 0.78, 0.78, 0.31, 0.29 + 0.02])
    right = np.array([True, True, False, True, True, False])
    of_eight = np.array([0.8] * 4 + [0.3] * 2)
    assert expected_calibration_error(of_eight, right) == pytest.approx((4 * 0.05 + 2 * 0.2) / 6)
    assert expected_calibration_error(probability[:2], right[:2]) == pytest.approx(0.18)


def test_the_temperature_is_found_that_the_logits_were_multiplied_by():
    """Answers drawn from a softmax are calibrated; three times as large, its logits are overconfident."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 10))
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(1)  # a draw from the softmax
    assert best_temperature(logits, truth) == pytest.approx(1, abs=0.05)
    assert best_temperature(3 * logits, truth) == pytest.approx(3, abs=0.15)
    found = measure(3 * logits, truth, "")
    assert found.error_at_temperature < 0.02 < found.error
    assert measure(logits, truth, "").error < 0.02
    # Where answers are calibrated, half of those are right that say so.
    assert measure(logits, truth, "").unsure_below == pytest.approx(0.5, abs=0.06)


def test_the_shipped_figures_are_of_the_shipped_weights_and_consistent():
    found = calibration_of(WEIGHTS["embedded"].files[0].checksum)
    assert found is not None
    assert sum(one.count for one in found.bins) == found.photographs
    right = sum(one.count * one.right for one in found.bins if one.count)
    assert right / found.photographs == pytest.approx(found.top1)
    assert found.top1 < found.top5
    assert calibration_of("sha256:of other weights") is None


@pytest.mark.parametrize(
    ("probability", "low"), [(0.0, 0.0), (0.05, 0.0), (0.35, 0.3), (0.999, 0.9), (1.0, 0.9)]
)
def test_a_guess_is_looked_up_in_the_bin_of_its_probability(probability, low):
    found = calibration_of(WEIGHTS["embedded"].files[0].checksum)
    assert found.bin_of(probability).low == pytest.approx(low)
