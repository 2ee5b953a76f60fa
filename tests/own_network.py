"""Make a network under a name, as `train cifar10` and `weights import` do."""

from __future__ import annotations

from pathlib import Path

from model.alexnet import AlexNet
from model.named import add
from model.training.runs.record import WEIGHTS, write_weights
from model.training.runs.settings import RunSettings
from model.training.runs.start import new_network

CLASSES = ("dots", "lines", "rungs")


def own_network(folder: Path, name: str, settings: RunSettings | None = None) -> AlexNet:
    """Write the weights of an untrained network of three classes to a folder, and add it under a name."""
    settings = settings or RunSettings()
    network = new_network(settings, len(CLASSES))
    write_weights(folder, network, settings, CLASSES, right=1 / 3, photos=9)
    add(folder / WEIGHTS, name)
    return network.freeze()
