"""Attributions equal closed forms, autograd, finite differences, Captum and pytorch_grad_cam."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam, Saliency
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn

from model.alexnet import AlexNet
from model.architectures import Architecture
from model.attribution import METHODS, default_layer, explain, spatial_layers
from model.errors import UserError
from model.layer_specs import Conv, Flatten, Linear, ReLU, Softmax
from model.weights.load import load

from .left_behind import belongings, hooks
from .small import random_input, small_network

CONV_LAYERS = [f"conv{number}" for number in range(1, 6)] + ["relu5"]
every_method = pytest.mark.parametrize("method", METHODS)
# Settings that make slow methods faster; these tests do not depend on their precision.
QUICK = {
    "integrated-gradients": {"steps": 10},
    "kernel-shap": {"samples": 50},
    "occlusion": {"window": 80, "stride": 60},
    "smoothgrad": {"samples": 4},
}

LINEAR = Architecture("linear", "", "", 6, (Flatten("flatten"), Linear("fc", 5), Softmax("prob")))


@pytest.fixture(scope="module")
def x(network, photo) -> Tensor:
    return network.prepare(photo)


@pytest.fixture(scope="module")
def target(network, x) -> int:
    return int(network(x).argmax())


@pytest.fixture(scope="module")
def scores(network) -> nn.Sequential:
    """Return the built-in network as other libraries expect it: no softmax, parameters with gradients."""
    *layers, _softmax = load(device="cpu").requires_grad_().children()
    return nn.Sequential(*layers)


def split(network: AlexNet, layer: str) -> tuple[nn.Sequential, nn.Sequential]:
    """Return two parts of the network: from the input to a layer's output, and from there to the scores."""
    layers, names = list(network.children()), list(network.architecture.layer_names)
    after = names.index(layer) + 1
    return nn.Sequential(*layers[:after]), nn.Sequential(*layers[after:-1])


def grad_cam_by_the_formula(network: AlexNet, x: Tensor, target: int, layer: str) -> np.ndarray:
    """Return Grad-CAM by equations 1 and 2 of Selvaraju et al. 2017, with explicit loops."""
    first, rest = split(network, layer)
    maps = first(x).detach().requires_grad_()
    rest(maps)[0, target].backward()
    assert maps.grad is not None
    heatmap = torch.zeros(maps.shape[2:], dtype=torch.float64)
    for k in range(maps.shape[1]):
        heatmap += maps.grad[0, k].double().mean() * maps[0, k].double()
    return heatmap.clamp(min=0).detach().numpy()


