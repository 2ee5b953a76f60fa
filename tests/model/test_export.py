"""Exported code builds the same network, and the first layer with impossible settings is named."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.activations import capture
from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES, Architecture
from model.arithmetic import take_apart
from model.editing import PRESETS, edited
from model.editing import settings as settings_of
from model.errors import UserError
from model.export import to_code
from model.layer_specs import Conv, Linear, MaxPool
from model.layers import describe, describe_until_failure
from model.receptive_field import box

from .small import shrunk


def run(code: str) -> torch.nn.Sequential:
    """Return the network that a file of exported code builds."""
    space: dict = {"__name__": "exported"}
    exec(compile(code, "network.py", "exec"), space)
    return space["network"]


def shapes(network: torch.nn.Sequential, architecture: Architecture) -> list[tuple[str, tuple[int, ...]]]:
    x = torch.zeros(1, 3, architecture.input_size, architecture.input_size)
    found = []
    for name, layer in network.eval().named_children():
        x = layer(x)
        found.append((name, tuple(x.shape[1:])))
    return found


@st.composite
def lab_networks(draw) -> Architecture:
    """Generate a small architecture with random settings, as a user of the shape lab could make it."""
    start = shrunk(ARCHITECTURES[draw(st.sampled_from(sorted(ARCHITECTURES)))])
    start = start.with_input_size(draw(st.integers(20, 140)))
    changes = {}
    for layer in start.layers:
        if isinstance(layer, Conv):
            groups = draw(st.sampled_from((1, 2)))
            changes[layer.name] = {
                "channels": groups * draw(st.integers(1, 6)),
                "kernel_size": draw(st.integers(1, 7)),
                "stride": draw(st.integers(1, 3)),
                "padding": draw(st.integers(0, 3)),
                "dilation": draw(st.integers(1, 3)),
                "groups": groups if layer.name != "conv1" else 1,
            }
        elif isinstance(layer, MaxPool):
            changes[layer.name] = {"kernel_size": draw(st.integers(1, 3)), "stride": draw(st.integers(1, 3))}
        elif isinstance(layer, Linear):
            changes[layer.name] = {"units": draw(st.integers(1, 20))}
    return edited(start, changes)


@settings(max_examples=120)
@given(lab_networks())
def test_exported_code_has_the_table_s_shapes_and_parameters(architecture):
    infos, failure = describe_until_failure(architecture)
    if failure:
        with pytest.raises(UserError):
            to_code(architecture)
        assert any(layer.name in failure for layer in architecture.layers[len(infos) :])
        return
    network = run(to_code(architecture))
    assert shapes(network, architecture) == [(info.name, info.output_shape) for info in infos]
    assert sum(p.numel() for p in network.parameters()) == sum(info.parameters for info in infos)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_exported_architecture_computes_what_the_network_computes(name):
    architecture = shrunk(ARCHITECTURES[name])
    network, exported = AlexNet(architecture).freeze(), run(to_code(architecture)).eval()
    exported.load_state_dict(network.state_dict())
    x = 50 * torch.randn(2, 3, architecture.input_size, architecture.input_size)
    with torch.no_grad():
        # LRN is computed with other operations: float32 rounds differently.
        assert torch.allclose(exported[:-1](x), network.logits(x), rtol=1e-4, atol=1e-5)


@settings(max_examples=40)
@given(dilation=st.integers(1, 3), padding=st.integers(0, 3), stride=st.integers(1, 3), place=st.data())
def test_arithmetic_and_receptive_field_are_right_with_dilation(dilation, padding, stride, place):
    start = shrunk(ARCHITECTURES["alexnet-cifar10"])
    change = {"dilation": dilation, "padding": padding, "stride": stride}
    architecture = edited(start, {"conv1": change})
    info = describe(architecture)[0] if not describe_until_failure(architecture)[1] else None
    if info is None:
        return
    network = AlexNet(architecture).freeze()
    maps = capture(network, torch.randn(1, 3, 32, 32))
    row, column = (place.draw(st.integers(0, info.output_shape[1] - 1)) for _ in range(2))
    cell = take_apart(network, maps, "conv1", 1, row, column)
    assert cell.worked == pytest.approx(cell.captured, rel=1e-4, abs=1e-5)
    seen = box(architecture, "conv1", 1, row, column)
    assert seen.top == max(0, row * stride - padding)
    assert seen.bottom == min(32, row * stride - padding + 2 * dilation + 1)


def test_the_paper_s_224_gives_54_positions():
    [first] = [info for info in describe(PRESETS["224"]) if info.name == "conv1"]
    assert first.output_shape == (96, 54, 54)
    assert first.formula.endswith("= floor(53.25) + 1 = 54")


@pytest.mark.parametrize(
    ("changes", "message", "works"),
    [
        ({"conv2": {"groups": 3}}, "conv2 cannot divide 96 input and 256 output channels into 3", 4),
        ({"conv3": {"kernel_size": 40}}, "conv3 has no output", 8),
        ({"conv1": {"kernel_size": 300}}, "conv1 has no output", 0),
    ],
)
def test_the_failing_layer_is_named_and_all_layers_before_it_are_described(changes, message, works):
    infos, failure = describe_until_failure(edited(ARCHITECTURES["alexnet-2012"], changes))
    assert message in failure
    assert len(infos) == works


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conv1": {"stride": None}}, "conv1 needs a stride"),
        ({"conv1": {"stride": 0}}, "The stride of conv1 must be from 1"),
        ({"conv1": {"padding": -1}}, "The padding of conv1 must be from 0"),
        ({"fc6": {"units": 10**9}}, "The units of fc6 must be from 1 to 100,000"),
    ],
)
def test_impossible_numbers_raise_a_user_error(changes, message):
    with pytest.raises(UserError, match=message):
        edited(ARCHITECTURES["alexnet-2012"], changes)


def test_replacing_settings_by_themselves_changes_nothing():
    for architecture in ARCHITECTURES.values():
        same = {layer.name: settings_of(layer) for layer in architecture.layers}
        assert edited(architecture, same) == architecture
