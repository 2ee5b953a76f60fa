"""Feature visualizations are what theory predicts, and leave nothing behind."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from model import fourier_picture
from model.activations import capture
from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES, Architecture
from model.errors import UserError
from model.feature_visualization import (
    PARAMETERS,
    SHOW_EVERY,
    Place,
    _as_input,
    _roughness,
    activation,
    visualize,
)
from model.layer_specs import Conv, Flatten, Linear, Softmax
from model.preprocess import IMAGENET_MEAN
from model.receptive_field import Box, box
from model.redirected_relu import RedirectedReLU

from .small import small_network

QUICK = {"steps": 10}
STILL = {"jitter": 0, "zoom": 0, "rotation": 0}


def one_filter(weights: np.ndarray) -> AlexNet:
    """Return a network that consists of one linear filter as large as its input: float [3, n, n]."""
    size = weights.shape[-1]
    layers = (Conv("conv1", 1, size), Flatten("flatten"), Linear("fc8", 10), Softmax("prob"))
    network = AlexNet(Architecture("one", "One filter", "", size, layers, size, "cifar10"))
    with torch.no_grad():
        network.get_parameter("conv1.weight").copy_(torch.from_numpy(weights)[None])
        network.get_parameter("conv1.bias").zero_()
    return network.freeze()


# --- closed forms ----------------------------------------------------------------------------------


def test_a_linear_filter_gets_white_where_it_is_positive_and_black_where_negative():
    weights = np.random.default_rng(0).normal(size=(3, 12, 12)).astype(np.float32)
    settings = {"steps": 300, "rate": 0.2, "smoothness": 0, **STILL}
    found = visualize(one_filter(weights), "conv1", 0, "centre", settings)
    # This is the largest possible sum of w * (pixel - mean), for pixels from 0 to 255.
    mean = np.array(IMAGENET_MEAN)[:, None, None]
    best = 255 * weights.clip(min=0).sum() - (weights * mean).sum()
    white, positive = found.pixels.transpose(2, 0, 1) > 127, weights > 0
    # A sigmoid comes near black and white but never reaches them, most slowly where weights are near 0.
    assert 0.85 * best < found.end <= best * (1 + 1e-5)
    assert (white == positive)[abs(weights) > 1].mean() > 0.95
    assert (white == positive).mean() > 0.85


@pytest.mark.parametrize("channel", [3, 20, 40, 90])
def test_the_picture_for_an_activation_of_conv1_looks_like_its_filter(network, channel):
    found = visualize(network, "conv1", channel, "centre", {"steps": 40})
    picture = found.visible.transpose(2, 0, 1).astype(float)
    kernel = network.get_parameter("conv1.weight")[channel].numpy()
    # The best picture is the sign of the weights. Its correlation with normally distributed weights is 0.8.
    assert np.corrcoef(picture.ravel(), kernel.ravel())[0, 1] > 0.6


def test_smoothness_smooths(small):
    def roughness(smoothness: float) -> float:
        found = visualize(small, "conv2", 5, settings={"steps": 30, "smoothness": smoothness})
        return float(np.abs(np.diff(found.pixels.astype(float), axis=0)).mean())

    rough, smooth, smoother = (roughness(s) for s in (0, 1, 10))
    assert rough > smooth > smoother


def test_one_amplitude_is_one_wave():
    size, down, right = 33, 2, 3
    spectrum = torch.zeros(3, size, size // 2 + 1, 2)
    spectrum[:, down, right, 0] = 1e-2
    picture = fourier_picture.to_rgb(spectrum).logit()  # the input of the sigmoid
    rows, columns = torch.arange(size)[:, None], torch.arange(size)[None]
    wave = torch.cos(2 * torch.pi * (down * rows + right * columns) / size)
    for plane in picture - picture.mean((1, 2), keepdim=True):
        height = (plane * wave).sum() / wave.square().sum()
        # The tolerance is for a sigmoid and its inverse in float32.
        assert torch.allclose(plane, height * wave, atol=1e-5)


def test_the_height_of_a_wave_is_proportional_to_its_length():
    size = 32
    heights = []
    for waves in (1, 2, 4, 8):
        spectrum = torch.zeros(3, size, size // 2 + 1, 2)
        spectrum[0, 0, waves, 0] = 1e-3
        heights.append(float(fourier_picture.to_rgb(spectrum).logit().abs().max()))
    # The tolerance is for values near 0.5 in float32.
    assert heights == pytest.approx([heights[0] / n for n in (1, 2, 4, 8)], rel=0.01)


def test_brightness_varies_more_than_any_colour():
    matrix = torch.tensor(fourier_picture.COLOURS)
    light, warm, green = matrix.norm(dim=0)
    assert light > warm > green
    assert torch.allclose(matrix[:, 0] / light, torch.full((3,), 3**-0.5), atol=0.02)  # nearly grey


def test_roughness_is_the_gradient_of_the_squared_differences():
    picture = torch.rand(3, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    picture.requires_grad_()
    differences = [picture - picture.roll(1, axis) for axis in (1, 2)]
    energy = torch.stack([d.square().sum() for d in differences]).sum() / 2
    assert torch.allclose(_roughness(picture.detach()), torch.autograd.grad(energy, picture)[0])


@pytest.mark.parametrize("name", ["alexnet-2012", "alexnet-torchvision"])
def test_pictures_are_preprocessed_like_photos(name):
    network = small_network(name)
    pixels = np.random.default_rng(0).integers(0, 256, (99, 99, 3), np.uint8)
    picture = torch.from_numpy(pixels).permute(2, 0, 1) / 255
    # The tolerance is for values up to 150 in float32.
    assert torch.allclose(_as_input(network, picture), network.to_input(pixels[None]), atol=1e-4)


def test_the_reported_activation_is_the_network_s_for_the_picture(small):
    places: list[tuple[str, int, Place]] = [("conv2", 3, "mean"), ("relu3", 1, "centre"), ("fc8", 7, "mean")]
    for layer, channel, place in places:
        found = visualize(small, layer, channel, place, QUICK)
        maps = capture(small, small.to_input(found.pixels[None]))[layer]
        assert found.end == pytest.approx(activation(maps[channel], place), rel=1e-5)
    values = np.array([[-1.0, 2.0], [4.0, -7.0]])
    assert activation(values) == 1.5
    assert activation(values, "centre") == -7
    assert activation(values[0, 0]) == -1


def test_only_a_relu_that_is_zero_everywhere_passes_gradients_for_negative_inputs():
    silent = torch.tensor([-1.0, -2.0, -3.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(RedirectedReLU.apply(silent), silent, torch.tensor([1.0, -1.0, 2.0]))
    assert gradient.tolist() == [1, 0, 2]
    x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
    upward = torch.tensor([1.0, 1.0, -2.0])
    (ours,) = torch.autograd.grad(RedirectedReLU.apply(x), x, upward)
    (theirs,) = torch.autograd.grad(F.relu(x), x, upward)
    assert torch.equal(ours, theirs)
    assert torch.equal(RedirectedReLU.apply(x), F.relu(x))


def test_for_the_centre_of_an_early_layer_only_the_receptive_field_is_shown(small):
    found = visualize(small, "conv1", 2, "centre", QUICK)
    assert found.field == box(small.architecture, "conv1", 2, 11, 11)  # the centre of 23 x 23
    assert found.visible.shape == (11, 11, 3)
    whole = visualize(small, "conv1", 2, "mean", QUICK)
    assert whole.field == Box(0, 0, 99, 99)
    assert whole.visible.shape == whole.pixels.shape == (99, 99, 3)


# --- a network that has learned ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "channel", "place"),
    [
        ("conv1", 40, "mean"),
        ("relu1", 20, "centre"),
        ("pool2", 11, "mean"),
        ("conv4", 100, "centre"),
        ("fc6", 3, "mean"),
    ],
)
def test_the_activation_rises_beyond_what_a_photo_reaches(network, photo, layer, channel, place):
    found = visualize(network, layer, channel, place, {"steps": 40})
    photos = capture(network, network.prepare(photo), [layer])[layer][channel]
    reached = float(photos.max()) if place == "centre" else activation(photos)
    assert found.end > max(found.start, reached)
    assert found.curve.shape == (40,)
    assert found.curve[-10:].mean() > found.curve[:10].mean()


@pytest.mark.parametrize("target", [340, 817])
def test_the_picture_for_a_class_is_classified_as_that_class(network, target):
    """Zebra and sports car are classes that resemble no other of the thousand."""
    found = visualize(network, "fc8", target, settings={"steps": 60})
    logits = network.logits(network.to_input(found.pixels[None]))[0]
    assert int(logits.argmax()) == target
    assert found.end == pytest.approx(float(logits[target]), rel=1e-4)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_and_type_of_layer_can_be_visualized(name):
    network = small_network(name)
    for info in network.architecture.layers[:-1]:
        found = visualize(network, info.name, 0, settings=QUICK)
        size = network.architecture.input_size
        assert found.pixels.shape == (size, size, 3)
        assert np.isfinite(found.curve).all()


# --- nothing else happens
# ---------------------------------------------------------------------------------------


def test_the_picture_depends_on_the_seed_and_no_other_random_number(small):
    torch.manual_seed(5)
    np.random.seed(5)
    before, before_too = torch.get_rng_state(), np.random.get_state(legacy=False)["state"]["key"]
    first = visualize(small, "conv3", 4, settings=QUICK)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state(legacy=False)["state"]["key"], before_too)
    torch.manual_seed(6)
    again = visualize(small, "conv3", 4, settings=QUICK)
    other = visualize(small, "conv3", 4, settings={**QUICK, "seed": 1})
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.curve, again.curve)
    assert not np.array_equal(first.pixels, other.pixels)


def test_progress_and_the_picture_so_far_are_reported(small):
    done, shown = [], []
    found = visualize(
        small, "conv2", 0, settings={"steps": 12},
        progress=lambda *now: done.append(now), show=lambda *sketch: shown.append(sketch),
    )  # fmt: skip
    assert done == [(step, 12) for step in range(1, 13)]
    assert [len(curve) for _, curve in shown] == [0, *range(SHOW_EVERY, 12, SHOW_EVERY)]
    assert np.allclose(shown[-1][1], found.curve[:10])
    pictures = [pixels for pixels, _ in shown]
    assert all(pixels.dtype == np.uint8 and pixels.shape == (99, 99, 3) for pixels in pictures)
    assert not np.array_equal(pictures[0], pictures[-1])
    assert not np.array_equal(pictures[-1], found.pixels)  # two steps further


@pytest.mark.parametrize("ending", ["finished", "stopped"])
def test_nothing_is_left_behind(small, ending):
    weights = copy.deepcopy(small.state_dict())

    def stop_at_three(done: float, _total: int) -> None:
        if done == 3 and ending == "stopped":
            raise InterruptedError

    try:
        visualize(small, "conv4", 0, settings=QUICK, progress=stop_at_three)
    except InterruptedError:
        assert ending == "stopped"
    else:
        assert ending == "finished"
    for module in small.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks
    assert [type(part) for part in small.children()].count(nn.ReLU) == 7
    for name, parameter in small.named_parameters():
        assert parameter.grad is None
        assert not parameter.requires_grad
        assert torch.equal(parameter, weights[name])


def test_visualization_works_when_gradients_are_off(small):
    with torch.inference_mode():
        inside = visualize(small, "conv2", 1, settings=QUICK)
    assert np.array_equal(inside.pixels, visualize(small, "conv2", 1, settings=QUICK).pixels)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("conv9", 0), "has no layer 'conv9'"),
        (("conv5", 16), "conv5 has no channel 16: choose one from 0 to 15"),
        (("conv5", -1), "conv5 has no channel -1"),
        (("fc6", 256), "fc6 has no unit 256"),
        (("fc8", 1000), "fc8 has no unit 1000"),
        (("prob", 1), "choose fc8 instead"),
        (("conv5", 0, "corner"), "There is no place 'corner'. Choose one of: mean, centre."),
        (("fc6", 0, "centre"), "so it has no centre"),
        (("conv5", 0, "mean", {"steps": 9}), "steps of Feature visualization must be from 10 to 1000, not 9"),
        (("conv5", 0, "mean", {"rate": float("nan")}), "rate of Feature visualization must be"),
        (("conv5", 0, "mean", {"colour": 1}), "has no parameter 'colour'"),
    ],
)
def test_impossible_requests_raise_a_user_error(small, arguments, message):
    with pytest.raises(UserError, match=message):
        visualize(small, *arguments)


def test_defaults_are_within_their_limits():
    for parameter in PARAMETERS:
        assert parameter.low <= parameter.default <= parameter.high
        assert (parameter.default - parameter.low) % parameter.step == pytest.approx(0, abs=1e-9)
