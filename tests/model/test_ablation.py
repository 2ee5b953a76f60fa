"""Ablation switches the right parts off, and only in a copy of the network."""

import pytest
import torch

from model.ablation import Ablation, ablated, rank_channels, tower
from model.activations import capture
from model.errors import UserError

from .small import random_input, small_network


def test_nothing_switched_off_changes_nothing(small):
    x = random_input(small)
    assert torch.equal(ablated(small, Ablation())(x), small(x))
    assert not Ablation()


def test_a_channel_switched_off_is_a_filter_of_zeros(small):
    x, changed = random_input(small), small_network("alexnet-2012")
    found = ablated(small, Ablation((("conv3", (1, 4)),))).logits(x)
    with torch.no_grad():
        for name in ("conv3.weight", "conv3.bias"):
            changed.get_parameter(name)[[1, 4]] = 0
    assert torch.allclose(found, changed.logits(x), atol=1e-5)


def test_ablation_leaves_the_shared_network_as_it_was(small):
    x = random_input(small)
    before = small(x)
    everything = Ablation((("conv1", (0,)), ("fc6", (3,))), lrn=True, max_pooling=True)
    assert not torch.equal(ablated(small, everything)(x), before)
    assert torch.equal(small(x), before)
    assert not any(layer._forward_hooks for layer in small.modules())


@pytest.mark.parametrize("number", [0, 1])
def test_conv2_of_one_tower_does_not_change_without_the_other_tower(small, number):
    x = random_input(small)
    without = ablated(small, Ablation(tower(small.architecture, number)))
    before, after = capture(small, x)["conv2"], capture(without, x)["conv2"]
    half = len(before) // 2
    own, other = slice(number * half, (number + 1) * half), slice((1 - number) * half, (2 - number) * half)
    assert torch.equal(before[other], after[other])
    assert not torch.equal(before[own], after[own])


def test_a_tower_has_half_of_the_input_channels_of_every_convolution(small):
    both = [dict(tower(small.architecture, number)) for number in (0, 1)]
    assert list(both[0]) == ["pool1", "pool2", "relu3", "relu4", "pool5"]
    sizes = capture(small, random_input(small))
    for layer in both[0]:
        assert [*both[0][layer], *both[1][layer]] == list(range(len(sizes[layer])))


def test_lrn_off_leaves_the_constant_factor(small):
    x = random_input(small)
    maps = capture(ablated(small, Ablation(lrn=True)), x)
    assert torch.allclose(maps["norm1"], maps["relu1"] * 2**-0.75)


def test_average_pooling_takes_the_mean(small):
    maps = capture(ablated(small, Ablation(max_pooling=True)), random_input(small))
    assert maps["pool1"][0, 0, 0] == pytest.approx(maps["norm1"][0, :3, :3].mean().item(), rel=1e-5)


@pytest.mark.parametrize("layer", ["relu1", "conv3", "pool5", "fc6"])
def test_the_ranking_equals_switching_channels_off_one_by_one(small, layer):
    x, target = random_input(small), 7
    drops = rank_channels(small, x, layer, target, batch=5)
    before = small(x)[0, target]
    for channel in (0, 3, len(drops) - 1):
        after = ablated(small, Ablation(((layer, (channel,)),)))(x)[0, target]
        # Two probabilities in float32, computed in batches of different sizes.
        assert drops[channel].item() == pytest.approx((before - after).item(), abs=1e-6)


def test_progress_reaches_the_end(small):
    calls = []
    rank_channels(small, random_input(small), "conv2", 0, lambda done, total: calls.append((done, total)))
    assert calls[-1][0] == calls[-1][1] == len(small.get_parameter("conv2.weight"))


def test_unknown_layers_and_channels_cannot_be_switched_off(small):
    with pytest.raises(UserError, match="conv1 has no channel 99"):
        ablated(small, Ablation((("conv1", (99,)),)))
    with pytest.raises(UserError, match="has no layer 'conv9'"):
        ablated(small, Ablation((("conv9", (0,)),)))
    with pytest.raises(UserError, match="has no tower 0"):
        tower(small_network("alexnet-single-tower").architecture, 0)
    with pytest.raises(UserError, match="prob is the result itself"):
        rank_channels(small, random_input(small), "prob", 0)
    with pytest.raises(UserError, match="no class 1000"):
        rank_channels(small, random_input(small), "relu5", 1000)
