"""The network equals torch.nn.functional, torchvision's AlexNet and the statements of the paper."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from model.alexnet import AlexNet, Linear, LocalResponseNorm, initialize_as_paper, private_copy
from model.architectures import ARCHITECTURES
from model.editing import rule_of, with_rule
from model.errors import UserError
from model.layer_specs import PAPER_LRN, Conv, LRNConstants
from model.layers import describe
from model.weights.formats import expand_groups
from model.weights.load import load
from model.weights.sources import CAFFE_LRN

from .small import random_input, small_network

every_architecture = pytest.mark.parametrize("name", ARCHITECTURES)


def random_network(name: str, seed: int = 0) -> AlexNet:
    return load(name, weights="random", device="cpu", seed=seed)


def lrn_by_the_formula(x: torch.Tensor, lrn: LRNConstants) -> torch.Tensor:
    """Return LRN as in section 3.3 of the paper, channel by channel in float64. [C, H, W] -> [C, H, W]."""
    a = x.double()
    b = torch.empty_like(a)
    for i in range(len(a)):
        below, above = max(0, i - lrn.n // 2), min(len(a) - 1, i + (lrn.n - 1) // 2)
        total = sum(a[j] ** 2 for j in range(below, above + 1))
        alpha = lrn.alpha / lrn.n if lrn.alpha_over_n else lrn.alpha
        b[i] = a[i] / (lrn.k + alpha * total) ** lrn.beta
    return b


constants = st.one_of(
    st.sampled_from([PAPER_LRN, CAFFE_LRN]),
    st.builds(
        LRNConstants,
        n=st.integers(1, 8),  # also even numbers, and some larger than the number of channels
        k=st.floats(0.5, 3),
        alpha=st.floats(1e-5, 1e-2),
        beta=st.sampled_from([0.5, 0.75, 1.0]),
        alpha_over_n=st.booleans(),
    ),
)


@settings(max_examples=80, deadline=None)
@given(constants, st.integers(1, 12), st.sampled_from([1.0, 60.0, 1000.0]), st.integers(0, 2**32 - 1))
def test_lrn_equals_the_papers_formula_and_pytorchs_function(lrn, channels, spread, seed):
    x = torch.randn(2, channels, 3, 4, generator=torch.Generator().manual_seed(seed)) * spread
    ours = LocalResponseNorm(lrn)(x)
    # Float32 rounds at 6e-8. The error of a sum of 8 squares, a root and two products is below 1e-5.
    exact = torch.stack([lrn_by_the_formula(image, lrn) for image in x])
    torch.testing.assert_close(ours.double(), exact, rtol=1e-5, atol=0)
    alpha = lrn.alpha if lrn.alpha_over_n else lrn.alpha * lrn.n  # PyTorch divides alpha by n
    theirs = F.local_response_norm(x, lrn.n, alpha, lrn.beta, lrn.k)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=0)


def test_the_papers_and_caffes_lrn_constants_are_as_published():
    assert LRNConstants(n=5, k=2.0, alpha=1e-4, beta=0.75, alpha_over_n=False) == PAPER_LRN
    # local_size 5, alpha 0.0001, beta 0.75 in bvlc_alexnet's train_val.prototxt; Caffe's k is 1.
    assert LRNConstants(n=5, k=1.0, alpha=1e-4, beta=0.75, alpha_over_n=True) == CAFFE_LRN


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_linear_is_w_x_plus_b_with_its_gradient(images, inputs, units, seed):
    """One photo is computed in another way than several, and not every number of units is divided evenly."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layer = Linear(inputs, units).double()
        x = torch.randn(images, inputs, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(layer(x), x @ layer.weight.T + layer.bias)
    [gradient] = torch.autograd.grad(layer(x)[:, 0].sum(), x)
    torch.testing.assert_close(gradient, layer.weight[:1].expand(images, inputs))


def test_lrn_has_the_gradient_of_the_formula():
    lrn = LocalResponseNorm(LRNConstants(alpha=0.1)).double()
    x = torch.randn(1, 7, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lrn, (x,))


def test_torchvision_variant_computes_what_torchvisions_alexnet_computes():
    theirs = torchvision.models.alexnet(weights=None).eval()
    ours = random_network("alexnet-torchvision")
    state = zip(ours.state_dict(), theirs.state_dict().values(), strict=True)
    ours.load_state_dict({name: tensor.clone() for name, tensor in state})
    x = 60 * random_input(ours)
    with torch.inference_mode():
        logits = theirs(x)
        # The operations are the same; only the memory layout, and so the order of sums, may differ.
        scale = float(logits.abs().max())
        torch.testing.assert_close(ours.logits(x), logits, rtol=0, atol=1e-5 * scale)
        torch.testing.assert_close(ours(x), logits.softmax(1), rtol=1e-4, atol=0)


def test_grouped_network_equals_the_ungrouped_one_with_zeros_across_the_towers():
    grouped, single = random_network("alexnet-2012"), random_network("alexnet-single-tower")
    state = grouped.state_dict()
    for name in ("conv2", "conv4", "conv5"):
        state[f"{name}.weight"] = expand_groups(state[f"{name}.weight"], 2)
    single.load_state_dict(state)
    x = 60 * random_input(grouped)
    with torch.inference_mode():
        theirs = grouped.logits(x)
        # The same numbers are added up in another order, in eight layers.
        atol = 1e-5 * float(theirs.abs().max())
        torch.testing.assert_close(single.logits(x), theirs, rtol=0, atol=atol)


def test_an_expanded_kernel_has_zeros_for_the_other_tower():
    weight = torch.randn(6, 2, 3, 3)
    full = expand_groups(weight, 3)
    assert full.shape == (6, 6, 3, 3)
    for out in range(6):
        own = slice(out // 2 * 2, out // 2 * 2 + 2)
        assert torch.equal(full[out, own], weight[out])
        assert full[out].count_nonzero() == weight[out].count_nonzero()


def test_caffenet_is_the_paper_with_pooling_before_lrn():
    paper, caffenet = ARCHITECTURES["alexnet-2012"], ARCHITECTURES["caffenet"]
    same_rounding = with_rule(caffenet, rule_of(paper))
    assert sorted(same_rounding.layers, key=str) == sorted(paper.layers, key=str)
    assert [i.output_shape for i in describe(caffenet)] == [i.output_shape for i in describe(same_rounding)]
    for number in (1, 2):
        order = [f"relu{number}", f"norm{number}", f"pool{number}"]
        assert [name for name in paper.layer_names if name in order] == order
        swapped = [order[0], order[2], order[1]]
        assert [name for name in caffenet.layer_names if name in swapped] == swapped

    def rest(names):
        return [name for name in names if name not in ("norm1", "pool1", "norm2", "pool2")]

    assert rest(caffenet.layer_names) == rest(paper.layer_names)


@every_architecture
def test_relu_does_not_overwrite_the_convolutions_output(name):
    network = small_network(name)
    convolved = network.get_submodule("conv1")(random_input(network))
    before = convolved.clone()
    rectified = network.get_submodule("relu1")(convolved)
    assert torch.equal(convolved, before)
    assert (convolved < 0).any()
    assert torch.equal(rectified, convolved.clamp(min=0))


def test_initial_weights_and_biases_are_as_in_the_paper():
    network = initialize_as_paper(AlexNet(ARCHITECTURES["alexnet-2012"]), seed=3)
    for name, layer in network.named_children():
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        weight, count = layer.weight.double(), layer.weight.numel()
        # The tolerance is five standard errors: sigma/sqrt(n) for the mean, sigma/sqrt(2n) for the deviation.
        assert abs(weight.mean()) < 5 * 0.01 / count**0.5
        assert abs(weight.std() - 0.01) < 5 * 0.01 / (2 * count) ** 0.5
        one = name in {"conv2", "conv4", "conv5", "fc6", "fc7"}
        bias = layer.get_parameter("bias")
        assert torch.equal(bias, torch.full_like(bias, float(one)))


def test_a_seed_gives_the_same_network_again_and_another_seed_another():
    def state(seed):
        return random_network("alexnet-cifar10", seed).state_dict()

    first, again, other = state(0), state(0), state(1)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first if "weight" in name)


def test_a_private_copy_shares_every_tensor_and_its_hooks_stay_with_it():
    network = small_network("alexnet-2012")
    private = private_copy(network)
    pairs = zip(network.named_parameters(), private.named_parameters(), strict=True)
    for (name, ours), (copied_name, copied) in pairs:
        assert name == copied_name
        assert copied.data_ptr() == ours.data_ptr()
        assert not copied.requires_grad
    assert not private.training
    # Copying an object that caches its results would fail if another thread used it at the same time.
    assert private.architecture is network.architecture
    for layer in private.modules():
        layer.register_forward_hook(lambda *_: None)
    assert not any(layer._forward_hooks for layer in network.modules())
    x = random_input(network)
    assert torch.equal(private(x), network(x))


@every_architecture
def test_every_architecture_gives_probabilities_and_a_frozen_network(name):
    network = random_network(name)
    probabilities = network(60 * random_input(network))
    assert probabilities.shape == (1, network.architecture.class_count)
    # The error of a float32 sum of a thousand numbers is at most about 1000 * 6e-8.
    assert probabilities.sum().item() == pytest.approx(1, abs=1e-4)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_a_new_variant_is_one_entry_of_data():
    paper = ARCHITECTURES["alexnet-cifar10"]
    layers = tuple(replace(layer, channels=8) if isinstance(layer, Conv) else layer for layer in paper.layers)
    network = AlexNet(replace(paper, layers=layers), device="meta")
    assert network.get_parameter("conv5.weight").shape == (8, 8, 3, 3)
    assert network(torch.empty(2, 3, 32, 32, device="meta")).shape == (2, 10)


def test_a_walk_can_stop_and_go_on_anywhere(network):
    x = random_input(network)
    outputs = dict(network.walk(x))
    assert tuple(outputs) == network.architecture.layer_names
    for name, output in outputs.items():
        assert torch.equal(network.run(x, until=name), output)
        assert torch.equal(network.run(output, after=name), outputs["prob"])
    assert torch.equal(network.logits(x), outputs["fc8"])
    assert [name for name, _ in network.walk(outputs["pool1"], after="pool1", until="norm2")] == [
        "conv2",
        "relu2",
        "norm2",
    ]


def test_a_walk_from_an_unknown_layer_names_those_that_there_are(network):
    with pytest.raises(UserError, match="no layer 'conv9'"):
        network.run(random_input(network), after="conv9")
