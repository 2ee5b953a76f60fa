"""Recomputing only what a box changes gives the same as recomputing everything."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from model.ablation import Ablation, ablated
from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES, Architecture
from model.errors import UserError
from model.layer_specs import Conv, Flatten, Layer, Linear, LocalResponseNorm, MaxPool, ReLU, Softmax
from model.layers import describe
from model.patching import BATCH, GROUP, scores_of_changed
from model.receptive_field import Box, dependent_output, needed_input

from .left_behind import belongings
from .small import random_input, small_network

convolutions = st.builds(
    Conv,
    name=st.just("conv"),
    channels=st.sampled_from([2, 6]),
    kernel_size=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.integers(0, 3),
    groups=st.sampled_from([1, 2]),
    dilation=st.integers(1, 2),
)
poolings = st.builds(MaxPool, name=st.just("pool"), kernel_size=st.integers(1, 3), stride=st.integers(1, 4))
cell_by_cell = st.sampled_from([ReLU("relu"), LocalResponseNorm("norm")])
stacks = st.lists(st.one_of(convolutions, poolings, cell_by_cell), max_size=6)


@st.composite
def boxes_within(draw, side: int) -> Box:
    top, left = draw(st.integers(0, side - 1)), draw(st.integers(0, side - 1))
    return Box(top, left, draw(st.integers(top + 1, side)), draw(st.integers(left + 1, side)))


def network_of(layers: list[Layer], side: int) -> AlexNet:
    """Return a network of these layers with five classes and with two input channels, for two groups."""
    named = [type(layer)(**{**vars(layer), "name": f"{layer.name}{i}"}) for i, layer in enumerate(layers)]
    classes = (Flatten("flatten"), Linear("fc", 5), Softmax("prob"))
    architecture = Architecture("stack", "", "", side, (*named, *classes), input_channels=2)
    describe(architecture)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return AlexNet(architecture).freeze().double()


def whole_pictures(network: AlexNet, x: Tensor, filling: Tensor, boxes: list[Box]) -> Tensor:
    pictures = x.repeat(len(boxes), 1, 1, 1)
    for picture, box in zip(pictures, boxes, strict=True):
        picture[:, *box.slices] = filling[0, :, *box.slices]
    return network.logits(pictures)


@settings(max_examples=150)
@given(stacks, st.integers(6, 40), st.data())
def test_scores_of_changed_boxes_equal_those_of_whole_inputs_for_any_layers(layers, side, data):
    try:
        network = network_of(layers, side)
    except UserError:  # the input is too small for these layers
        assume(False)
    boxes = data.draw(st.lists(boxes_within(side), min_size=1, max_size=5))
    x, filling = torch.randn(2, 1, 2, side, side, generator=torch.Generator().manual_seed(1)).double()
    before, scores = scores_of_changed(network, x, filling, boxes)
    # In float64 an activation that was forgotten or misplaced differs by far more than rounding.
    assert torch.allclose(before, network.logits(x)[0], rtol=1e-10, atol=1e-12)
    assert torch.allclose(scores, whole_pictures(network, x, filling, boxes), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_scores_of_changed_boxes_equal_those_of_whole_inputs_for_every_architecture(name):
    """There are more boxes than in a batch, of many sizes."""
    network = small_network(name).double()
    x, filling = random_input(network).double(), random_input(network, 1).double()
    side = x.shape[-1]
    edges = torch.randint(side, (BATCH + GROUP + 3, 2, 2), generator=torch.Generator().manual_seed(0))
    low, high = edges.amin(2).tolist(), (edges.amax(2) + 1).tolist()
    boxes = [Box(*first, *end) for first, end in zip(low, high, strict=True)]
    before, scores = scores_of_changed(network, x, filling, boxes)
    assert torch.allclose(before, network.logits(x)[0], rtol=1e-10, atol=1e-10)
    assert torch.allclose(scores, whole_pictures(network, x, filling, boxes), rtol=1e-10, atol=1e-10)


def test_a_network_with_parts_switched_off_keeps_them_off():
    """An ablated network has other layers than its architecture says, but with the same windows."""
    network = small_network("alexnet-2012").double()
    off = ablated(network, Ablation((("conv2", (1, 3)), ("pool1", (0,))), lrn=True, max_pooling=True))
    x, filling = random_input(network).double(), random_input(network, 1).double()
    boxes = [Box(0, 0, 40, 40), Box(30, 50, 70, 90)]
    _, scores = scores_of_changed(off, x, filling, boxes)
    assert torch.allclose(scores, whole_pictures(off, x, filling, boxes), rtol=1e-10, atol=1e-10)
    _, others = scores_of_changed(network, x, filling, boxes)
    assert not torch.allclose(scores, others, rtol=1e-3)


def test_network_and_input_are_not_changed():
    network = small_network("alexnet-2012")
    x, filling = random_input(network), random_input(network, 1)
    before, seen_x = belongings(network), x.clone()
    scores_of_changed(network, x, filling, [Box(0, 0, 40, 40)])
    assert belongings(network) == before
    assert torch.equal(x, seen_x)


windows = st.one_of(convolutions, poolings)


@settings(max_examples=150)
@given(windows, st.integers(1, 20), st.data())
def test_an_activation_is_recomputed_exactly_if_it_depends_on_the_box(layer, side, data):
    """This is tested by definition, for one activation after the other."""
    try:
        [info] = describe(Architecture("one", "", "", side, (layer,), input_channels=2))
    except UserError:
        assume(False)
    box = data.draw(boxes_within(side))
    rows = range(info.output_shape[1])

    def sees(row: int) -> bool:
        window = needed_input(info, Box(row, row, row + 1, row + 1))
        return window.top < box.bottom and window.bottom > box.top

    found = dependent_output(info, box)
    assert [row for row in rows if sees(row)] == list(range(found.top, found.bottom))
