"""Fine-tuning: all layers go on learning, after a new last layer has learned on what they were before."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..alexnet import AlexNet
from ..last_layers import Step, measured
from .runs.start import decaying

AT_ONCE = 50  # crops


@dataclass(frozen=True)
class TuneSettings:
    """How all layers learn.

    Attributes:
        epochs: passes over the training photos.
        learning_rate: of Adam; small, so that what the layers know is changed and not lost.
    """

    epochs: int = 5
    learning_rate: float = 2e-5
    weight_decay: float = 0.0
    batch_size: int = 16
    seed: int = 0


Labelled = tuple[np.ndarray, Tensor]
"""Inputs of each photo, uint8 [n, inputs, H, W, 3], the photo itself first, and its class, int64 [n]."""


def fine_tune(
    start: AlexNet,
    training: Labelled,
    validation: Labelled,
    settings: TuneSettings,
    progress: Callable[[float, int], object] = lambda done, total: None,
) -> tuple[AlexNet, list[Step]]:
    """Return a network that has gone on learning, frozen, and its loss and accuracy after each epoch.

    Args:
        start: stays as it is. Its dropout layers are active while the copy learns.
        training, validation: in each epoch, the network sees one input of each photo for training, drawn at
            random. Of photos for validation, it only sees the first.
        progress: called with (steps done, steps in all).
    """
    network: AlexNet = copy.deepcopy(start).requires_grad_(True)
    crops, labels = training
    size, steps = settings.batch_size, -(-len(crops) // settings.batch_size)
    optimizer = torch.optim.AdamW(decaying(network, settings.weight_decay), settings.learning_rate)
    rng = np.random.default_rng(settings.seed)
    history = []
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)  # for dropout
        for epoch in range(settings.epochs):
            network.train()
            order = rng.permutation(len(crops))
            for number in range(steps):
                rows = order[number * size :][:size]
                chosen = crops[rows, rng.integers(crops.shape[1], size=len(rows))]
                logits = network.logits(network.to_input(chosen))
                optimizer.zero_grad()
                F.cross_entropy(logits, labels[rows].to(logits.device)).backward()
                optimizer.step()
                progress(epoch * steps + number + 1, settings.epochs * steps)
            history.append(measured(*((logits_of(network, x[:, 0]), y) for x, y in (training, validation))))
    return network.freeze(), history


@torch.inference_mode()
def logits_of(network: AlexNet, crops: np.ndarray) -> Tensor:
    """Return class scores on the CPU, without dropout: uint8 [n, H, W, 3] -> float32 [n, classes]."""
    network.eval()
    parts = (crops[first : first + AT_ONCE] for first in range(0, len(crops), AT_ONCE))
    return torch.cat([network.logits(network.to_input(part)).cpu() for part in parts])
