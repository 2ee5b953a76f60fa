"""The numbers about later networks are right: other programs count the same, and papers state the same."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchinfo import summary
from torchvision import models

from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES
from model.comparison import compared, meta_network
from model.counting import LEFT_OUT, count
from model.layers import describe

TORCHVISION = [name for name in compared() if name not in ("lenet-5", "alexnet-2012")]


def _input(name: str) -> Tensor:
    size = compared()[name].input_size
    return torch.empty(1, 3, size, size, device="meta")


@pytest.mark.parametrize("name", TORCHVISION)
def test_multiply_adds_are_half_of_pytorch_s_flops(name):
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        meta_network(name)(_input(name))
    assert compared()[name].macs * 2 == counter.get_total_flops()


@pytest.mark.parametrize("name", TORCHVISION)
def test_multiply_adds_and_parameters_are_those_that_torchvision_states(name):
    weights = models.get_model_weights(name).IMAGENET1K_V1
    # torchvision says GFLOPS and means billions of multiply-adds, rounded to three decimals.
    assert round(compared()[name].macs / 1e9, 3) == weights.meta["_ops"]
    assert compared()[name].parameters == weights.meta["num_params"]


@pytest.mark.parametrize("name", TORCHVISION)
def test_accuracy_and_its_weights_are_those_that_torchvision_states(name):
    one = compared()[name]
    weights = models.get_model_weights(name)[one.weights]
    assert one.top1 == weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]
    assert all(50 < accuracy.top1 < accuracy.top5 < 100 for accuracy in one.published)
    assert all(accuracy.crops == 1 for accuracy in one.published)


@pytest.mark.parametrize("name", [name for name in TORCHVISION if name != "vit_b_16"])
def test_outputs_take_as_much_memory_as_torchinfo_says(name):
    """torchinfo counts convolutions, fully connected layers and normalization, twice: also for gradients."""
    stated = summary(meta_network(name), input_size=(1, 3, 224, 224), device="meta", verbose=0)
    one, normalized = compared()[name], 0
    for info in stated.summary_list:
        normalized += info.output_bytes * (info.class_name == "BatchNorm2d")
    assert one.neuron_bytes == stated.total_output_bytes / 2 - normalized
    assert one.activation_bytes > one.neuron_bytes + normalized


@pytest.mark.parametrize(
    ("name", "depth"),
    # The numbers in the networks' names, and "22 layers deep" of GoogLeNet's paper.
    [
        ("vgg16", 16),
        ("resnet18", 18),
        ("resnet50", 50),
        ("googlenet", 22),
        ("alexnet", 8),
        ("alexnet-2012", 8),
    ],
)
def test_the_longest_way_is_as_deep_as_its_authors_say(name, depth):
    assert compared()[name].depth == depth


@pytest.mark.parametrize(
    ("name", "joins"),
    # GoogLeNet has nine inception modules, ResNet-18 eight blocks, ResNet-50 3 + 4 + 6 + 3.
    [("alexnet", 0), ("vgg16", 0), ("googlenet", 9), ("resnet18", 8), ("resnet50", 16), ("mobilenet_v2", 10)],
)
def test_branches_meet_as_often_as_there_are_blocks(name, joins):
    assert compared()[name].joins == joins


def test_the_towers_of_2012_meet_in_conv3_and_fc6():
    assert compared()["alexnet-2012"].joins == 2


def test_all_ways_together_have_more_weights_than_the_longest():
    # A shortcut of ResNet has a convolution where the shape changes: three times in ResNet-18, four times in
    # ResNet-50.
    assert compared()["resnet18"].weight_layers == 18 + 3
    assert compared()["resnet50"].weight_layers == 50 + 4
    assert all(one.weight_layers >= one.depth for one in compared().values())


def test_the_network_of_2012_counted_as_a_module_agrees_with_describe():
    architecture = ARCHITECTURES["alexnet-2012"]
    counted = count(AlexNet(architecture, device="meta").eval(), torch.empty(1, 3, 227, 227, device="meta"))
    one = compared()["alexnet-2012"]
    for fact in ("parameters", "macs", "activation_bytes", "neuron_bytes", "depth", "kernel_sizes"):
        assert getattr(one, fact) == getattr(counted, fact), fact
    assert set(one.kinds) == {info.type for info in describe(architecture)} - set(LEFT_OUT)


def test_lenet_has_the_parameters_that_textbooks_state():
    sizes = [(6, 1 * 25), (16, 6 * 25), (120, 16 * 25), (84, 120), (10, 84)]
    assert (
        sum(outputs * (inputs + 1) for outputs, inputs in sizes) == compared()["lenet-5"].parameters == 61_706
    )
    places = (28 * 28, 10 * 10, 1, 1, 1)
    assert compared()["lenet-5"].macs == sum(
        outputs * inputs * count for (outputs, inputs), count in zip(sizes, places, strict=True)
    )


@pytest.mark.parametrize("name", TORCHVISION)
def test_the_words_fit_the_layers(name):
    kinds = Counter(type(layer) for layer in meta_network(name).modules())
    one = compared()[name]
    assert ("batch" in one.normalization) == (kinds[nn.BatchNorm2d] > 0)
    assert ("layer" in one.normalization) == any("LayerNorm" in kind.__name__ for kind in kinds)
    assert (one.normalization == "none") == (not any("Norm" in kind.__name__ for kind in kinds))
    # GoogLeNet calls ReLU as a function.
    assert name == "googlenet" or any(kind.__name__ == one.activation for kind in kinds)
    drops = [layer.p for layer in meta_network(name).modules() if isinstance(layer, nn.Dropout)]
    assert ("dropout" in one.regularization) == any(drops)
    assert ("stochastic depth" in one.regularization) == ("StochasticDepth" in one.kinds)


def test_counting_leaves_no_hooks_and_does_not_change_the_input():
    network, x = meta_network("resnet18"), _input("resnet18")
    assert count(network, x) == count(network, x)
    assert not x.requires_grad
    assert not any(layer._forward_hooks for layer in network.modules())


def test_everything_is_counted_in_inference_mode_too():
    with torch.inference_mode():
        assert compared.__wrapped__() == compared()
