"""Make small versions of the architectures, with every type of layer, for quick tests."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES, Architecture
from model.layer_specs import Conv, Layer, Linear

# Small enough to be quick, large enough for pool5 to have an output.
INPUT_SIZES = {"alexnet-cifar10": 32}


def shrunk(architecture: Architecture) -> Architecture:
    """Return the architecture with 1/16 of its channels and units, all classes, and an input of 99 pixels."""

    def shrink(layer: Layer) -> Layer:
        if isinstance(layer, Conv):
            return replace(layer, channels=layer.channels // 16)
        if isinstance(layer, Linear) and layer.name != "fc8":
            return replace(layer, units=layer.units // 16)
        return layer

    return replace(
        architecture,
        input_size=INPUT_SIZES.get(architecture.name, 99),
        layers=tuple(shrink(layer) for layer in architecture.layers),
    )


def small_network(name: str, seed: int = 0) -> AlexNet:
    """Return a small network with random weights, scaled so that activations are near 1 in all layers."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = AlexNet(shrunk(ARCHITECTURES[name]))
        for layer in network.children():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight)
                nn.init.normal_(layer.get_parameter("bias"))
    return network.freeze()


def random_input(network: AlexNet, seed: int = 0) -> Tensor:
    """Return a random input with values of about 1: [1, 3, H, W]."""
    size = network.architecture.input_size
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(seed))
