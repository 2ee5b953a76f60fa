"""Shapes, counts and receptive fields equal publications, torchinfo, torch.nn and real forward passes."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
import torchinfo
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES, Architecture
from model.errors import UserError
from model.layer_specs import AdaptiveAvgPool, Conv, Flatten, Layer, Linear, MaxPool
from model.layers import LayerInfo, describe, smallest_input_size

PAPER = ARCHITECTURES["alexnet-2012"]
every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)

conv_or_pool = st.one_of(
    st.builds(
        Conv,
        name=st.just("conv"),
        channels=st.sampled_from([2, 4]),
        kernel_size=st.integers(1, 5),
        stride=st.integers(1, 3),
        padding=st.integers(0, 2),
        groups=st.sampled_from([1, 2]),
    ),
    st.builds(
        MaxPool,
        name=st.just("pool"),
        kernel_size=st.integers(1, 3),
        stride=st.integers(1, 3),
        rounding=st.sampled_from(["floor", "ceil"]),
    ),
)
stacks = st.lists(conv_or_pool, min_size=1, max_size=5)


def stack(layers: list[Layer], input_size: int) -> Architecture:
    """Return the layers with different names, for an input of two channels, which two groups divide."""
    named = tuple(replace(layer, name=f"{layer.name}{i}") for i, layer in enumerate(layers))
    return Architecture("stack", "", "", input_size, named, input_channels=2)


def as_torch(layers: list[Layer]) -> nn.Sequential:
    """Return the same layers made with torch.nn alone."""
    modules: list[nn.Module] = []
    channels = 2
    for layer in layers:
        if isinstance(layer, Conv):
            modules.append(
                nn.Conv2d(
                    channels,
                    layer.channels,
                    layer.kernel_size,
                    layer.stride,
                    layer.padding,
                    groups=layer.groups,
                )
            )
            channels = layer.channels
        elif isinstance(layer, MaxPool):
            up = layer.rounding == "ceil"
            modules.append(nn.MaxPool2d(layer.kernel_size, layer.stride, ceil_mode=up))
        elif isinstance(layer, AdaptiveAvgPool):
            modules.append(nn.AdaptiveAvgPool2d(layer.size))
    return nn.Sequential(*modules)


def output_shapes(network: nn.Module, x: torch.Tensor) -> list[tuple[int, ...]]:
    shapes = []
    for layer in network.children():
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    return shapes


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("alexnet-2012", 60_965_224),
        ("alexnet-single-tower", 62_378_344),
        ("alexnet-224-pad2", 60_965_224),
        ("caffenet", 60_965_224),
        ("alexnet-torchvision", 61_100_840),
        ("alexnet-cifar10", 29_585_290),
    ],
)
def test_parameters_sum_to_the_published_number(name, parameters):
    assert sum(info.parameters for info in describe(ARCHITECTURES[name])) == parameters
    network = AlexNet(ARCHITECTURES[name], device="meta")
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_shapes_are_those_of_the_paper():
    shapes = {info.name: info.output_shape for info in describe(PAPER)}
    assert shapes["conv1"] == (96, 55, 55)
    assert shapes["pool1"] == (96, 27, 27)
    assert shapes["conv2"] == (256, 27, 27)
    assert shapes["pool2"] == (256, 13, 13)
    assert shapes["conv3"] == shapes["conv4"] == (384, 13, 13)
    assert shapes["conv5"] == (256, 13, 13)
    assert shapes["pool5"] == (256, 6, 6)
    assert shapes["flatten"] == (9216,)
    assert shapes["fc6"] == shapes["fc7"] == (4096,)
    assert shapes["fc8"] == shapes["prob"] == (1000,)


def test_the_224_that_the_paper_states_gives_54_unless_it_is_padded():
    [conv1, *_] = describe(PAPER, input_size=224)
    assert conv1.output_shape == (96, 54, 54)
    assert "floor(53.25) + 1 = 54" in conv1.formula
    [padded, *_] = describe(ARCHITECTURES["alexnet-224-pad2"])
    assert padded.output_shape == (96, 55, 55)


def test_receptive_fields_and_jumps_are_the_published_ones():
    """The numbers are from Araujo et al. 2019; fc6 counts as the 6 x 6 convolution that it equals."""
    infos = {info.name: info for info in describe(PAPER)}
    names = ["conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5"]
    fields = [infos[name].receptive_field for name in names]
    assert fields == [11, 19, 51, 67, 99, 131, 163, 195]
    assert [infos[name].jump for name in names] == [4, 8, 8, 16, 16, 16, 16, 32]
    assert infos["fc6"].receptive_field == infos["fc8"].receptive_field == 195 + 5 * 32


@every_architecture
def test_counts_per_layer_equal_torchinfos(architecture):
    size = architecture.input_size
    network = AlexNet(architecture, device="meta")
    summary = torchinfo.summary(network, (1, 3, size, size), verbose=0, device="meta")
    theirs = {layer.var_name: layer for layer in summary.summary_list if layer.is_leaf_layer}
    for info in describe(architecture):
        bias_additions = 0
        if info.parameters:
            # torchinfo multiplies every parameter, biases too, by the number of positions at which it is
            # used.
            bias_additions = math.prod(info.output_shape)
        assert theirs[info.name].num_params == info.parameters
        assert theirs[info.name].macs == info.macs + bias_additions
        assert tuple(theirs[info.name].output_size[1:]) == info.output_shape


@every_architecture
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_described_shapes_are_those_of_a_real_pass(architecture, data):
    smallest = smallest_input_size(architecture)
    size = data.draw(st.integers(smallest, smallest + 200))
    network = AlexNet(architecture.with_input_size(size), device="meta")
    shapes = output_shapes(network, torch.empty(1, 3, size, size, device="meta"))
    assert [info.output_shape for info in describe(architecture, size)] == shapes


@settings(max_examples=60, deadline=None)
@given(stacks, st.integers(1, 40))
def test_random_stacks_have_the_shapes_and_parameters_of_torch_or_fit_in_neither(layers, size):
    theirs = as_torch(layers).to("meta")
    architecture = stack(layers, size)
    try:
        infos = describe(architecture)
    except UserError:
        with pytest.raises(RuntimeError, match=r"size|small"):
            output_shapes(theirs, torch.empty(1, 2, size, size, device="meta"))
        return
    assert [info.output_shape for info in infos] == output_shapes(
        theirs, torch.empty(1, 2, size, size, device="meta")
    )
    parameters = [sum(p.numel() for p in module.parameters()) for module in theirs]
    assert [info.parameters for info in infos] == parameters


def seen_columns(layers: list[Layer], size: int) -> torch.Tensor:
    """Return which input columns each output column depends on, found by spreading NaN: bool [output, input].

    It is computed in float64, because the float32 kernels of oneDNN may mix neighbours.
    """
    x = torch.zeros(size, 2, size, size, dtype=torch.float64)
    x[torch.arange(size), :, :, torch.arange(size)] = torch.nan  # in input i, column i is NaN
    with torch.inference_mode():
        out = as_torch(layers).double()(x)
    return out.isnan().any(dim=1).any(dim=1).T


@settings(max_examples=40, deadline=None)
@given(stacks, st.integers(30, 60))
def test_receptive_field_and_jump_are_the_columns_that_really_reach_an_output(layers, size):
    try:
        info = describe(stack(layers, size))[-1]
    except UserError:
        return
    columns = [row.nonzero().flatten() for row in seen_columns(layers, size)]
    # Only near the border, within its own width, can a receptive field be cut off.
    width = info.receptive_field
    whole = [c for c in columns if len(c) and c[-1] >= width - 1 and c[0] <= size - width]
    assert all(c[-1] - c[0] + 1 == width for c in whole)
    starts = [int(c[0]) for c in whole]
    assert all(b - a == info.jump for a, b in pairwise(starts))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 9))
def test_no_output_of_adaptive_pooling_depends_on_more_than_its_receptive_field(size, out):
    layers: list[Layer] = [AdaptiveAvgPool("avgpool", out)]
    [info] = describe(stack(layers, size))
    assert seen_columns(layers, size).sum(dim=1).max() == info.receptive_field


def evaluated(arithmetic: str) -> float:
    """Return the value of an arithmetic expression in a formula."""
    assert re.fullmatch(r"[\d\s.,+\-*/()]*(floor|ceil)?[\d\s.,+\-*/()]*", arithmetic), arithmetic
    return eval(arithmetic.replace(",", ""), {"floor": math.floor, "ceil": math.ceil})


def check_formulas(info: LayerInfo) -> None:
    if info.rounding is not None or info.type == "Flatten":
        steps = [evaluated(part) for part in info.formula.split(" = ")]
        assert steps == [info.output_shape[-1]] * len(steps), info.formula


@every_architecture
@pytest.mark.parametrize("extra", [0, 1, 30])
def test_every_formula_computes_to_the_shape_beside_it(architecture, extra):
    for info in describe(architecture, architecture.input_size + extra):
        check_formulas(info)


@settings(max_examples=60, deadline=None)
@given(stacks, st.integers(20, 400))
def test_formulas_of_random_stacks_compute_to_the_shape_beside_them(layers, size):
    try:
        infos = describe(stack(layers, size))
    except UserError:
        return
    for info in infos:
        check_formulas(info)


@every_architecture
def test_smallest_input_is_exactly_the_border_and_the_layer_that_fails_is_named(architecture):
    smallest = smallest_input_size(architecture)
    torch_runs = AlexNet(architecture.with_input_size(smallest), device="meta")
    torch_runs(torch.empty(1, 3, smallest, smallest, device="meta"))
    with pytest.raises(UserError, match=f"Use {smallest} or more") as caught:
        describe(architecture, smallest - 1)
    x = torch.empty(1, 3, smallest - 1, smallest - 1, device="meta")
    failed = ""
    for name, layer in torch_runs.named_children():
        try:
            x = layer(x)
        except RuntimeError:
            failed = name
            break
    assert f"{failed} of {architecture.name} has no output" in str(caught.value)


def test_groups_that_do_not_divide_the_channels_raise_a_user_error():
    odd = Architecture("odd", "", "", 8, (Conv("conv1", 4, 3, groups=2),))
    with pytest.raises(UserError, match="conv1 cannot divide 3 input and 4 output channels into 2 groups"):
        describe(odd)


def test_a_fully_connected_layer_on_feature_maps_raises_a_user_error():
    unflattened = Architecture("unflattened", "", "", 8, (Linear("fc", 4),))
    with pytest.raises(UserError, match="fc needs a flattened input"):
        describe(unflattened)
    flat = replace(unflattened, layers=(Flatten("flatten"), Linear("fc", 4)))
    assert describe(flat)[-1].output_shape == (4,)


@settings(max_examples=60, deadline=None)
@given(stacks)
def test_the_smallest_input_of_any_stack_fits_and_one_pixel_less_does_not(layers):
    smallest = smallest_input_size(stack(layers, 1))
    try:
        describe(stack(layers, smallest))
        if smallest > 1:
            with pytest.raises(UserError, match=f"Use {smallest} or more"):
                describe(stack(layers, smallest - 1))
    except UserError as error:
        assert "groups" in str(error)


def test_even_a_very_large_smallest_input_is_found_quickly():
    layers: list[Layer] = [Conv("conv", 2, 100_000, 100_000), MaxPool("pool", 100_000, 100_000)]
    assert smallest_input_size(stack(layers, 1)) == 100_000**2
