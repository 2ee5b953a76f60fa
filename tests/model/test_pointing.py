"""Checks of a heat map with a box drawn by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.alexnet import AlexNet
from model.architectures import Architecture
from model.attribution.pointing import Altered, point, share, strongest_box
from model.errors import UserError
from model.layer_specs import Flatten, Linear, Softmax
from model.preprocess import network_crop
from model.receptive_field import Box

from .left_behind import hooks
from .small import random_input, small_network

SIZE = 16
LINEAR = Architecture("linear", "", "", SIZE, (Flatten("flatten"), Linear("fc", 3), Softmax("prob")))
WHOLE = Box(0, 0, SIZE, SIZE)
QUARTER = Box(0, 8, 8, 16)  # the upper right quarter

maps = arrays(np.float32, (SIZE, SIZE), elements=st.floats(-100, 100, width=32))
edges = st.lists(st.integers(0, SIZE), min_size=2, max_size=2, unique=True).map(sorted)


def evidence_in_a_quarter() -> tuple[AlexNet, torch.Tensor]:
    """Return a network whose score for class 0 is a sum over the pixels of one quarter, and an input."""
    network = AlexNet(LINEAR).freeze()
    generator = torch.Generator().manual_seed(0)
    weight = torch.zeros(3, 3, SIZE, SIZE)
    weight[1, :, QUARTER.top : QUARTER.bottom, QUARTER.left : QUARTER.right] = (
        torch.randn(3, 8, 8, generator=generator) / 1000
    )
    network.get_parameter("fc.weight").copy_(weight.flatten(1))
    network.get_parameter("fc.bias").zero_()
    pixels = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE, 3), dtype=np.uint8)
    return network, network.to_input(pixels)


def found(alterations: tuple[Altered, ...], part: str, filling: str) -> Altered:
    [one] = [one for one in alterations if (one.part, one.filling) == (part, filling)]
    return one


# --- the share of a heat map --------------------------------------------------------------------------


@given(edges, edges)
def test_a_constant_heat_map_has_the_share_of_the_area(rows, columns):
    box = Box(rows[0], columns[0], rows[1], columns[1])
    found = share(np.full((SIZE, SIZE), 0.1, np.float32), box)
    assert found.area == box.height * box.width / SIZE**2
    assert found.total == pytest.approx(found.area, rel=1e-12)  # the tolerance is for sums in float64
    assert found.negative == 0


@given(maps)
def test_a_box_around_everything_contains_the_whole_heat_map(heatmap):
    found = share(heatmap, WHOLE)
    assert found.area == 1
    assert found.total == pytest.approx(1 if heatmap.any() else 0)


@given(maps, st.integers(1, SIZE - 1), edges)
def test_shares_of_two_halves_of_a_box_add_up(heatmap, middle, columns):
    left, right = columns
    upper, lower, both = (
        share(heatmap, Box(top, left, bottom, right))
        for top, bottom in ((0, middle), (middle, SIZE), (0, SIZE))
    )
    # The same float64 numbers are added up in another order.
    assert upper.positive + lower.positive == pytest.approx(both.positive, abs=1e-12)
    assert upper.negative + lower.negative == pytest.approx(both.negative, abs=1e-12)
    assert upper.area + lower.area == pytest.approx(both.area)


@given(maps, edges, edges, st.floats(0.125, 64))
def test_a_share_does_not_depend_on_the_scale_of_the_heat_map(heatmap, rows, columns, factor):
    box = Box(rows[0], columns[0], rows[1], columns[1])
    small, large = share(heatmap.astype(float), box), share(factor * heatmap.astype(float), box)
    assert 0 <= small.total <= 1 + 1e-12
    assert large.total == pytest.approx(small.total, abs=1e-9)


def test_evidence_for_and_against_is_distinguished():
    heatmap = np.zeros((SIZE, SIZE), np.float32)
    heatmap[0, 0], heatmap[0, 1], heatmap[9, 9] = 3, -1, 4
    found = share(heatmap, Box(0, 0, 2, 2))
    assert (found.positive, found.negative, found.total) == (3 / 8, 1 / 8, 1 / 2)
    turned = share(-heatmap, Box(0, 0, 2, 2))
    assert (turned.positive, turned.negative) == (1 / 8, 3 / 8)


def test_in_a_heat_map_of_zeros_every_share_is_zero():
    assert share(np.zeros((SIZE, SIZE)), WHOLE).total == 0


@given(maps)
def test_the_strongest_box_contains_as_much_as_any_box_of_its_size(heatmap):
    best = strongest_box(heatmap)
    assert (best.height, best.width) == (4, 4)  # 3/13 of 16, rounded
    tried = (
        np.abs(heatmap[top : top + 4, left : left + 4].astype(float)).sum()
        for top in range(SIZE - 3)
        for left in range(SIZE - 3)
    )
    inside = np.abs(heatmap[best.top : best.bottom, best.left : best.right].astype(float)).sum()
    # The tolerance is for differences of float64 sums of up to 256 * 100.
    assert inside == pytest.approx(max(tried), abs=1e-9)


def test_the_strongest_box_surrounds_a_single_peak():
    heatmap = np.zeros((227, 227), np.float32)
    heatmap[100, 150] = -1
    box = strongest_box(heatmap)
    assert (box.height, box.width) == (52, 52)
    assert box.top <= 100 < box.bottom
    assert box.left <= 150 < box.right


# --- the network without a part of the input ----------------------------------------------------


def test_greying_the_quarter_with_the_evidence_removes_exactly_its_part_of_the_logit():
    network, x = evidence_in_a_quarter()
    covered = network.to_input(np.full((1, SIZE, SIZE, 3), 118, np.uint8))
    contributions = network.get_parameter("fc.weight")[1].view(3, SIZE, SIZE) * (x - covered)[0]
    expected = float(contributions.double().sum())
    result = point(network, x, QUARTER, 1)
    assert abs(expected) > 0.1
    # The tolerance is for sums of 768 float32 products of up to 0.4.
    without = found(result.altered, "inside", "grey")
    assert result.logit - without.logit == pytest.approx(expected, abs=1e-5)
    only = found(result.altered, "outside", "grey")
    assert only.logit == pytest.approx(result.logit, abs=1e-5)
    # The logits of the other classes are 0, so the softmax has a simple formula.
    odds = np.exp(without.logit)
    assert without.probability == pytest.approx(odds / (odds + 2), abs=1e-6)


def test_the_logit_stays_the_same_when_another_quarter_is_covered():
    network, x = evidence_in_a_quarter()
    for one in point(network, x, Box(8, 0, 16, 8), 1).without("inside"):
        assert one.logit == pytest.approx(float(network.logits(x)[0, 1]), abs=1e-5)


def test_a_box_around_everything_makes_all_grey_or_changes_nothing():
    network, x = evidence_in_a_quarter()
    result = point(network, x, WHOLE, 1)
    assert (found(result.altered, "inside", "grey").picture == 118).all()
    for one in result.without("outside"):
        assert one.logit == pytest.approx(result.logit, abs=1e-6)


def test_the_returned_pictures_are_the_network_s_inputs(network, photo):
    crop = network_crop(photo, network.architecture)
    within = np.zeros(crop.shape[:2], bool)
    within[40:140, 60:120] = True
    result = point(network, network.prepare(photo), Box(40, 60, 140, 120), 282)
    for one in result.altered:
        changed = within if one.part == "inside" else ~within
        assert np.array_equal(one.picture[~changed], crop[~changed])
        assert one.filling == "blurred" or (one.picture[changed] == 118).all()
        # The picture is rounded to whole levels, so it differs from the blur by up to half a level.
        again = network.logits(network.to_input(one.picture[None]))[0, 282]
        assert one.logit == pytest.approx(float(again), rel=0.005, abs=0.02)


def test_a_blurred_box_keeps_its_brightness_and_loses_its_detail(network, photo):
    box = Box(40, 60, 140, 160)
    result = point(network, network.prepare(photo), box, 282)
    old, new = (
        picture[box.top : box.bottom, box.left : box.right].astype(float)
        for picture in (
            network_crop(photo, network.architecture),
            found(result.altered, "inside", "blurred").picture,
        )
    )
    # At the border of the box, the blur averages over pixels inside and outside.
    assert new.mean() == pytest.approx(old.mean(), rel=0.03)
    assert np.abs(np.diff(new, axis=1)).mean() < 0.3 * np.abs(np.diff(old, axis=1)).mean()


@pytest.mark.parametrize(
    ("box", "message"),
    [
        (Box(3, 3, 3, 9), "empty"),
        (Box(3, 9, 5, 4), "empty"),
        (Box(-1, 0, 5, 5), "outside the crop.*0 to 16"),
        (Box(0, -1, 5, 5), "outside"),
        (Box(0, 0, 17, 5), "outside"),
        (Box(0, 0, 5, 17), "outside"),
    ],
)
def test_an_impossible_box_raises_a_user_error(box, message):
    network, x = evidence_in_a_quarter()
    with pytest.raises(UserError, match=message):
        share(np.ones((SIZE, SIZE)), box)
    with pytest.raises(UserError, match=message):
        point(network, x, box, 0)


def test_one_batch_goes_through_the_network_and_nothing_is_left_behind():
    network = small_network("alexnet-2012")
    x = random_input(network)
    modules, values = list(network.modules()), [p.clone() for p in network.parameters()]
    before, given = x.clone(), []
    conv1 = network.get_submodule("conv1")
    watch = conv1.register_forward_hook(lambda _module, inputs, _y: given.append(len(inputs[0])))
    point(network, x, Box(10, 10, 40, 40), 3)
    watch.remove()
    assert given == [5]
    assert torch.equal(x, before)
    assert hooks(network) == 0
    assert list(network.modules()) == modules
    for parameter, value in zip(network.parameters(), values, strict=True):
        assert torch.equal(parameter, value)
        assert parameter.grad is None


@pytest.mark.parametrize("target", [-1, 99])
def test_an_unknown_class_raises_a_user_error(target):
    network, x = evidence_in_a_quarter()
    with pytest.raises(UserError, match=f"no class {target}"):
        point(network, x, Box(0, 0, 5, 5), target)