def pearson(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize("layer", CONV_LAYERS)
def test_grad_cam_is_the_papers_formula(network, x, target, layer):
    ours = explain(network, x, "grad-cam", target, layer).values
    expected = grad_cam_by_the_formula(network, x, target, layer)
    assert ours.shape == expected.shape
    # The tolerance is for float32 sums over up to 384 feature maps, relative to the largest value.
    assert np.abs(ours - expected).max() <= 1e-4 * expected.max()


@pytest.mark.parametrize("layer", CONV_LAYERS)
def test_grad_cam_is_captums(network, x, target, layer):
    peer = LayerGradCam(network.logits, network.get_submodule(layer))
    theirs = peer.attribute(x.clone().requires_grad_(), target=target, relu_attributions=True)
    expected = theirs[0, 0].detach().numpy()
    ours = explain(network, x, "grad-cam", target, layer).values
    assert np.abs(ours - expected).max() <= 1e-4 * expected.max()


@pytest.mark.parametrize("layer", CONV_LAYERS)
def test_grad_cam_correlates_with_pytorch_grad_cam(network, scores, x, target, layer):
    index = network.architecture.layer_names.index(layer)
    with GradCAM(scores, [scores[index]]) as peer:
        theirs = peer(x.clone(), targets=[ClassifierOutputTarget(target)])[0]
    ours = explain(network, x, "grad-cam", target, layer)
    # Their result is shifted, scaled and enlarged by OpenCV, so only the pattern can be compared.
    assert pearson(ours.heatmap, theirs) > 0.999


def test_saliency_is_captums(network, x, target):
    theirs = Saliency(network.logits).attribute(x.clone().requires_grad_(), target=target, abs=True)
    expected = theirs[0].amax(dim=0).numpy()
    ours = explain(network, x, "saliency", target).values
    assert np.abs(ours - expected).max() <= 1e-5 * expected.max()


def test_saliency_of_a_linear_network_is_the_magnitude_of_its_weights():
    network = AlexNet(LINEAR).freeze()
    for target in range(5):
        result = explain(network, torch.randn(1, 3, 6, 6), "saliency", target)
        magnitudes = network.get_parameter("fc.weight")[target].view(3, 6, 6).abs().amax(dim=0)
        assert np.array_equal(result.values, magnitudes.numpy())
        assert np.array_equal(result.heatmap, magnitudes.numpy())


def test_saliency_agrees_with_finite_differences():
    """In float64 the step can be so small that no ReLU or maximum changes sides."""
    network = small_network("alexnet-cifar10").double()
    x = random_input(network).double()
    saliency = explain(network, x, "saliency", 7).values
    step = 1e-6
    for row, column in ((0, 0), (5, 20), (16, 16), (31, 7)):
        slopes = []
        for colour in range(3):
            moved = torch.zeros_like(x)
            moved[0, colour, row, column] = step
            difference = network.logits(x + moved)[0, 7] - network.logits(x - moved)[0, 7]
            slopes.append(abs(float(difference)) / (2 * step))
        # The error of logits of about 1 is 1e-15 in float64, so that of a difference divided by 2e-6 is 1e-9.
        assert saliency[row, column] == pytest.approx(max(slopes), rel=1e-5, abs=1e-8)


@every_method
def test_the_logit_is_the_target_s_score_and_the_heat_map_covers_the_input(network, x, target, method):
    result = explain(network, x, method, target, settings=QUICK.get(method))
    # Two forward passes of the same network differ only by rounding.
    assert result.logit == pytest.approx(float(network.logits(x)[0, target]), rel=1e-5)
    assert result.heatmap.shape == (227, 227)
    assert result.has_evidence
    assert np.abs(result.normalized).max() == pytest.approx(1)
    if METHODS[method].signed:  # there is evidence against the least probable class
        unlikely = int(network(x).argmin())
        assert explain(network, x, method, unlikely, settings=QUICK.get(method)).values.min() < 0
    else:
        assert result.values.min() >= 0


class FailsOnTheWayBack(nn.ReLU):
    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        if y.requires_grad:
            y.register_hook(self.fail)
        return y

    def fail(self, _gradient: Tensor) -> None:
        raise RuntimeError("broken")


WAYS_TO_FAIL = {"nothing": None, "the way up": "cannot be multiplied|must match", "the way back": "broken"}
# The last method replaces the derivative of every ReLU.
NOT_BACK_THROUGH_RELU = ("ablation-cam", "occlusion", "kernel-shap", "deep-lift")


@every_method
@pytest.mark.parametrize("failing", WAYS_TO_FAIL)
def test_nothing_is_left_behind_on_success_or_failure(method, failing):
    network = small_network("alexnet-2012")
    x = random_input(network)
    if failing == "the way up":
        network.add_module("fc7", nn.Linear(1, 1).requires_grad_(False))
    if failing == "the way back":  # after every layer that a heat map can be computed at
        network.add_module("relu7", FailsOnTheWayBack())
    before, seen, dice = belongings(network), x.clone(), torch.get_rng_state()
    gradients = torch.is_grad_enabled()
    if failing == "nothing" or (failing == "the way back" and method in NOT_BACK_THROUGH_RELU):
        explain(network, x, method, 3)
    else:
        with pytest.raises(RuntimeError, match=WAYS_TO_FAIL[failing]):
            explain(network, x, method, 3)
    assert belongings(network) == before
    assert all(parameter.grad is None for parameter in network.parameters())
    assert hooks(network) == 0
    assert torch.equal(x, seen)
    assert (x.requires_grad, x.grad) == (False, None)
    assert torch.equal(torch.get_rng_state(), dice)
    assert torch.is_grad_enabled() == gradients


@every_method
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_attribution_works_when_the_caller_has_switched_gradients_off(network, x, target, method, mode):
    expected = explain(network, x, method, target, settings=QUICK.get(method))
    with mode():
        result = explain(network, x.clone(), method, target, settings=QUICK.get(method))
    assert np.allclose(result.values, expected.values, rtol=1e-5, atol=1e-6 * expected.values.max())


def test_an_attribution_of_zeros_has_no_evidence_and_is_never_divided_by_zero():
    layers = (Conv("conv", 2, 3), ReLU("relu"), Flatten("flatten"), Linear("fc", 3), Softmax("prob"))
    network = AlexNet(Architecture("silent", "", "", 6, layers)).freeze()
    # No ReLU is ever active, so there is no evidence for any class.
    network.get_parameter("conv.bias").fill_(-1e6)
    result = explain(network, torch.randn(1, 3, 6, 6), "grad-cam", 0, "relu")
    assert not result.has_evidence
    assert np.array_equal(result.normalized, np.zeros((6, 6)))
    assert not explain(network, torch.randn(1, 3, 6, 6), "saliency", 0).has_evidence


@every_method
@pytest.mark.parametrize("target", [-1, 1000])
def test_a_class_that_does_not_exist_raises_a_user_error(network, x, method, target):
    with pytest.raises(UserError, match=f"no class {target}.*0 to 999"):
        explain(network, x, method, target)


@pytest.mark.parametrize("layer", ["flatten", "fc6", "fc8", "prob"])
def test_a_layer_without_height_and_width_raises_a_user_error(network, x, layer):
    with pytest.raises(UserError, match=f"{layer} has no feature maps.*relu5"):
        explain(network, x, "grad-cam", 0, layer)


def test_an_unknown_method_or_layer_raises_a_user_error(network, x):
    with pytest.raises(UserError, match=r"no method 'magic'.*grad-cam"):
        explain(network, x, "magic", 0)
    with pytest.raises(UserError, match=r"no layer 'conv9'"):
        explain(network, x, "grad-cam", 0, "conv9")


def test_grad_cams_default_layer_is_the_last_rectified_convolution(network):
    assert default_layer(network.architecture) == "relu5"
    assert spatial_layers(network.architecture)[-1] == "pool5"
