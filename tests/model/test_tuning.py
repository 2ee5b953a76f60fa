"""The closed form equals the responses of conv1 to real gratings, and the tuning of known filters."""

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from model import stimuli
from model.alexnet import AlexNet
from model.preprocess import Normalization
from model.tuning import FREQUENCIES, ORIENTATIONS, colourfulness, tuning

from .small import small_network

PHASES = 24
NORMALIZATIONS = {
    "mean": Normalization(),
    "bvlc": Normalization(mean=(123.0, 117.0, 104.0)),
    "torchvision": Normalization(std=(58.395, 57.12, 57.375)),
}


def measured(model: AlexNet, orientation: float, frequency: float, colour: str) -> np.ndarray:
    """Return the largest output of each filter of conv1 over many phases, away from padded borders."""
    size = model.architecture.input_size
    phases = np.arange(PHASES) * 360 / PHASES
    pixels = np.stack([stimuli.grating(size, orientation, frequency, p, 1.0, colour) for p in phases])
    with torch.inference_mode():
        output = model.get_submodule("conv1")(model.to_input(pixels))
    return output[:, :, 1:-1, 1:-1].amax((0, 2, 3)).numpy()


def check_against_gratings(model: AlexNet) -> None:
    """Check the closed form. The tolerance is for pixels of 8 bits and for 24 phases, 15 degrees apart."""
    std = torch.tensor(model.normalization.std)[:, None, None]
    rounding = (0.5 * (model.get_parameter("conv1.weight") / std).abs().sum((1, 2, 3))).numpy()
    tuned = tuning(model)
    for k, colour in enumerate(tuned.colours):
        for o, f in ((0, 3), (7, 6), (18, 11), (25, 19), (33, 30)):
            amplitude = tuned.amplitude[k, :, o, f]
            found = measured(model, ORIENTATIONS[o], FREQUENCIES[f], colour)
            slack = rounding + 1e-3 * (np.abs(tuned.rest) + amplitude)
            assert (found <= tuned.rest + amplitude + slack).all()
            assert (found >= tuned.rest + amplitude * np.cos(np.pi / PHASES) - slack).all()


def test_the_closed_form_equals_the_responses_of_the_built_in_network(network):
    check_against_gratings(network)


@pytest.mark.parametrize("name", ["alexnet-2012", "alexnet-224-pad2", "alexnet-cifar10"])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_closed_form_is_right_for_any_kernel_and_preprocessing(name, normalization):
    model = small_network(name)
    model.normalization = NORMALIZATIONS[normalization]
    check_against_gratings(model)


def gabor(orientation: float, frequency: float, colour: str, size: int = 11) -> torch.Tensor:
    """Return a Gabor filter, a sine under a Gaussian: [3, size, size]."""
    down, right = np.mgrid[:size, :size] - size // 2
    angle = np.deg2rad(orientation)
    wave = np.sin(2 * np.pi * frequency * (right * np.sin(angle) + down * np.cos(angle)))
    plane = wave * np.exp(-(right**2 + down**2) / (2 * 2.5**2))
    return torch.tensor(np.multiply.outer(stimuli.COLOURS[colour], plane), dtype=torch.float32)


GABORS = [
    (0.0, 0.2, "black-white"),
    (30.0, 0.15, "black-white"),
    (90.0, 0.25, "red-green"),
    (120.0, 0.2, "blue-yellow"),
    (45.0, 0.3, "black-white"),
    (165.0, 0.25, "red-green"),
]


def test_a_gabor_prefers_what_it_was_made_with():
    model = small_network("alexnet-2012")
    model.get_parameter("conv1.weight").copy_(torch.stack([gabor(*made) for made in GABORS]))
    tuned = tuning(model)
    for index, (orientation, frequency, colour) in enumerate(GABORS):
        assert tuned.preferred_orientation[index] == orientation
        assert tuned.preferred_frequency[index] == pytest.approx(frequency, abs=0.0125)
        assert tuned.preferred_colour[index] == colour
        assert tuned.selectivity[index] > 0.6
        assert tuned.colourfulness[index] == pytest.approx(float(colour != "black-white"), abs=1e-6)
    assert tuned.colour_selective(towers=1) == [3]
    assert tuned.colour_selective(towers=2) == [1, 2]


def test_a_round_blob_has_no_orientation():
    model = small_network("alexnet-2012")
    down, right = np.mgrid[:11, :11] - 5
    blob = torch.tensor(np.exp(-(right**2 + down**2) / 8), dtype=torch.float32)
    model.get_parameter("conv1.weight").copy_(blob.expand(6, 3, 11, 11))
    tuned = tuning(model)
    assert (tuned.preferred_frequency == FREQUENCIES[0]).all()
    assert tuned.selectivity.max() < 0.01


def test_colourfulness_of_filters_known_by_hand():
    plane = np.random.default_rng(0).normal(size=(11, 11))
    filters = [np.multiply.outer(c, plane) for c in ((1, 1, 1), (1, -1, 0), (-0.5, -0.5, 1), (1, 0, 0))]
    found = colourfulness(np.stack([*filters, np.zeros((3, 11, 11))]))
    assert found == pytest.approx([0, 1, 1, 2 / 3, 0])


def test_a_colourless_filter_does_not_respond_to_colour():
    """With a colourfulness of 0 there is no response to isoluminant gratings, also for unequal stds."""
    model = small_network("alexnet-2012")
    model.normalization = NORMALIZATIONS["torchvision"]
    grey = torch.randn(6, 1, 11, 11) * torch.tensor(model.normalization.std)[:, None, None]
    model.get_parameter("conv1.weight").copy_(grey)
    tuned = tuning(model)
    assert tuned.colourfulness.max() < 1e-6
    assert tuned.amplitude[1:].max() < 1e-5 * tuned.amplitude[0].max()


def test_a_filter_of_zeros_has_no_tuning():
    model = small_network("alexnet-2012")
    model.get_parameter("conv1.weight").zero_()
    tuned = tuning(model)
    assert not tuned.amplitude.any()
    assert not tuned.selectivity.any()
    assert not tuned.colourfulness.any()


def seconds(work: Callable[[], object]) -> float:
    """Of the CPU's time, which other programs do not take part in; the least of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def test_tuning_costs_no_more_than_a_few_forward_passes(network):
    photo = torch.zeros(1, 3, 227, 227)
    assert seconds(lambda: tuning(network)) < 10 * seconds(lambda: network(photo))
    found = tuning(network)
    assert found.amplitude.shape == (3, 96, len(ORIENTATIONS), len(FREQUENCIES))
