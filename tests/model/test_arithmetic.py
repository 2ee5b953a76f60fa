"""The arithmetic of an activation gives the value that the network computed."""

import numpy as np
import pytest

from model.activations import capture
from model.architectures import ARCHITECTURES
from model.arithmetic import ConvolutionCell, NormCell, PoolCell, take_apart
from model.errors import UserError

from .small import random_input, small_network


@pytest.fixture(scope="module")
def activations(network, photo):
    return capture(network, network.prepare(photo))


def random_place(rng, maps, layer):
    return [int(rng.integers(size)) for size in maps[layer].shape]


def test_the_arithmetic_of_200_random_activations_gives_the_network_s_values(network, activations):
    """The tolerance is relative to the largest term: terms may cancel, but not their rounding errors."""
    rng = np.random.default_rng(0)
    names = network.architecture.layer_names
    for number in range(200):
        layer = names[number % len(names)]
        cell = take_apart(network, activations, layer, *random_place(rng, activations, layer))
        assert cell.worked == pytest.approx(cell.captured, rel=1e-4, abs=1e-4 * cell.scale), cell
        assert cell.agrees


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_arithmetic_of_every_layer_of_every_architecture_is_right(name):
    small = small_network(name)
    maps = capture(small, random_input(small))
    rng = np.random.default_rng(1)
    for layer in maps:
        for _ in range(5):
            cell = take_apart(small, maps, layer, *random_place(rng, maps, layer))
            assert cell.worked == pytest.approx(cell.captured, rel=1e-4, abs=1e-5 * cell.scale), cell


def test_a_kernel_reads_only_the_channels_of_its_tower():
    small = small_network("alexnet-2012")
    maps = capture(small, random_input(small))
    inputs, outputs = len(maps["pool1"]), len(maps["conv2"])
    first, last = (take_apart(small, maps, "conv2", channel) for channel in (0, outputs - 1))
    assert isinstance(first, ConvolutionCell)
    assert isinstance(last, ConvolutionCell)
    assert first.inputs.tolist() == list(range(inputs // 2))
    assert last.inputs.tolist() == list(range(inputs // 2, inputs))


def test_a_window_over_the_border_contains_the_zeros_of_the_padding(network, activations):
    cell = take_apart(network, activations, "conv2", 7)
    assert isinstance(cell, ConvolutionCell)
    assert (cell.top, cell.left) == (-2, -2)
    assert not cell.patch[:, :2].any()
    assert not cell.patch[:, :, :2].any()


def test_the_winner_of_a_window_is_its_largest_value(network, activations):
    cell = take_apart(network, activations, "pool1", 8, 5, 6)
    assert isinstance(cell, PoolCell)
    row, column = cell.winner
    below = activations["norm1"][8]
    assert below[cell.top + row, cell.left + column].item() == cell.captured
    assert (cell.top, cell.left) == (10, 12)


def test_the_neighbours_end_where_the_channels_do(network, activations):
    neighbours = []
    for channel in (0, 1, 50, 95):
        cell = take_apart(network, activations, "norm1", channel, 9, 9)
        assert isinstance(cell, NormCell)
        neighbours.append(cell.neighbours)
    assert neighbours == [(0, 1, 2), (0, 1, 2, 3), (48, 49, 50, 51, 52), (93, 94, 95)]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (("conv1", 96), "conv1 has no channel 96: choose one from 0 to 95."),
        (("conv1", 0, 55), "conv1 has no row 55: choose one from 0 to 54."),
        (("conv1", 0, 0, -1), "conv1 has no column -1"),
        (("fc8", 1000), "fc8 has no unit 1000"),
        (("fc8", 1, 1), "fc8 has units, not feature maps"),
        (("conv9", 1), "has no layer 'conv9'"),
    ],
)
def test_a_position_outside_the_layer_raises_a_user_error(network, activations, place, message):
    with pytest.raises(UserError, match=message.replace(".", r"\.")):
        take_apart(network, activations, *place)
