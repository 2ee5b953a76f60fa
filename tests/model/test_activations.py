"""Captured activations are the network's own, with any number of threads, and no hook is left behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import numpy as np
import pytest
import torch
from torch import Tensor

from model.activations import capture
from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES
from model.attribution import Attribution, explain
from model.errors import UserError
from model.weights.load import load

from .left_behind import hooks
from .small import random_input, small_network


@pytest.fixture(scope="module")
def tiny() -> AlexNet:
    """Return the two-tower network with few channels, so that many passes are quick."""
    return small_network("alexnet-2012")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_layer_is_captured_and_follows_from_the_one_before(name):
    network = small_network(name)
    x = random_input(network, seed=1)
    activations = capture(network, x)
    assert tuple(activations) == network.architecture.layer_names
    assert torch.equal(activations.input, x[0])
    before = x
    with torch.inference_mode():
        for layer, output in activations.items():
            torch.testing.assert_close(network.get_submodule(layer)(before)[0], output)
            before = output[None]
        torch.testing.assert_close(network(x)[0], activations["prob"])
        torch.testing.assert_close(network.logits(x)[0], activations["fc8"])


def test_captured_prob_of_a_photo_is_what_the_network_predicts(network, photo):
    x = network.prepare(photo)
    with torch.inference_mode():
        assert torch.equal(capture(network, x)["prob"], network(x)[0])


def test_relu_is_the_positive_part_of_the_convolution_beside_it(network, photo):
    maps = capture(network, network.prepare(photo))
    for number in range(1, 6):
        convolved, rectified = maps[f"conv{number}"], maps[f"relu{number}"]
        assert (convolved < 0).any()
        assert torch.equal(rectified, convolved.clamp(min=0))


def convolve_by_hand(
    padded: np.ndarray, weight: np.ndarray, bias: np.ndarray, out: int, top: int, left: int
) -> tuple[float, float]:
    """Return one activation and the sum of the magnitudes of its products, to which rounding is relative."""
    size = weight.shape[-1]
    per_group = weight.shape[1]
    groups = padded.shape[0] // per_group
    first = out // (weight.shape[0] // groups) * per_group
    patch = padded[first : first + per_group, top : top + size, left : left + size]
    products = patch * weight[out]
    return products.sum() + bias[out], np.abs(products).sum()


def float64(tensor: Tensor) -> np.ndarray:
    return tensor.double().numpy()


def parameters(network: AlexNet, layer: str) -> tuple[np.ndarray, np.ndarray]:
    weight, bias = (network.get_parameter(f"{layer}.{kind}") for kind in ("weight", "bias"))
    return float64(weight), float64(bias)


@pytest.mark.parametrize(("out", "row", "column"), [(0, 0, 0), (17, 27, 30), (95, 54, 54)])
def test_an_activation_of_conv1_computed_by_hand_equals_the_captured_one(network, photo, out, row, column):
    x = network.prepare(photo)
    weight, bias = parameters(network, "conv1")
    by_hand, magnitude = convolve_by_hand(float64(x[0]), weight, bias, out, row * 4, column * 4)
    captured = capture(network, x, ["conv1"])["conv1"][out, row, column].item()
    # 1e-5 of the largest possible value is far more than rounding of 363 products in float32.
    assert captured == pytest.approx(by_hand, rel=1e-5, abs=1e-6 * magnitude)


@pytest.mark.parametrize(("out", "row", "column"), [(5, 0, 0), (127, 13, 13), (128, 26, 2), (255, 8, 26)])
def test_an_activation_of_two_tower_conv2_computed_by_hand_equals_the_captured_one(out, row, column):
    network = load("alexnet-2012", weights="random", device="cpu")
    maps = capture(network, 60 * random_input(network), ["pool1", "conv2"])
    padded = np.pad(float64(maps["pool1"]), ((0, 0), (2, 2), (2, 2)))
    weight, bias = parameters(network, "conv2")
    by_hand, magnitude = convolve_by_hand(padded, weight, bias, out, row, column)
    captured = maps["conv2"][out, row, column].item()
    # The same for 1,200 products.
    assert captured == pytest.approx(by_hand, rel=1e-5, abs=1e-6 * magnitude)


def test_32_threads_on_one_network_each_get_the_activations_of_their_own_photo(tiny):
    pictures = [random_input(tiny, seed) for seed in range(32)]
    serial = [capture(tiny, x) for x in pictures]
    barrier = Barrier(32)

    def captured(x):
        barrier.wait()
        return capture(tiny, x)

    with ThreadPoolExecutor(32) as pool:
        parallel = list(pool.map(captured, pictures))
    for one, other in zip(serial, parallel, strict=True):
        for layer in tiny.architecture.layer_names:
            # Threads may add up in another order. Another photo's activations would be completely different.
            scale = max(1.0, float(one[layer].abs().max()))
            assert (one[layer] - other[layer]).abs().max() <= 1e-6 * scale
    assert hooks(tiny) == 0


def test_capturing_and_explaining_at_once_do_not_disturb_each_other(tiny):
    pictures = [random_input(tiny, seed) for seed in range(8)]
    maps = [capture(tiny, x) for x in pictures]
    explained = [explain(tiny, x, method, 3) for method in ("grad-cam", "saliency") for x in pictures]
    barrier = Barrier(24)

    def at_once(job):
        barrier.wait()
        return job()

    def values(result) -> np.ndarray:
        return result.values if isinstance(result, Attribution) else result["conv5"].numpy()

    jobs: list[Callable[[], Mapping | Attribution]] = [partial(capture, tiny, x) for x in pictures]
    jobs += [partial(explain, tiny, x, "grad-cam", 3) for x in pictures]
    jobs += [partial(explain, tiny, x, "saliency", 3) for x in pictures]
    with ThreadPoolExecutor(24) as pool:
        results = list(pool.map(at_once, jobs))
    for result, alone in zip(results, [*maps, *explained], strict=True):
        # The tolerance is relative to the largest value, for the same reason.
        assert np.abs(values(result) - values(alone)).max() <= 1e-5 * np.abs(values(alone)).max()
    assert hooks(tiny) == 0
    assert all(parameter.grad is None for parameter in tiny.parameters())


def test_no_hooks_are_left_on_success_or_when_the_forward_pass_fails(tiny):
    x = random_input(tiny)
    capture(tiny, x)
    assert hooks(tiny) == 0
    with pytest.raises(RuntimeError):
        capture(tiny, torch.zeros(1, 4, 99, 99))
    assert hooks(tiny) == 0


def test_only_the_requested_layers_are_captured(tiny):
    assert set(capture(tiny, random_input(tiny), ["relu5", "conv1"])) == {"relu5", "conv1"}


def test_an_unknown_layer_or_several_photos_raise_a_user_error(tiny):
    with pytest.raises(UserError, match=r"no layer 'conv9'.*conv1, relu1"):
        capture(tiny, random_input(tiny), ["conv9"])
    with pytest.raises(UserError, match=r"single photo.*\[2, 3, 99, 99\]"):
        capture(tiny, torch.zeros(2, 3, 99, 99))


def test_numpy_gives_the_same_values_without_the_batch_axis(tiny):
    activations = capture(tiny, random_input(tiny))
    for layer, array in activations.numpy().items():
        assert array.dtype == np.float32
        assert array.shape == activations[layer].shape
        assert np.array_equal(array, activations[layer].numpy())
