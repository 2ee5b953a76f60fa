"""Health equals direct counts, and finds dead units and duplicates that were made on purpose."""

import numpy as np
import pytest
import torch

from model.activations import capture
from model.alexnet import AlexNet
from model.errors import UserError
from model.health import activity, batches, health, near_duplicates, weights_health
from model.histogram import Tally

from .small import random_input, small_network


def inputs(network: AlexNet, count: int = 3) -> list[torch.Tensor]:
    return [random_input(network, seed) for seed in range(count)]


@pytest.mark.parametrize("name", ["alexnet-2012", "alexnet-torchvision", "alexnet-cifar10"])
def test_everything_equals_a_direct_count_over_captured_maps(name):
    network = small_network(name)
    captured = [capture(network, x) for x in inputs(network)]
    found = health(network, inputs(network))
    assert found.pictures == 3
    assert [relu.layer for relu in found.relus] == [
        n for n in network.architecture.layer_names if "relu" in n
    ]
    for relu in found.relus:
        values = np.stack([maps[relu.layer].numpy() for maps in captured], axis=1)
        values = values.reshape(len(values), -1)
        assert relu.sparsity == pytest.approx((values == 0).mean())
        assert relu.dead == tuple(np.flatnonzero((values == 0).all(1)))
        assert relu.always_on == tuple(np.flatnonzero((values > 0).all(1)))
        before = np.concatenate([maps[relu.before].numpy().ravel() for maps in captured])
        assert relu.histogram.counts.sum() == before.size
        assert np.array_equal(relu.histogram.counts, np.histogram(before, relu.histogram.edges)[0])


def test_batches_change_nothing(network, photo):
    photos = [photo] * 3
    one = activity(network, (network.prepare(p) for p in photos))[1]
    many = activity(network, batches(network, photos, size=2))[1]
    for a, b in zip(one, many, strict=True):
        assert np.allclose(a.firing, b.firing, atol=1e-3)


def silent_but_for(network: AlexNet, layer: str, **biases: float) -> None:
    """Set all biases to 0, so that every unit is sometimes active, except that some units are constant.

    `unit3=1.0` sets the weights of unit 3 to 0 and its bias to 1.
    """
    bias = network.get_parameter(f"{layer}.bias").zero_()
    for unit, value in biases.items():
        network.get_parameter(f"{layer}.weight")[int(unit[4:])] = 0
        bias[int(unit[4:])] = value


def test_a_filter_of_zeros_is_a_dead_channel_and_a_constant_one_is_always_on():
    network = small_network("alexnet-2012")
    silent_but_for(network, "conv1", unit3=0.0, unit5=1.0)
    relu1 = health(network, inputs(network)).relus[0]
    assert (relu1.layer, relu1.before) == ("relu1", "conv1")
    assert relu1.dead == (3,)
    assert relu1.always_on == (5,)
    assert relu1.firing[3] == 0
    assert relu1.firing[5] == 1


def test_a_unit_that_is_active_on_only_one_photo_is_not_dead():
    network = small_network("alexnet-2012")
    first, second = inputs(network, 2)
    alone = health(network, [first]).relus[-1]
    both = health(network, [first, second]).relus[-1]
    assert set(both.dead) < set(alone.dead)


def test_a_copied_filter_is_a_duplicate_at_any_scale():
    network = small_network("alexnet-2012")
    weights = network.get_parameter("conv1.weight")
    weights[4] = 2 * weights[1]
    conv1 = weights_health(network)[0]
    assert conv1.duplicates is not None
    [pair] = conv1.duplicates
    assert (pair.first, pair.second) == (1, 4)
    assert pair.cosine == pytest.approx(1)


def test_a_negative_or_an_empty_filter_is_no_duplicate():
    weights = torch.randn(6, 3, 11, 11, generator=torch.Generator().manual_seed(0))
    weights[4] = -weights[1]
    weights[2] = weights[3] = 0
    assert near_duplicates(weights) == ()


def test_only_filters_that_read_the_same_channels_are_compared():
    network = small_network("alexnet-2012")
    weights = network.get_parameter("conv2.weight")
    half = len(weights) // 2
    weights[half] = weights[0]  # the other tower
    weights[half + 3] = weights[half + 1]
    [pair] = near_duplicates(weights, groups=2)
    assert (pair.first, pair.second) == (half + 1, half + 3)
    assert len(near_duplicates(weights)) == 2


def test_every_pair_of_the_embedded_conv1_has_the_cosine_it_says(network):
    weights = network.get_parameter("conv1.weight").flatten(1).numpy().astype(np.float64)
    unit = weights / np.linalg.norm(weights, axis=1, keepdims=True)
    cosines = np.triu(unit @ unit.T, 1)
    found = near_duplicates(network.get_parameter("conv1.weight"))
    assert len(found) == (cosines > 0.95).sum()
    for pair in found:
        assert pair.cosine == pytest.approx(cosines[pair.first, pair.second], abs=1e-5)


def test_weights_are_all_counted():
    network = small_network("alexnet-2012")
    for found in weights_health(network):
        weights = network.get_parameter(f"{found.layer}.weight").numpy()
        assert np.array_equal(found.histogram.counts, np.histogram(weights, found.histogram.edges)[0])
        assert found.histogram.counts.sum() == weights.size
        assert (found.duplicates is not None) == found.layer.startswith("conv")


def test_a_histogram_grows_with_its_values():
    generator = torch.Generator().manual_seed(0)
    parts = [scale * torch.randn(1000, generator=generator) for scale in (0.01, 1, 0.1, 300)]
    tally = Tally()
    for part in parts:
        tally.add(part)
    found = tally.result()
    expected, _ = np.histogram(torch.cat(parts).numpy(), found.edges)
    assert np.array_equal(found.counts, expected)
    assert 0 in found.edges


def test_no_photos_and_damaged_weights_raise_a_user_error():
    network = small_network("alexnet-2012")
    with pytest.raises(UserError, match="at least one"):
        health(network, [])
    network.get_parameter("conv3.weight")[0] = float("nan")
    with pytest.raises(UserError, match="damaged"):
        health(network, inputs(network))
