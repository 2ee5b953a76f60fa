"""The checks of a map, on maps whose quality is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from model.alexnet import AlexNet
from model.architectures import Architecture, Flatten, Linear, Softmax
from model.attribution import explain
from model.attribution.checks import cascade, completeness, curves, random_map, rank_correlation
from tests.model.small import random_input, small_network
from tests.model.test_activations import hooks

LINEAR = Architecture("linear", "", "", 16, (Flatten("flatten"), Linear("fc", 2), Softmax("prob")))


def one_bright_corner() -> tuple[AlexNet, torch.Tensor, np.ndarray]:
    """A class that is nothing but a checkerboard in the upper left quarter, and the map that says so."""
    network = AlexNet(LINEAR).freeze()
    truth = np.zeros((16, 16), np.float32)
    truth[:8, :8] = 1
    checks = np.where(np.indices((16, 16)).sum(0) % 2, 1, -1)
    weight = torch.from_numpy(truth * checks).float().expand(3, 16, 16).flatten() / 5000
    network.get_parameter("fc.weight").copy_(torch.stack([weight, -weight]))
    network.get_parameter("fc.bias").zero_()
    x = network.to_input(np.broadcast_to(128 + 60 * checks[:, :, None], (1, 16, 16, 3)).astype(np.uint8))
    return network, x, truth


def test_the_true_map_beats_its_opposite_and_chance():
    network, x, truth = one_bright_corner()
    true, false, chance = (curves(network, x, m, 0) for m in (truth, -truth, random_map((16, 16), 4)))
    assert true.deletion.area < chance.deletion.area < false.deletion.area
    assert true.insertion.area > chance.insertion.area > false.insertion.area


def test_curves_begin_and_end_where_they_must():
    network, x, truth = one_bright_corner()
    found = curves(network, x, truth, 0, steps=8)
    p = float(network(x)[0, 0])
    grey = float(network(network.to_input(np.full((1, 16, 16, 3), 118, np.uint8)))[0, 0])
    assert found.deletion.share.tolist() == [k / 8 for k in range(9)]
    assert found.deletion.probability[0] == pytest.approx(p, abs=1e-6)
    assert found.deletion.probability[-1] == pytest.approx(grey, abs=1e-6)
    assert found.insertion.probability[-1] == pytest.approx(p, abs=1e-6)
    # A quarter of the pixels holds all of the evidence.
    assert found.deletion.probability[2:] == pytest.approx(grey, abs=1e-6)


def test_the_area_is_the_integral():
    network, x, truth = one_bright_corner()
    curve = curves(network, x, truth, 0, steps=4).deletion
    p = curve.probability
    assert curve.area == pytest.approx((p[0] / 2 + p[1] + p[2] + p[3] + p[4] / 2) / 4, rel=1e-6)


def test_rank_correlation_is_spearmans_of_the_magnitudes():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 9, 9))
    assert rank_correlation(a, b) == pytest.approx(spearmanr(abs(a).ravel(), abs(b).ravel())[0])
    assert rank_correlation(a, -a) == pytest.approx(1)
    assert rank_correlation(a, np.zeros((9, 9))) == 0


def test_the_cascade_randomises_a_copy_from_the_last_layer_down():
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
    found = completeness(network, x, explain(network, x, "integrated-gradients", 282))
    assert found is not None
    assert found.gap < 0.05  # 50 steps of the integral
    assert completeness(network, x, explain(network, x, "grad-cam", 282)) is None
