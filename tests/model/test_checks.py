"""Sanity checks of attributions whose quality is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from model.alexnet import AlexNet
from model.architectures import Architecture
from model.assets import ASSETS
from model.attribution import Attribution, explain
from model.attribution.checks import (
    BETTER,
    Yardstick,
    cascade,
    completeness,
    curves,
    moved,
    rank_correlation,
    verdict,
    yardstick,
)
from model.layer_specs import Flatten, Linear, Softmax
from model.predict import classify
from model.preprocess import read_photo_file

from .left_behind import hooks
from .small import random_input, small_network

LINEAR = Architecture("linear", "", "", 16, (Flatten("flatten"), Linear("fc", 2), Softmax("prob")))


def one_bright_corner() -> tuple[AlexNet, torch.Tensor, np.ndarray]:
    """Return a network whose score depends only on the upper left quarter, an input, and its attribution."""
    network = AlexNet(LINEAR).freeze()
    truth = np.zeros((16, 16), np.float32)
    truth[:8, :8] = 1
    checks = np.where(np.indices((16, 16)).sum(0) % 2, 1, -1)
    weight = torch.from_numpy(truth * checks).float().expand(3, 16, 16).flatten() / 5000
    network.get_parameter("fc.weight").copy_(torch.stack([weight, -weight]))
    network.get_parameter("fc.bias").zero_()
    x = network.to_input(np.broadcast_to(128 + 60 * checks[:, :, None], (1, 16, 16, 3)).astype(np.uint8))
    return network, x, truth


def as_attribution(network: AlexNet, x: torch.Tensor, values: np.ndarray, target: int = 0) -> Attribution:
    """Return any values as an attribution."""
    size = tuple(x.shape[2:])
    enlarged = torch.nn.functional.interpolate(torch.from_numpy(values)[None, None], size, mode="bilinear")
    return replace(explain(network, x, "saliency", target), values=values, heatmap=enlarged[0, 0].numpy())


def verdicts(network: AlexNet, x: torch.Tensor, found: Attribution) -> dict[str, str]:
    ours, chance = curves(network, x, found.heatmap, found.question.target), yardstick(network, x, found)
    return {kind: verdict(kind, getattr(ours, kind), getattr(chance, kind)) for kind in BETTER}


def test_a_true_attribution_is_better_than_chance_and_its_opposite_worse():
    network, x, truth = one_bright_corner()
    right, wrong = (verdicts(network, x, as_attribution(network, x, m)) for m in (truth, -truth))
    assert set(right.values()) == {"better than chance"}
    assert set(wrong.values()) == {"worse than chance"}


def test_the_saliency_of_a_linear_network_passes_and_noise_does_not():
    """In a linear network |w x| is the whole truth, and noise knows nothing."""
    network, x, _ = one_bright_corner()
    assert verdicts(network, x, explain(network, x, "input-x-gradient", 0)) == {
        "deletion": "better than chance",
        "insertion": "better than chance",
    }
    noise = np.random.default_rng(99).random((16, 16), np.float32)
    assert set(verdicts(network, x, as_attribution(network, x, noise)).values()) == {"no better than chance"}


def test_noise_is_no_better_than_chance_although_deletion_by_it_covers_the_cat(network, photo):
    x = network.prepare(photo)
    noise = np.random.default_rng(99).random((227, 227), np.float32)
    found = as_attribution(network, x, noise, 282)
    assert curves(network, x, noise, 282).deletion.area < 0.05
    assert set(verdicts(network, x, found).values()) == {"no better than chance"}


def test_moving_an_attribution_keeps_its_values(network, photo):
    x = network.prepare(photo)
    found = explain(network, x, "grad-cam", 282)
    again, other = moved(found, 0), moved(found, 1)
    assert (again.shape, again.dtype) == (found.heatmap.shape, found.heatmap.dtype)
    assert np.array_equal(again, moved(found, 0))
    assert not np.array_equal(again, other)
    same = replace(found, values=np.full_like(found.values, 0.25))
    assert np.all(moved(same, 0) == 0.25)
    # The attribution has the resolution of the input, so the values themselves can be compared.
    fine = replace(found, heatmap=np.zeros(found.values.shape, np.float32))
    assert np.array_equal(np.sort(moved(fine, 0), axis=None), np.sort(found.values, axis=None))


def test_the_yardstick_is_mean_and_spread_over_several_moved_attributions():
    network, x, truth = one_bright_corner()
    found = as_attribution(network, x, truth)
    chance = yardstick(network, x, found, places=3, steps=4)
    assert isinstance(chance, Yardstick)
    each = [curves(network, x, moved(found, seed), 0, steps=4).deletion for seed in range(3)]
    assert chance.deletion.areas == pytest.approx([curve.area for curve in each])
    assert chance.deletion.area == pytest.approx(np.mean([curve.area for curve in each]))
    assert chance.deletion.spread == pytest.approx(2 * np.std([curve.area for curve in each], ddof=1))
    assert chance.deletion.curve.probability[1] == pytest.approx(
        np.mean([curve.probability[1] for curve in each])
    )


def test_curves_start_and_end_with_the_probabilities_of_photo_and_grey():
    network, x, truth = one_bright_corner()
    found = curves(network, x, truth, 0, steps=8)
    p = float(network(x)[0, 0])
    grey = float(network(network.to_input(np.full((1, 16, 16, 3), 118, np.uint8)))[0, 0])
    assert found.deletion.share.tolist() == [k / 8 for k in range(9)]
    assert found.deletion.probability[0] == pytest.approx(p, abs=1e-6)
    assert found.deletion.probability[-1] == pytest.approx(grey, abs=1e-6)
    assert found.insertion.probability[-1] == pytest.approx(p, abs=1e-6)
    # All evidence is in a quarter of the pixels.
    assert found.deletion.probability[2:] == pytest.approx(grey, abs=1e-6)


def test_the_area_is_the_integral():
    network, x, truth = one_bright_corner()
    curve = curves(network, x, truth, 0, steps=4).deletion
    p = curve.probability
    assert curve.area == pytest.approx((p[0] / 2 + p[1] + p[2] + p[3] + p[4] / 2) / 4, rel=1e-6)


def test_rank_correlation_is_spearman_s_of_the_magnitudes():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 9, 9))
    assert rank_correlation(a, b) == pytest.approx(spearmanr(abs(a).ravel(), abs(b).ravel())[0])
    assert rank_correlation(a, -a) == pytest.approx(1)
    assert rank_correlation(a, np.zeros((9, 9))) == 0


def test_the_cascade_randomizes_a_copy_of_the_network_from_the_last_layer_on():
    network = small_network("alexnet-2012")
    x = random_input(network)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    calls: list[tuple[int, int]] = []
    original = explain(network, x, "saliency", 3)
    found = cascade(network, x, original, lambda *done: calls.append(done))
    assert [step.layers[-1] for step in found] == [
        "fc8",
        "fc7",
        "fc6",
        "conv5",
        "conv4",
        "conv3",
        "conv2",
        "conv1",
    ]
    assert calls == [(k, 8) for k in range(1, 9)]
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert hooks(network) == 0
    assert not np.array_equal(found[0].attribution.values, original.values)


def test_guided_backpropagation_fails_and_grad_cam_passes_as_adebayo_found(network, photo):
    x = network.prepare(photo)
    third = {
        method: cascade(network, x, explain(network, x, method, 282))[2].hardly_changed
        for method in ("guided-backprop", "grad-cam")
    }
    assert third == {"guided-backprop": True, "grad-cam": False}


def test_completeness_compares_the_sum_with_the_change_of_the_logit(network, photo):
    x = network.prepare(photo)
    found = completeness(
        network, x, explain(network, x, "integrated-gradients", 282, settings={"steps": 100})
    )
    assert found is not None
    assert found.gap < 0.05  # Sundararajan et al. demand this of an integral in 100 steps
    assert completeness(network, x, explain(network, x, "grad-cam", 282)) is None


def test_a_coarse_attribution_is_compared_with_equally_coarse_ones(network):
    """Occlusion marks the coffee. Compared with noise instead of coarse values, it would look useless."""
    photo = read_photo_file(ASSETS / "samples" / "coffee.jpg")
    x, target = network.prepare(photo), int(classify(network, photo).ranking[0])
    found = explain(network, x, "occlusion", target)
    assert set(verdicts(network, x, found).values()) == {"better than chance"}
    elsewhere = as_attribution(network, x, np.roll(found.values, (113, 113), (0, 1)), target)
    assert "better than chance" not in verdicts(network, x, elsewhere).values()
