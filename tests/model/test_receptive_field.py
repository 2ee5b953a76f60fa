"""A receptive field is exactly where the gradient is not zero, and its size is the published one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from model.activations import capture
from model.alexnet import private_copy
from model.architectures import ARCHITECTURES
from model.editing import edited
from model.errors import UserError
from model.layers import describe
from model.networks import get_architecture
from model.receptive_field import box, trace
from model.units import effective_receptive_field, strongest_patches

from .small import random_input, small_network

SIZES = [11, 11, 11, 19, 51, 51, 51, 67, 99, 99, 131, 131, 163, 163, 195]  # conv1 to pool5


def linear_twin(network):
    """Return a linear network with the same windows: positive weights, mean pooling, no ReLU.

    A receptive field says which inputs *can* matter. With max pooling, only some of them matter for a photo.
    """
    twin = private_copy(network)
    for name, layer in network.named_children():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.weight.abs_()
        if isinstance(layer, nn.MaxPool2d):
            twin.add_module(name, nn.AvgPool2d(layer.kernel_size, layer.stride))
        if isinstance(layer, nn.ReLU):
            twin.add_module(name, nn.Identity())
    return twin


def region(gradient):
    rows, columns = (np.flatnonzero(gradient.any(axis)) for axis in (1, 0))
    found = gradient[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert found.all(), "a receptive field has no holes"
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


def places(shape):
    """Return positions in the corners, at the borders and in the centre; or the first and last units."""
    if len(shape) == 1:
        return [(0,), (shape[0] - 1,)]
    last = shape[1] - 1
    return [(0, row, column) for row in (0, last // 2, last) for column in (0, last // 2, last)]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_box_is_where_the_gradient_is_not_zero(name):
    network = small_network(name)
    twin, x = linear_twin(network), random_input(network).abs() + 0.1
    for info in describe(network.architecture):
        if info.type == "Softmax":
            continue  # prob saturates in float32; its receptive field is that of fc8, the whole input
        for place in places(info.output_shape):
            gradient = effective_receptive_field(twin, x, info.name, *place)
            seen = box(network.architecture, info.name, *place)
            assert region(gradient) == (seen.top, seen.left, seen.bottom, seen.right), (info.name, place)


@given(size=st.integers(63, 600), pooled=st.integers(1, 14))
def test_a_unit_after_pooling_to_a_fixed_size_depends_on_the_whole_feature_map(size, pooled):
    network = edited(ARCHITECTURES["alexnet-torchvision"], {"avgpool": {"size": pooled}})
    network = network.with_input_size(size)
    [pool5, fc6] = (info for info in describe(network) if info.name in ("pool5", "fc6"))
    whole = pool5.receptive_field + (pool5.output_shape[1] - 1) * pool5.jump
    assert fc6.receptive_field == whole == trace(network, "fc6", 0)[-1].unclipped.width


def test_in_the_middle_the_box_has_the_size_of_the_receptive_field():
    architecture = get_architecture("alexnet-2012")
    found = []
    for info in describe(architecture)[:15]:
        middle = info.output_shape[1] // 2
        step = trace(architecture, info.name, 0, middle, middle)[-1]
        corner = trace(architecture, info.name, 0, 0, 0)[-1]
        assert step.unclipped.width == corner.unclipped.width == info.receptive_field
        found.append(info.receptive_field)
        if info.receptive_field <= 99:
            assert step.box.width == step.box.height == info.receptive_field
    assert found == SIZES


def test_neighbouring_receptive_fields_are_one_jump_apart():
    architecture = get_architecture("alexnet-2012")
    for info in describe(architecture)[:10]:
        middle = info.output_shape[1] // 2
        here, there = (box(architecture, info.name, 0, middle, middle + i) for i in (0, 1))
        assert there.left - here.left == info.jump


def test_the_gradient_is_that_of_autograd_and_leaves_nothing_behind():
    network = small_network("alexnet-2012")
    x = random_input(network)
    found = effective_receptive_field(network, x, "conv3", 2, 1, 1)
    y = x.clone().requires_grad_(True)
    h = y
    for name, layer in network.named_children():
        h = layer(h)
        if name == "conv3":
            break
    h[0, 2, 1, 1].backward()
    assert y.grad is not None
    assert np.allclose(found, y.grad[0].norm(dim=0), atol=1e-7)
    assert x.grad is None
    assert all(p.grad is None for p in network.parameters())


def test_the_strongest_patches_are_the_strongest_and_do_not_hide_one_another():
    network = small_network("alexnet-2012")
    maps = [capture(network, random_input(network, seed))["relu2"].numpy() for seed in range(3)]
    channel = int(np.argmax([m.max() for m in np.stack(maps).transpose(1, 0, 2, 3)]))
    patches = strongest_patches(maps, network.architecture, "relu2", channel)
    assert patches[0].value == max(m[channel].max() for m in maps)
    assert [p.value for p in patches] == sorted((p.value for p in patches), reverse=True)
    for patch in patches:
        assert maps[patch.photo][channel, patch.row, patch.column] == patch.value
        assert patch.box == box(network.architecture, "relu2", channel, patch.row, patch.column)
    assert len({(p.photo, p.row, p.column) for p in patches}) == len(patches) <= 9


def test_a_dead_channel_has_no_patches():
    architecture = get_architecture("alexnet-2012")
    assert strongest_patches([np.zeros((96, 55, 55))], architecture, "relu1", 3) == []


def test_patches_of_an_unknown_channel_raise_a_user_error():
    architecture = get_architecture("alexnet-2012")
    with pytest.raises(UserError, match="conv1 has no channel 96"):
        strongest_patches([np.zeros((96, 55, 55))], architecture, "conv1", 96)
    with pytest.raises(UserError, match=r"fc6 has no feature maps.*pool5"):
        strongest_patches([np.zeros(4096)], architecture, "fc6", 0)
