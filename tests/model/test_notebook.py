"""What an engineer may try in a notebook either works or raises a `UserError`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from model.ablation import Ablation, ablated, rank_channels
from model.activations import capture
from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES
from model.arithmetic import take_apart
from model.attribution import METHODS, explain
from model.attribution.checks import completeness, curves
from model.attribution.pointing import point
from model.errors import UserError
from model.layer_specs import Linear
from model.patching import scores_of_changed
from model.predict import classify
from model.preprocess import Photo
from model.receptive_field import Box
from model.units import effective_receptive_field
from model.weights.load import load

from .small import random_input, shrunk, small_network


@pytest.mark.parametrize("method", METHODS)
def test_a_target_may_be_a_number_of_numpy_or_torch(small, method):
    """`classify(...).ranking[0]` and `logits.argmax()` are such numbers."""
    x = random_input(small)
    settings = {"samples": 50} if method == "kernel-shap" else None
    wanted = explain(small, x, method, 7, settings=settings)
    for target in (np.int64(7), torch.tensor(7)):
        found = explain(small, x, method, target, settings=settings)
        assert type(found.question.target) is int
        assert np.array_equal(found.values, wanted.values)


@pytest.mark.parametrize(
    "call",
    [
        capture,
        lambda net, x: explain(net, x, "occlusion", 5),
        lambda net, x: explain(net, x, "grad-cam", 5),
        lambda net, x: rank_channels(net, x, "conv1", 5),
        lambda net, x: curves(net, x, np.zeros((99, 99), np.float32), 5),
        lambda net, x: point(net, x, Box(0, 0, 9, 9), 5),
        lambda net, x: effective_receptive_field(net, x, "conv1", 0),
        lambda net, x: scores_of_changed(net, x, x, [Box(0, 0, 9, 9)]),
    ],
)
def test_two_photos_or_one_of_another_size_are_refused(small, call):
    x = random_input(small)
    with pytest.raises(UserError, match=r"single photo, \[1, 3, H, W\], not \[2, 3, 99, 99\]"):
        call(small, torch.cat([x, x]))
    with pytest.raises(UserError, match="single photo"):
        call(small, x[0])
    with pytest.raises(UserError, match="needs 99 x 99 pixels; this input has 80 x 99"):
        call(small, x[:, :, :80])


def test_a_network_of_another_class_is_refused():
    theirs = torchvision.models.alexnet(weights=None)
    for call in (capture, lambda net, x: explain(net, x, "saliency", 5)):
        with pytest.raises(UserError, match=r"`model\.load`.*torchvision\.models\.alexnet"):
            call(theirs, torch.zeros(1, 3, 224, 224))


def test_attributions_of_inputs_that_are_not_square_are_right_or_refused():
    network = small_network("alexnet-torchvision")
    x = torch.randn(1, 3, 99, 131, generator=torch.Generator().manual_seed(0))
    assert explain(network, x, "grad-cam", 5).heatmap.shape == (99, 131)
    assert capture(network, x)["conv1"].shape[1:] == (24, 32)
    with pytest.raises(UserError, match="Only square inputs can be covered in parts, not 99 x 131"):
        explain(network, x, "occlusion", 5)


def test_the_arithmetic_of_an_input_of_another_size_is_right():
    """torchvision's network accepts any size, and the window of its average pooling depends on the size."""
    network = small_network("alexnet-torchvision")
    x = torch.randn(1, 3, 160, 160, generator=torch.Generator().manual_seed(0))
    activations = capture(network, x)
    for layer in ("conv1", "pool2", "avgpool", "fc6"):
        *_, last = np.ndindex(*activations[layer].shape)
        assert take_apart(network, activations, layer, *last).agrees


def test_captured_activations_can_be_used_in_calculations(small):
    maps = capture(small, random_input(small), "pool5")
    assert list(maps) == ["pool5"]
    weight = torch.ones_like(maps["pool5"], requires_grad=True)
    (maps["pool5"] * weight).sum().backward()
    assert weight.grad is not None
    assert torch.equal(weight.grad, maps["pool5"])
    with torch.autocast("cpu", torch.bfloat16):
        assert capture(small, random_input(small))["conv1"].dtype == torch.float32


def test_inference_mode_around_everything_changes_nothing(photo):
    network = load()
    x = network.prepare(photo)
    target = classify(network, photo).ranking[0]
    wanted = explain(network, x, "saliency", target), effective_receptive_field(network, x, "conv3", 5, 6, 6)
    with torch.inference_mode():
        again = load()
        x = again.prepare(photo)
        found = explain(again, x, "saliency", target), effective_receptive_field(again, x, "conv3", 5, 6, 6)
    assert np.array_equal(found[0].values, wanted[0].values)
    assert np.array_equal(found[1], wanted[1])


def test_a_network_in_float64_predicts_as_in_float32(photo):
    """The tolerance is 1/1000: float32 has seven digits, and eight layers lose some of them."""
    wanted = classify(load(), photo).probabilities
    assert classify(load().double(), photo).probabilities == pytest.approx(wanted, rel=1e-3, abs=1e-6)


def test_switching_off_in_two_steps_equals_switching_off_at_once(small):
    x, channels = random_input(small), (("norm1", (0, 1)), ("pool2", (3,)))
    step_by_step = ablated(ablated(small, Ablation(channels)), Ablation(lrn=True, max_pooling=True))
    at_once = ablated(small, Ablation(channels, lrn=True, max_pooling=True))
    assert torch.equal(step_by_step.logits(x), at_once.logits(x))
    assert not torch.equal(at_once.logits(x), ablated(small, Ablation(channels)).logits(x))


@pytest.mark.parametrize("layer", ["norm1", "pool1", "relu2", "relu6"])
def test_deep_lift_s_shares_add_up_where_channels_are_switched_off(small, layer):
    """The tolerance is 1e-4 of the change, for sums in float32."""
    network, x = ablated(small, Ablation(((layer, (0, 1)),))), random_input(small)
    sums = completeness(network, x, explain(network, x, "deep-lift", 5))
    assert sums is not None
    assert sums.gap < 1e-4


def test_a_layer_for_a_method_that_uses_none_is_refused(small):
    with pytest.raises(UserError, match="Saliency uses no layer"):
        explain(small, random_input(small), "saliency", 5, layer="relu5")


def test_a_user_s_own_classes_get_numbers_instead_of_wrong_names():
    """For example, twenty classes of flowers must not get the names of ImageNet's first twenty."""
    paper = shrunk(ARCHITECTURES["alexnet-2012"])
    own = replace(
        paper,
        layers=tuple(
            replace(layer, units=20) if isinstance(layer, Linear) and layer.name == "fc8" else layer
            for layer in paper.layers
        ),
    )
    picture = Photo("", Image.new("RGB", (120, 120), "green"), "", (120, 120))
    labels = classify(AlexNet(own).freeze(), picture).labels
    assert (len(labels), labels[3]) == (20, "class 3")


def test_an_architecture_that_cannot_be_built_as_described_is_refused(small):
    paper = small.architecture
    with pytest.raises(UserError, match="two layers named relu1"):
        AlexNet(replace(paper, layers=(*paper.layers[:2], *paper.layers[1:])))
    with pytest.raises(UserError, match="ends in fc8"):
        AlexNet(replace(paper, layers=paper.layers[:-1]))
