"""Each attribution method equals a formula, Captum's class, or another library."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import numpy as np
import pytest
import torch
from captum.attr import (
    Deconvolution,
    DeepLift,
    GuidedBackprop,
    InputXGradient,
    IntegratedGradients,
    Occlusion,
)
from pytorch_grad_cam import LayerCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn

from model.ablation import Ablation, ablated
from model.alexnet import AlexNet
from model.architectures import Architecture
from model.attribution import METHODS, explain
from model.attribution.base import scores
from model.attribution.kernel_shap import superpixels
from model.errors import UserError
from model.layer_specs import Conv, Flatten, Linear, MaxPool, ReLU, Softmax
from model.weights.load import load

from .left_behind import belongings
from .small import random_input, small_network

LINEAR = Architecture("linear", "", "", 6, (Flatten("flatten"), Linear("fc", 5), Softmax("prob")))


@pytest.fixture(scope="module")
def x(small) -> Tensor:
    return random_input(small)


def grey_input(network: AlexNet, level: int = 118) -> Tensor:
    size = network.architecture.input_size
    return network.to_input(np.full((1, size, size, 3), level, np.uint8))


def close(ours: np.ndarray, theirs: Tensor) -> bool:
    """Return whether values differ by less than 1e-4 of the largest: as float32 in another order may."""
    expected = theirs.detach().numpy()
    return bool(np.abs(ours - expected).max() <= 1e-4 * np.abs(expected).max())


def test_input_x_gradient_is_captums(small, x):
    theirs = InputXGradient(small.logits).attribute(x.clone().requires_grad_(), target=3)
    assert close(explain(small, x, "input-x-gradient", 3).values, theirs[0].sum(0))


@pytest.mark.parametrize(
    ("method", "peer"), [("guided-backprop", GuidedBackprop), ("deconvolution", Deconvolution)]
)
def test_modified_backward_passes_are_captums(small, x, method, peer):
    theirs = peer(scores(small_network("alexnet-2012"))).attribute(x.clone().requires_grad_(), target=3)
    assert close(explain(small, x, method, 3).values, theirs[0].abs().amax(0))


def test_integrated_gradients_are_captums_and_add_up_to_the_change_of_the_score(small, x):
    ours = explain(small, x, "integrated-gradients", 3, settings={"steps": 300, "grey": 60})
    base = grey_input(small, 60)
    theirs = IntegratedGradients(small.logits).attribute(x, base, target=3, n_steps=300)
    assert close(ours.values, theirs[0].sum(0))
    change = float(small.logits(x)[0, 3] - small.logits(base)[0, 3])
    # By the axiom of completeness; with 300 steps a few per cent are left, since the score has kinks.
    assert ours.values.sum() == pytest.approx(change, rel=0.05)


def test_deep_lift_is_captums_where_that_adds_up():
    """It does for pooling without overlap, with a linear layer between nonlinear ones, and without LRN."""
    layers = (
        *(Conv("conv1", 4, 3), MaxPool("pool", 2, 2), Conv("conv2", 4, 3), ReLU("relu")),
        *(Flatten("flatten"), Linear("fc", 5), Softmax("prob")),
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = AlexNet(Architecture("pooled", "", "", 10, layers)).freeze()
    x = random_input(network)
    theirs = DeepLift(scores(network)).attribute(x.clone().requires_grad_(), grey_input(network), target=3)
    assert close(explain(network, x, "deep-lift", 3).values, theirs[0].sum(0))


@pytest.mark.parametrize("architecture", ["alexnet-2012", "alexnet-cifar10"])
def test_deep_lift_adds_up_with_lrn_and_overlapping_pooling(architecture):
    network = small_network(architecture)
    x = 60 * random_input(network)  # large enough for LRN to be far from linear
    values = explain(network, x, "deep-lift", 3, settings={"grey": 90}).values
    change = float((network.logits(x) - network.logits(grey_input(network, 90)))[0, 3])
    # The tolerance is for quotients of small differences in float32.
    assert values.sum() == pytest.approx(change, rel=1e-3)


def test_deep_lift_of_the_baseline_itself_is_zero(small):
    values = explain(small, grey_input(small), "deep-lift", 3).values
    assert not values.any()


def test_occlusion_is_captums_with_its_defaults(small, x):
    ours = explain(small, x, "occlusion", 3, settings={"window": 40, "stride": 20})
    theirs = Occlusion(small.logits).attribute(
        x, (3, 40, 40), strides=(3, 20, 20), target=3, baselines=grey_input(small)
    )
    assert close(ours.values, theirs[0].mean(0))


@pytest.mark.parametrize(("window", "stride"), [(8, 30), (24, 14), (48, 60)])
def test_occlusion_is_captums_with_other_squares(small, x, window, stride):
    """The squares are narrower than the step, cut off at the edge, or half as large as the input."""
    ours = explain(small, x, "occlusion", 3, settings={"window": window, "stride": stride, "grey": 20})
    side, step = min(window, 99), min(window, stride)
    theirs = Occlusion(small.logits).attribute(
        x, (3, side, side), strides=(3, step, step), target=3, baselines=grey_input(small, 20)
    )
    assert close(ours.values, theirs[0].mean(0))


def test_occlusion_reports_each_square_once_and_can_be_stopped(small, x):
    many, reports = {"window": 8, "stride": 8}, []
    explain(small, x, "occlusion", 3, settings=many, progress=lambda *report: reports.append(report))
    done, totals = zip(*reports, strict=True)
    assert set(totals) == {1 + 13 * 13}  # the photo itself, and squares up to the edge at 99 pixels
    assert done[-1] == totals[-1]
    assert all(before < after for before, after in pairwise(done))
    assert len(done) > 1

    def stop(_done: float, _total: int) -> None:
        raise InterruptedError

    before = belongings(small)
    with pytest.raises(InterruptedError):
        explain(small, x, "occlusion", 3, settings=many, progress=stop)
    assert belongings(small) == before


def test_smoothgrad_with_hardly_any_noise_is_saliency():
    """In float64 the noise can be so small that no ReLU changes sides, and only saliency is left."""
    network = AlexNet(LINEAR).freeze()
    x = torch.randn(1, 3, 6, 6)
    smooth = explain(network, x, "smoothgrad", 2).values
    assert np.allclose(smooth, explain(network, x, "saliency", 2).values, rtol=1e-5)


def test_smoothgrad_is_the_mean_over_noise_and_repeats_with_its_seed(small, x):
    first, again, other = (
        explain(small, x, "smoothgrad", 3, settings={"samples": 10, "seed": seed}).values
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def gradient_of(network: AlexNet, x: Tensor, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a layer's feature maps and the score's gradient there, in float64, by autograd alone."""
    h, maps = x.double(), None
    for name, module in list(network.double().named_children())[:-1]:
        h = module(h)
        if name == layer:
            maps = h = h.detach().requires_grad_()
    assert maps is not None
    (gradient,) = torch.autograd.grad(h[0, target], maps)
    return maps.detach()[0].numpy(), gradient[0].numpy()


