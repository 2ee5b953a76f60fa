"""Switching parts off does what it says, to this network only."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from small import random_input, small_network

from model.ablation import Ablation, ablated, rank_channels, tower
from model.activations import capture
from model.errors import UserError


@pytest.fixture
def network():
    return small_network("alexnet-2012")


def test_nothing_switched_off_changes_nothing(network):
    x = random_input(network)
    assert torch.equal(ablated(network, Ablation())(x), network(x))
    assert not Ablation()


def test_a_channel_switched_off_is_a_filter_of_zeros(network):
    x = random_input(network)
    found = ablated(network, Ablation((("conv3", (1, 4)),))).logits(x)
    with torch.no_grad():
        for parameter in (network.conv3.weight, network.conv3.bias):
            parameter[[1, 4]] = 0
    assert torch.allclose(found, network.logits(x), atol=1e-5)


def test_ablation_leaves_the_shared_network_as_it_was(network):
    x = random_input(network)
    before = network(x)
    everything = Ablation((("conv1", (0,)), ("fc6", (3,))), lrn=True, max_pooling=True)
    assert not torch.equal(ablated(network, everything)(x), before)
    assert torch.equal(network(x), before)
    assert not any(layer._forward_hooks for layer in network.modules())


@pytest.mark.parametrize("number", [0, 1])
def test_without_a_tower_conv2_of_the_other_is_exactly_the_same(network, number):
    x = random_input(network)
    without = ablated(network, Ablation(tower(network.architecture, number)))
    before, after = capture(network, x)["conv2"], capture(without, x)["conv2"]
    half = len(before) // 2
    own, other = slice(number * half, (number + 1) * half), slice((1 - number) * half, (2 - number) * half)
    assert torch.equal(before[other], after[other])
    assert not torch.equal(before[own], after[own])


def test_a_tower_s_channels_are_half_of_what_every_convolution_gets(network):
    both = [dict(tower(network.architecture, number)) for number in (0, 1)]
    assert list(both[0]) == ["pool1", "pool2", "relu3", "relu4", "pool5"]
    sizes = capture(network, random_input(network))
    for layer in both[0]:
        assert [*both[0][layer], *both[1][layer]] == list(range(len(sizes[layer])))


def test_lrn_off_leaves_the_constant_factor(network):
    x = random_input(network)
    maps = capture(ablated(network, Ablation(lrn=True)), x)
    assert torch.allclose(maps["norm1"], maps["relu1"] * 2**-0.75)


def test_average_pooling_takes_the_mean(network):
    maps = capture(ablated(network, Ablation(max_pooling=True)), random_input(network))
    assert maps["pool1"][0, 0, 0] == pytest.approx(maps["norm1"][0, :3, :3].mean().item(), rel=1e-5)


@pytest.mark.parametrize("layer", ["relu1", "conv3", "pool5", "fc6"])
def test_the_ranking_is_what_switching_off_one_by_one_gives(network, layer):
    x, target = random_input(network), 7
    drops = rank_channels(network, x, layer, target, batch=5)
    before = network(x)[0, target]
    for channel in (0, 3, len(drops) - 1):
        after = ablated(network, Ablation(((layer, (channel,)),)))(x)[0, target]
        # Two probabilities in float32, computed in batches of different sizes.
        assert drops[channel].item() == pytest.approx((before - after).item(), abs=1e-6)


def test_progress_reaches_the_end(network):
    calls = []
    rank_channels(network, random_input(network), "conv2", 0, lambda done, total: calls.append((done, total)))
    assert calls[-1][0] == calls[-1][1] == network.conv2.out_channels


def test_what_is_not_there_cannot_be_switched_off(network):
    with pytest.raises(UserError, match="conv1 has no channel 99"):
        ablated(network, Ablation((("conv1", (99,)),)))
    with pytest.raises(UserError, match="has no layer 'conv9'"):
        ablated(network, Ablation((("conv9", (0,)),)))
    with pytest.raises(UserError, match="has no tower 0"):
        tower(small_network("alexnet-single-tower").architecture, 0)
    with pytest.raises(UserError, match="prob is the result itself"):
        rank_channels(network, random_input(network), "prob", 0)
    with pytest.raises(UserError, match="no class 1000"):
        rank_channels(network, random_input(network), "relu5", 1000)
