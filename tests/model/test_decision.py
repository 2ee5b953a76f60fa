"""Contributions add up, few channels are marked, and the score falls when they are switched off."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model import decision
from model.architectures import ARCHITECTURES
from model.decision import DRAWN, SHARE, Carriers, carriers, decision_path, rectified_layers, try_without
from model.errors import UserError
from model.preprocess import read_photo_file
from viz_app.samples import SAMPLES

from .small import random_input, small_network

OTHERS = ("motorcycle_left", "camera", "hubble_deep_field")
LAYERS = rectified_layers(ARCHITECTURES["alexnet-2012"])


def photographs() -> dict[str, Path]:
    """Return the files of the sample photos, and of photos that the examples were not chosen from."""
    package = importlib.util.find_spec("skimage")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "data"
    others = {name: next(folder.glob(f"{name}.*")) for name in OTHERS}
    return {name: sample.path for name, sample in SAMPLES.items()} | others


def test_after_the_last_relu_a_contribution_is_weight_times_activation():
    network = small_network("alexnet-2012")
    x = random_input(network)
    found = carriers(network, x, 3, "relu7")
    with torch.no_grad():
        expected = network.get_parameter("fc8.weight")[3] * network.run(x, until="relu7")[0]
    np.testing.assert_allclose(found.contributions, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_contribution_is_how_fast_the_score_falls_as_the_channel_fades(layer):
    """A difference quotient in float64: a millionth of the channel less, a millionth of its contribution."""
    network = small_network("alexnet-2012").double()
    x = random_input(network).double()
    found = carriers(network, x, 3, layer)
    for channel in found.channels[:3]:
        faded = network.run(x, until=layer).clone()
        whole = network.run(faded, after=layer, until="fc8")[0, 3]
        faded[0, channel] *= 1 - 1e-6
        fall = whole - network.run(faded, after=layer, until="fc8")[0, 3]
        assert float(fall) / 1e-6 == pytest.approx(float(found.contributions[channel]), rel=1e-3)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_few_channels_are_marked_and_the_strongest_come_first(architecture):
    network = small_network(architecture)
    for layer in rectified_layers(network.architecture):
        found = carriers(network, random_input(network), 1, layer)
        assert len(found.channels) <= SHARE * len(found.contributions)
        marked = found.contributions[list(found.channels)]
        assert (np.diff(marked) <= 0).all()
        assert (marked > 0).all()
        assert 0 <= found.share <= 1


def test_with_nothing_marked_nothing_changes(network, photo):
    x = network.prepare(photo)
    found = replace(carriers(network, x, 281, "relu5"), channels=())
    trial = try_without(network, x, 281, found)
    assert trial.without == pytest.approx((trial.logit, trial.probability), abs=1e-4)


@pytest.mark.parametrize("name", ["panda", "frying pan", "motorcycle_left"])
def test_switching_off_marked_channels_hurts_more_than_switching_off_similar_ones(network, name):
    """The effect is larger in at least nine of ten random draws, in every layer."""
    x = network.prepare(read_photo_file(photographs()[name]))
    target = int(network(x).argmax())
    for layer in LAYERS:
        trial = try_without(network, x, target, carriers(network, x, target, layer))
        assert trial.draws_won >= 9, f"{name}, {layer}: {trial.draws_won} of {len(trial.without_others)}"


def test_a_layer_after_the_score_is_refused(network, photo):
    with pytest.raises(UserError, match="fc8 is the result itself"):
        carriers(network, network.prepare(photo), 281, "fc8")


def test_flows_into_a_channel_of_a_linear_step_add_up_to_its_contribution():
    """The flows of all sources add up to the destination's contribution, except for its bias.

    The step from relu6 to relu7 is linear for active units of relu7, as all destinations here are.
    """
    network = small_network("alexnet-2012")
    with torch.no_grad():
        network.get_parameter("fc7.bias").zero_()
    x = random_input(network)
    output = network.run(x, until="relu6")
    everything = Carriers("relu6", np.ones(output.shape[1], np.float32), tuple(range(output.shape[1])))
    destination = carriers(network, x, 3, "relu7")
    gradient = network.get_parameter("fc8.weight")[3].detach()
    flows = decision._flow(network, output, everything, destination, gradient, most=output.shape[1])
    np.testing.assert_allclose(
        flows.sum(0), destination.contributions[list(destination.channels)], rtol=1e-4, atol=1e-6
    )


def test_the_path_has_every_relu_and_the_flows_between_neighbours(network, photo):
    x, told = network.prepare(photo), []
    target = int(network(x).argmax())
    path = decision_path(network, x, target, lambda done, total: told.append((done, total)))
    assert tuple(found.layer for found in path.carriers) == LAYERS
    assert tuple(trial.layer for trial in path.trials) == LAYERS
    assert told[-1] == (len(LAYERS), len(LAYERS))
    for flow, source, destination in zip(path.flows, path.carriers, path.carriers[1:], strict=False):
        assert flow.shape == (min(DRAWN, len(source.channels)), min(DRAWN, len(destination.channels)))
    # Channels of one tower's conv2 read nothing from the other tower.
    below, above = (found.channels[:DRAWN] for found in path.carriers[:2])
    for row, channel in enumerate(below):
        for column, reader in enumerate(above):
            if (channel < 48) != (reader < 128) and abs(channel - 47.5) > 4:  # LRN reaches 2 channels across
                assert path.flows[0][row, column] == 0