@pytest.mark.parametrize("layer", ["relu2", "relu5"])
def test_grad_cam_plus_plus_is_the_papers_formula(x, layer):
    maps, gradient = gradient_of(small_network("alexnet-2012"), x, layer, 3)
    total = np.zeros(maps.shape[1:])
    for a, g in zip(maps, gradient, strict=True):
        denominator = 2 * g**2 + a.sum() * g**3
        alpha = np.divide(g**2, denominator, out=np.zeros_like(g), where=denominator != 0)
        total += (alpha * np.maximum(g, 0)).sum() * a
    ours = explain(small_network("alexnet-2012"), x, "grad-cam++", 3, layer).values
    # Denominators near zero magnify the rounding of float32.
    assert np.corrcoef(ours.ravel(), np.maximum(total, 0).ravel())[0, 1] > 0.999


@pytest.mark.parametrize("layer", ["relu2", "relu5"])
def test_layer_cam_is_pytorch_grad_cams(network, photo, layer):
    x, target = network.prepare(photo), 282
    *layers, _softmax = load(device="cpu").requires_grad_().children()
    peer_network = nn.Sequential(*layers)
    index = network.architecture.layer_names.index(layer)
    with LayerCAM(peer_network, [peer_network[index]]) as peer:
        theirs = peer(x.clone(), targets=[ClassifierOutputTarget(target)])[0]
    ours = explain(network, x, "layer-cam", target, layer).heatmap
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.999


def test_ablation_cam_weights_feature_maps_by_the_fall_of_the_score(small, x):
    maps, _ = gradient_of(small_network("alexnet-2012"), x, "relu4", 3)
    before = small.logits(x)[0, 3]
    h = x
    for name, module in list(small.named_children())[:-1]:
        h = module(h)
        if name == "relu4":
            at_layer = h
    assert torch.allclose(at_layer[0].double(), torch.from_numpy(maps), atol=1e-4)
    names = list(small.architecture.layer_names)
    total = np.zeros(maps.shape[1:])
    for k in range(len(maps)):
        h = at_layer.clone()
        h[0, k] = 0
        for name in names[names.index("relu4") + 1 : -1]:
            h = small.get_submodule(name)(h)
        total += float((before - h[0, 3]) / before.abs()) * maps[k]
    ours = explain(small, x, "ablation-cam", 3, "relu4").values
    assert np.abs(ours - np.maximum(total, 0)).max() <= 1e-3 * np.maximum(total, 0).max()


