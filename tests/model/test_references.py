"""Every method equals its formula.

Most methods use Captum, and `test_methods.py` shows that they call it correctly. These tests would also
notice if Captum were wrong, or meant something else than the paper.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from pytorch_grad_cam import AblationCAM, GradCAMPlusPlus
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn
from torch.nn import functional as F

from model.alexnet import AlexNet, LocalResponseNorm
from model.attribution import METHODS, explain
from model.attribution.kernel_shap import superpixels

from .references import LAYER, REFERENCES, SETTINGS, TARGET, grey, shapley
from .small import random_input, small_network


def bent_network() -> AlexNet:
    """Return a network in which LRN is far from linear, so that a method that treats it as linear fails."""
    network = small_network("alexnet-2012").double()
    for layer in network.children():
        if isinstance(layer, LocalResponseNorm):
            layer.constants = replace(layer.constants, alpha=0.1)
    return network


def test_every_method_has_a_reference():
    assert REFERENCES.keys() == METHODS.keys()


@pytest.mark.parametrize("method", [name for name in REFERENCES if name != "kernel-shap"])
def test_a_method_equals_its_formula(method):
    network = bent_network()
    x = random_input(network).double()
    layer = LAYER if METHODS[method].needs_layer else None
    ours = explain(network, x, method, TARGET, layer, SETTINGS.get(method)).values
    expected = REFERENCES[method](network, x).detach().numpy()
    assert ours.shape == expected.shape
    assert expected.any()
    # Our results are float32, and the grey input is rounded to float32.
    assert np.abs(ours - expected).max() <= 1e-5 * np.abs(expected).max()


def test_kernel_shap_estimates_shapley_values():
    network = small_network("alexnet-cifar10").double()
    patches = torch.randn(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    x = 60 * F.interpolate(patches, (32, 32), mode="bicubic").double()  # SLIC finds no regions in noise
    ours = explain(network, x, "kernel-shap", TARGET, settings=SETTINGS["kernel-shap"]).values
    expected = shapley(network, x).numpy()
    # The reference must exactly satisfy the axiom of efficiency.
    regions = superpixels(x, 10).numpy()
    values = {r: expected[regions == r][0] for r in np.unique(regions)}
    change = float((network.logits(x) - network.logits(grey(network, x)))[0, TARGET])
    assert sum(values.values()) == pytest.approx(change, rel=1e-9)
    # An estimate from 2,000 samples has an error of some per cent.
    assert np.abs(ours - expected).max() <= 0.1 * np.abs(expected).max()


@pytest.mark.parametrize("layer", ["relu2", "relu5"])
@pytest.mark.parametrize(("method", "peer"), [("ablation-cam", AblationCAM), ("grad-cam++", GradCAMPlusPlus)])
def test_class_activation_maps_are_pytorch_grad_cams(method, peer, layer):
    network = small_network("alexnet-2012")
    x = random_input(network)
    target = int(network(x).argmax())  # a positive score, since their implementation divides by its sign
    *layers, _softmax = small_network("alexnet-2012").requires_grad_().children()
    peer_network = nn.Sequential(*layers)
    index = network.architecture.layer_names.index(layer)
    with peer(peer_network, [peer_network[index]]) as cam:
        theirs = cam(x.clone(), targets=[ClassifierOutputTarget(target)])[0]
    ours = explain(network, x, method, target, layer).heatmap
    # Their result is shifted, scaled and enlarged by OpenCV, with small numbers added to every denominator.
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.999
