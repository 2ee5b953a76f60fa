"""The network of a run with Keras' initial weights, and Keras' Adam."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from ...alexnet import AlexNet
from ...preprocess import ZERO_TO_ONE
from .settings import RunSettings


def new_network(settings: RunSettings, classes: int) -> AlexNet:
    """Return a network for pixels from 0 to 1, in training mode, with random weights as Keras draws them.

    Weights are uniform in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010), biases zero.
    """
    network = AlexNet(settings.architecture(classes), normalization=ZERO_TO_ONE)
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
        # Fused is one pass over all weights: on a CPU 18 ms a step for 30 million, in place of 140.
        super().__init__(parameters, lr=learning_rate, weight_decay=weight_decay, eps=epsilon, fused=True)

    def step(self, closure=None):
        for group in self.param_groups:
            taken = self.state[group["params"][0]].get("step", 0)
            group["eps"] = self.epsilon / math.sqrt(1 - group["betas"][1] ** (float(taken) + 1))
        return super().step(closure)


def decaying(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return a network's parameters in groups for an optimizer, so that weights decay and biases do not."""
    return [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in network.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]


def new_optimizer(network: nn.Module, settings: RunSettings) -> torch.optim.Optimizer:
    """Return the optimizer that the settings choose."""
    groups = decaying(network, settings.weight_decay)
    if settings.optimizer == "adam":
        return KerasAdam(groups, settings.learning_rate)
    return torch.optim.SGD(groups, settings.learning_rate, momentum=0.9, fused=True)
