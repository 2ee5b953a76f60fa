"""The network of a run with Keras' initial weights, and Keras' Adam."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import nn

from ...alexnet import AlexNet
from ...architectures import ARCHITECTURES, Architecture
from ...editing import edited, kinds_of, with_kinds
from ...layer_specs import Dropout
from ...preprocess import Normalization
from .settings import RunSettings

ZERO_TO_ONE = Normalization(mean=(0.0, 0.0, 0.0), std=(255.0, 255.0, 255.0))


def architecture_of(settings: RunSettings, classes: int) -> Architecture:
    """Return the CIFAR-10 adaptation with the run's activation function, dropout, and number of classes."""
    base = ARCHITECTURES["alexnet-cifar10"]
    chosen = edited(with_kinds(base, settings.activation, kinds_of(base)[1]), {"fc8": {"units": classes}})
    layers = (replace(one, p=settings.dropout) if isinstance(one, Dropout) else one for one in chosen.layers)
    return replace(chosen, layers=tuple(layers))


def new_network(settings: RunSettings, classes: int) -> AlexNet:
    """Return a network for pixels from 0 to 1, in training mode, with random weights as Keras draws them.

    Weights are uniform in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010), biases zero.
    """
    network = AlexNet(architecture_of(settings, classes), normalization=ZERO_TO_ONE)
    generator = torch.Generator().manual_seed(settings.seed)
    with torch.no_grad():
        for layer in network.children():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(layer.weight, generator=generator)
                layer.get_parameter("bias").zero_()
    return network


class KerasAdam(torch.optim.AdamW):
    """Adam as Keras computes it.

    Keras adds epsilon before the correction of the second moment's bias, PyTorch after it. In the first steps
    that makes Keras' epsilon 30 times as large. Here PyTorch gets an epsilon that undoes the difference.

    Args:
        epsilon: Keras' own.
    """

    def __init__(
        self, parameters, learning_rate: float = 1e-3, weight_decay: float = 0.0, epsilon: float = 1e-7
    ) -> None:
        self.epsilon = epsilon
        super().__init__(parameters, lr=learning_rate, weight_decay=weight_decay, eps=epsilon)

    def step(self, closure=None):
        for group in self.param_groups:
            taken = self.state[group["params"][0]].get("step", 0)
            group["eps"] = self.epsilon / math.sqrt(1 - group["betas"][1] ** (float(taken) + 1))
        return super().step(closure)


def new_optimizer(network: nn.Module, settings: RunSettings) -> torch.optim.Optimizer:
    """Return the optimizer that the settings choose. Biases do not decay."""
    weights = [p for p in network.parameters() if p.ndim > 1]
    groups = [
        {"params": weights, "weight_decay": settings.weight_decay},
        {"params": [p for p in network.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]
    if settings.optimizer == "adam":
        return KerasAdam(groups, settings.learning_rate)
    return torch.optim.SGD(groups, settings.learning_rate, momentum=0.9)
