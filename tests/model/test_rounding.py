"""Sizes rounded up, LRN within a tower and normalization inside a map: the network as its authors ran it."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from model import AlexNet, capture, classify, describe, explain, load
from model.alexnet import LocalResponseNorm, OverhangingConv2d, SpatialResponseNorm
from model.architectures import ARCHITECTURES, LENET_5
from model.arithmetic import take_apart
from model.attribution import default_layer
from model.attribution.checks import completeness
from model.editing import ACTIVATIONS, POOLINGS, RULES, kinds_of, with_kinds, with_rule
from model.export import to_code
from model.layer_specs import LRNConstants
from model.preprocess import Photo
from model.sizes import conv_size, overhang

from .small import shrunk

AUTHORS = ARCHITECTURES["alexnet-cuda-convnet"]
PAPER = ARCHITECTURES["alexnet-2012"]


def sizes(rule: str, input_size: int) -> list[int]:
    """Return the sides of conv1's, pool1's, pool2's and pool5's outputs."""
    infos = describe(with_rule(PAPER, rule), input_size)
    return [info.output_shape[1] for info in infos if info.name in ("conv1", "pool1", "pool2", "pool5")]


def test_only_the_authors_rule_makes_224_fit():
    assert sizes("cuda-convnet", 224) == sizes("today", 227) == [55, 27, 13, 6]
    assert sizes("today", 224) == [54, 26, 12, 5]
    assert all(sizes(rule, 227) == [55, 27, 13, 6] for rule in RULES)


def test_the_formula_shows_the_ceiling():
    [conv1] = [info for info in describe(AUTHORS) if info.name == "conv1"]
    assert conv1.formula == "ceil((224 + 2*0 - 11)/4) + 1 = ceil(53.25) + 1 = 55"
    assert conv1.overhang == 3


windows = st.tuples(st.integers(1, 60), st.integers(1, 9), st.integers(1, 9), st.integers(0, 4))


@given(windows)
def test_rounding_up_is_the_ceiling_unless_a_window_would_begin_outside(window):
    size, kernel, stride, padding = window
    up = math.ceil((size + 2 * padding - kernel) / stride) + 1
    begins_outside = (up - 1) * stride >= size + padding
    down = conv_size(size, kernel, stride, padding)
    assert conv_size(size, kernel, stride, padding, "ceil") == (down if begins_outside else up)
    assert overhang(size, kernel, stride, padding) < stride


@settings(max_examples=60, deadline=None)
@given(windows, st.integers(1, 2))
def test_a_convolution_rounded_up_is_one_over_an_input_with_zeros_appended(window, dilation):
    size, kernel, stride, padding = window
    span = dilation * (kernel - 1) + 1
    if conv_size(size, span, stride, padding, "ceil") < 1:
        return
    ours = OverhangingConv2d(2, 3, kernel, stride, padding, dilation)
    x = torch.randn(1, 2, size, size)
    # One zero less than the stride turns rounding down into rounding up.
    more = stride - 1 if stride - 1 < span - padding else overhang(size, span, stride, padding)
    longer = F.pad(x, (padding, padding + more) * 2)
    plain = F.conv2d(longer, ours.weight, ours.bias, stride, 0, dilation)
    count = conv_size(size, span, stride, padding, "ceil")
    assert torch.allclose(ours(x), plain[..., :count, :count], atol=1e-5)


def test_lrn_within_a_tower_equals_two_networks_of_48_channels():
    constants = LRNConstants(alpha_over_n=True)
    x = 100 * torch.randn(2, 96, 7, 7)
    alone = LocalResponseNorm(constants)
    halves = torch.cat([alone(x[:, :48]), alone(x[:, 48:])], 1)
    assert torch.allclose(LocalResponseNorm(constants, groups=2)(x), halves, atol=1e-6)
    across = alone(x)
    different = (across != halves).any(3).any(2).any(0).nonzero().flatten().tolist()
    assert different == [46, 47, 48, 49]


def test_normalization_inside_a_map_is_the_sum_over_its_square():
    constants = LRNConstants(n=25, k=1.0, alpha=1e-3, alpha_over_n=True)
    x = 100 * torch.rand(1, 3, 9, 8)
    ones = torch.ones(3, 1, 5, 5, dtype=torch.float64)
    total = F.conv2d(x.double() ** 2, ones, padding=2, groups=3)
    wanted = x.double() / (1 + 1e-3 / 25 * total) ** 0.75
    assert torch.allclose(SpatialResponseNorm(constants, 5)(x).double(), wanted, rtol=1e-5)


def test_relu_and_max_pooling_can_be_swapped_and_relu_and_lrn_cannot():
    x = torch.randn(1, 96, 13, 13)
    pool, norm = nn.MaxPool2d(3, 2), LocalResponseNorm(LRNConstants(alpha=1e-2))
    assert torch.equal(pool(x.relu()), pool(x).relu())
    assert not torch.allclose(norm(x.relu()), norm(x).relu())


def test_every_number_of_the_authors_program_can_be_worked_out(photo: Photo):
    network = load(AUTHORS.name, "embedded", device="cpu")
    maps = capture(network, network.prepare(photo))
    for layer in ("conv1", "norm1", "pool1", "norm2", "spatial_norm2", "pool5"):
        last = maps[layer].shape[1] - 1
        for channel, (row, column) in product((0, 47, 48, 95), ((0, 0), (last, last), (last // 2, last))):
            assert take_apart(network, maps, layer, channel, row, column).agrees


def test_grad_cam_s_layer_has_the_last_convolution_s_size():
    assert default_layer(AUTHORS) == "conv5"
    others = {name: default_layer(a) for name, a in ARCHITECTURES.items() if name != AUTHORS.name}
    assert set(others.values()) == {"relu5"}


def test_the_built_in_weights_still_know_the_sample(network: AlexNet, photo: Photo):
    """The authors' LRN is weaker, so the answer differs, but not the five classes at its top altogether."""
    first = {p.class_index for p in classify(network, photo).top(5)}
    second = {p.class_index for p in classify(load(AUTHORS.name, "embedded", device="cpu"), photo).top(5)}
    assert first & second