def test_guided_grad_cam_is_zero_where_grad_cam_is(small, x):
    coarse = explain(small, x, "grad-cam", 3, "relu2")
    fine = explain(small, x, "guided-grad-cam", 3, "relu2").values
    expected = explain(small, x, "guided-backprop", 3).values * coarse.heatmap
    assert np.corrcoef(fine.ravel(), expected.ravel())[0, 1] > 0.999


def test_kernel_shap_of_a_linear_network_is_each_region_s_part_of_the_score():
    """Shapley values of a sum are its terms, and the kernel's regression finds them exactly."""
    network = AlexNet(LINEAR).freeze()
    x = torch.rand(1, 3, 6, 6) * 200 - 100
    found = explain(network, x, "kernel-shap", 2, settings={"regions": 10, "samples": 500})
    weight = network.get_parameter("fc.weight")[2].view(3, 6, 6)
    terms = ((x - grey_input(network))[0] * weight).sum(0)
    regions = superpixels(x, 10)
    for region in regions.unique():
        inside = regions == region
        # The tolerance is for a regression on 500 random samples in float32.
        assert found.values[inside.numpy()] == pytest.approx(float(terms[inside].sum()), rel=0.02, abs=0.5)


def test_superpixels_are_numbered_from_zero_without_gaps():
    found = superpixels(torch.rand(1, 3, 40, 40), 20).unique()
    assert torch.equal(found, torch.arange(len(found)))


def test_kernel_shap_of_a_photo_without_regions_is_the_whole_change():
    """SLIC finds no regions in noise, and Captum cannot draw random sets of one region."""
    noise = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert not superpixels(noise, 10).any()
    network = small_network("alexnet-cifar10")
    found = explain(network, noise, "kernel-shap", 3, settings={"regions": 10})
    change = float((network.logits(noise) - network.logits(grey_input(network)))[0, 3])
    assert found.values == pytest.approx(change, rel=1e-4)


def test_unknown_or_impossible_settings_raise_a_user_error(small, x):
    with pytest.raises(
        UserError, match=r"Occlusion has no parameter 'size'. It has: window, stride, fill, grey"
    ):
        explain(small, x, "occlusion", 0, settings={"size": 3})
    with pytest.raises(UserError, match=r"Saliency has no parameter 'size'. It has none"):
        explain(small, x, "saliency", 0, settings={"size": 3})
    with pytest.raises(UserError, match=r"samples of SmoothGrad must be from 2 to 100, not 1"):
        explain(small, x, "smoothgrad", 0, settings={"samples": 1})


def test_every_method_has_all_facts_that_page_and_shell_need():
    for method in METHODS.values():
        assert method.meaning.endswith(".")
        assert method.caveat.endswith(".")
        assert method.paper
        for parameter in method.parameters:
            assert parameter.checked(parameter.default, method.title) == parameter.default


@pytest.mark.parametrize("method", METHODS)
def test_an_attribution_does_not_depend_on_others_computed_at_the_same_time(small, method):
    """No call shares random numbers, hooks or gradients with another, not even on an ablated network."""
    network = ablated(small, Ablation((("relu5", (0,)),)))
    quick = {"kernel-shap": {"regions": 10, "samples": 50}, "smoothgrad": {"samples": 4}}
    settings = quick.get(method)
    pictures = [random_input(network, seed) for seed in range(4)]
    alone = [explain(network, x, method, 3, settings=settings).values for x in pictures]
    barrier = Barrier(8)

    def work(job: tuple[str, Tensor]) -> np.ndarray:
        barrier.wait()
        return explain(network, job[1], job[0], 3, settings=quick.get(job[0])).values

    # At the same time a method runs whose hooks change the backward pass.
    jobs = [(name, x) for x in pictures for name in (method, "guided-backprop")]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(work, jobs))[::2]
    for one, other in zip(alone, together, strict=True):
        # Threads may add up in another order. With other random numbers, the values would be completely
        # different.
        assert np.abs(one - other).max() <= 1e-4 * np.abs(one).max()


def test_occlusion_of_a_small_photo_has_different_values():
    network = small_network("alexnet-cifar10")
    # The default square is larger than 32 pixels.
    found = explain(network, random_input(network), "occlusion", 3)
    assert len(np.unique(found.values)) >= 16
