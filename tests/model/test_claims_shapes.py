"""What the claims about shapes state: closed forms, published numbers, and PyTorch's own results."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from model import AlexNet
from model.architectures import ARCHITECTURES
from model.claims.counts import logits_without_maximum, multiply_adds
from model.claims.evidence import Pictures, Table
from model.claims.layer_sizes import TESTS as SIZE_TESTS
from model.claims.shapes import PLACES, connections, corner_of, place_of, readers_of
from model.claims.size_rules import (
    AUTHORS,
    CAFFE,
    PAPER,
    TODAY,
    Rule,
    exact_size,
    logits_by,
    measured_sizes,
    overhang,
    rounded_size,
    sizes,
)
from model.claims.statements import claims, claims_of
from model.claims.tests import TESTS, run
from model.errors import UserError
from model.layer_specs import Conv, MaxPool
from model.layers import describe
from model.preprocess import Photo, network_crop, ten_crops

from .small import random_input, small_network

kernels = st.integers(1, 11)
strides = st.integers(1, 5)


def _sides(input_size: int, rule: Rule) -> list[int]:
    return [size for _, size in sizes(PAPER, input_size, rule).values()]


# conv1, pool1, conv2, pool2, conv3, conv4, conv5, pool5
@pytest.mark.parametrize(
    ("size", "rule", "sides"),
    [
        (224, AUTHORS, [55, 27, 27, 13, 13, 13, 13, 6]),
        (224, TODAY, [54, 26, 26, 12, 12, 12, 12, 5]),
        (224, CAFFE, [54, 27, 27, 13, 13, 13, 13, 6]),
        (227, AUTHORS, [55, 27, 27, 13, 13, 13, 13, 6]),
        (227, TODAY, [55, 27, 27, 13, 13, 13, 13, 6]),
    ],
)
def test_sizes_by_each_rule(size, rule, sides):
    assert _sides(size, rule) == sides


def test_only_conv1_needs_the_rounding_in_the_authors_program():
    inexact = [name for name, (exact, size) in sizes(PAPER, 224, AUTHORS).items() if exact != size]
    assert inexact == ["conv1"]


@given(size=st.integers(30, 300), kernel=kernels, stride=strides, padding=st.integers(0, 3))
def test_convolutions_are_rounded_as_pytorch_rounds(size, kernel, stride, padding):
    layer = Conv("conv", 1, kernel, stride, padding)
    x = torch.zeros(1, 1, size, size, device="meta")
    weight = torch.zeros(1, 1, kernel, kernel, device="meta")
    assert rounded_size(size, layer, up=False) == F.conv2d(x, weight, None, stride, padding).shape[-1]
    # With the missing pixels appended, nothing needs rounding, and the size is the one rounded up.
    more = F.pad(x, (0, overhang(size, layer)) * 2)
    assert rounded_size(size, layer, up=True) == F.conv2d(more, weight, None, stride, padding).shape[-1]
    assert 0 <= overhang(size, layer) < stride


@given(size=st.integers(30, 300), kernel=kernels, stride=strides)
def test_pooling_is_rounded_as_pytorch_rounds(size, kernel, stride):
    x = torch.zeros(1, 1, size, size, device="meta")
    down, up = (F.max_pool2d(x, kernel, stride, ceil_mode=mode).shape[-1] for mode in (False, True))
    layer = MaxPool("pool", kernel, stride)
    assert rounded_size(size, layer, up=False) == down
    # PyTorch leaves out a last window that lies beyond the edge altogether. This is possible only if the
    # windows do not overlap.
    if kernel >= stride:
        assert rounded_size(size, layer, up=True) == up


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_measured_sizes_are_those_of_the_description(name):
    network = small_network(name)
    infos = [info for info in describe(network.architecture) if info.is_spatial]
    with torch.inference_mode():
        measured = measured_sizes(network, random_input(network))
    assert measured == {info.name: (info.input_shape[-1], info.output_shape[-1]) for info in infos}


def test_rounding_makes_no_difference_where_everything_fits():
    # An input of 99 fits conv1: (99 - 11)/4 is 22, and 23, 11, 5 are odd, so that every pooling fits.
    network = small_network("alexnet-2012")
    x = random_input(network)
    with torch.inference_mode():
        expected = network.logits(x)
        for rule in (TODAY, CAFFE, AUTHORS):
            logits = logits_by(network, x, rule)
            assert logits is not None
            torch.testing.assert_close(logits, expected)


def test_rounding_up_equals_three_rows_and_columns_of_zeros(network: AlexNet, photo: Photo):
    crop = network_crop(photo, network.architecture.with_input_size(224))
    x = network.to_input(crop[None])
    with torch.inference_mode():
        logits = logits_by(network, x, AUTHORS)
        assert logits is not None
        torch.testing.assert_close(logits, network.logits(F.pad(x, (0, 3, 0, 3))))
        assert logits_by(network, x, TODAY) is None


@pytest.mark.parametrize("size", [67, 224, 227, 228, 260])
def test_the_picture_says_how_many_pixels_are_missing(size, network: AlexNet, photo: Photo):
    (pictures,) = (
        figure
        for figure in run("input-227", network, photo, {"size": size}).figures
        if isinstance(figure, Pictures)
    )
    below = list(pictures.pictures)[1]
    missing = -(size - 11) % 4
    assert (f"{missing} of its 11 columns" in below) if missing else ("exactly at the edge" in below)


def test_paddings_that_give_55():
    def reaches_55(size: int) -> list[int]:
        layers = {padding: Conv("conv1", 96, 11, 4, padding) for padding in range(6)}
        return [padding for padding, layer in layers.items() if rounded_size(size, layer, up=False) == 55]

    assert reaches_55(227) == [0, 1]
    assert reaches_55(224) == [2, 3]
    assert exact_size(227, Conv("conv1", 96, 11, 4, 1)) == 55.5


@pytest.mark.parametrize("place", [place for place, _ in PLACES])
def test_crops_are_among_the_ten_of_the_paper(place, network: AlexNet, photo: Photo):
    settings = {"place": place}
    (pictures,) = (
        f for f in run("resized-to-224", network, photo, settings).figures if isinstance(f, Pictures)
    )
    crop = list(pictures.pictures.values())[1]
    order = ("top-left", "top-right", "bottom-left", "bottom-right", "centre")
    np.testing.assert_array_equal(crop, ten_crops(photo, network.architecture)[order.index(place)])
    assert max(corner_of(place, 29)) <= 29


@pytest.mark.parametrize(("groups", "changed"), [(1, 12), (2, 6)])
def test_a_tower_is_read_by_its_own_kernels_only(groups, changed):
    generator = torch.Generator().manual_seed(0)
    layer = torch.nn.Conv2d(8, 12, 3, groups=groups)
    with torch.inference_mode():
        layer.weight.copy_(torch.rand(layer.weight.shape, generator=generator) + 0.1)
        x = torch.rand(1, 8, 9, 9, generator=generator) + 0.1
        assert readers_of(layer, x, slice(0, 4)) == changed
        strengths = connections(layer.weight, groups)
    assert strengths.shape == (12, 8)
    assert (strengths > 0).sum() == 12 * 8 // groups
    assert (strengths[:6, :4] > 0).all()


@pytest.mark.parametrize(
    ("architecture", "layer", "parameters"),
    [("alexnet-2012", "conv2", 307_456), ("alexnet-single-tower", "conv2", 614_656)],
)
def test_published_counts_of_conv2(architecture, layer, parameters):
    (info,) = (info for info in describe(ARCHITECTURES[architecture]) if info.name == layer)
    assert info.parameters == parameters


@given(st.integers(0, 9215))
def test_the_place_of_a_number_of_flatten(index):
    assert place_of(index, 6) == np.unravel_index(index, (256, 6, 6))


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("alexnet-2012", 60_965_224),
        ("alexnet-single-tower", 62_378_344),
        ("alexnet-torchvision", 61_100_840),  # as the metadata of torchvision's weights says
    ],
)
def test_totals_of_parameters(name, total, network: AlexNet, photo: Photo):
    assert sum(info.parameters for info in describe(ARCHITECTURES[name])) == total
    (table,) = (f for f in run("sixty-million-parameters", network, photo).figures if isinstance(f, Table))
    assert total in [row[1] for row in table.rows]


def test_multiply_adds_by_stride_and_kernel():
    now, dense = multiply_adds(PAPER, 11, 4), multiply_adds(PAPER, 11, 1)
    assert dense["conv1"] / now["conv1"] == pytest.approx((217 / 55) ** 2)
    # 217, pooled to 108, 53 and 26, in place of 55, 27, 13 and 6.
    assert dense["conv2"] / now["conv2"] == pytest.approx((108 / 27) ** 2)
    assert dense["conv5"] / now["conv5"] == pytest.approx((53 / 13) ** 2)
    assert dense["fc6"] / now["fc6"] == pytest.approx((26 / 6) ** 2)
    assert dense["fc7"] == now["fc7"]
    # A kernel of 3 has 57 windows where one of 11 has 55.
    small = multiply_adds(PAPER, 3, 4)
    assert now["conv1"] / small["conv1"] == pytest.approx((11 / 3) ** 2 * (55 / 57) ** 2)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_middle_of_windows_has_the_size_of_the_maximum(name):
    network = small_network(name)
    with torch.inference_mode():
        logits = logits_without_maximum(network, random_input(network))
    assert logits.shape == (1, network.architecture.class_count)


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "alexnet-2012"])
@pytest.mark.parametrize("claim", [claim.name for claim in claims_of("shapes")])
def test_every_architecture_has_evidence_or_a_message(name, claim, photo: Photo):
    network = small_network(name)
    try:
        evidence = run(claim, network, photo)
    except UserError as error:
        assert str(error).endswith(".")
    else:
        assert evidence.figures


def test_evidence_is_the_same_at_every_call(network: AlexNet, photo: Photo):
    for test in SIZE_TESTS:
        assert run(test.claim, network, photo).finding == run(test.claim, network, photo).finding


def test_the_claims_of_this_group_all_have_tests():
    assert all(claim.name in TESTS for claim in claims_of("shapes"))
    assert "input-227" in claims()