def test_lenet_5_has_61706_parameters_and_its_sizes():
    infos = {info.name: info for info in describe(LENET_5)}
    assert sum(info.parameters for info in infos.values()) == 61_706
    shapes = [infos[name].output_shape for name in ("C1", "S2", "C3", "S4", "C5", "F6", "output")]
    assert shapes == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("rule", RULES)
def test_every_kind_of_layer_is_built_worked_out_and_exported(activation: str, pooling: str, rule: str):
    architecture = with_rule(with_kinds(shrunk(PAPER), activation, pooling), rule)
    assert kinds_of(architecture) == (activation, pooling)
    network = AlexNet(architecture).freeze()
    x = 3 * torch.randn(1, 3, architecture.input_size, architecture.input_size)
    maps = capture(network, x)
    for layer in ("relu1", "pool1", "relu2", "pool5", "relu6"):
        shape = maps[layer].shape
        place = tuple(size - 1 for size in shape) if len(shape) == 3 else (shape[0] - 1, 0, 0)
        assert take_apart(network, maps, layer, *place).agrees
    names: dict = {"__name__": "exported"}
    exec(compile(to_code(architecture), "network.py", "exec"), names)
    exported = names["network"].eval()
    exported.load_state_dict(network.state_dict())
    with torch.no_grad():
        assert torch.allclose(exported[:-1](x), network.logits(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_deep_lift_adds_up_with_every_activation_function(activation: str):
    network = AlexNet(with_kinds(shrunk(PAPER), activation, "max")).freeze()
    x = 3 * torch.randn(1, 3, network.architecture.input_size, network.architecture.input_size)
    sums = completeness(network, x, explain(network, x, "deep-lift", 1))
    assert sums
    assert sums.total == pytest.approx(sums.change, rel=1e-3, abs=1e-5)  # sums of float32 over all pixels
