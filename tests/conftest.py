"""Fixtures for all tests: the built-in network, and a photo of a cat."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# As in app.py: on a busy machine, threads that spin while they wait make tests ten times slower. This must be
# set before PyTorch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Tolerances in tests are for float32 on a CPU. A GPU, which the app would choose, rounds more coarsely.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

from model.alexnet import AlexNet
from model.preprocess import Photo, read_photo_file
from model.weights.load import load

from .model.pictures import photograph

# No deadline: how long an example takes depends mostly on what else runs on the machine.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def network() -> AlexNet:
    """Return the network with the built-in weights, on the CPU, so that rounding is the same everywhere."""
    return load(device="cpu")


@pytest.fixture(scope="session")
def photo() -> Photo:
    """Return the photo of a cat that comes with scikit-image, chelsea.png."""
    return read_photo_file(photograph())
