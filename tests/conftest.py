"""What several tests need: the network that ships with the project, and a photo of a cat."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from hypothesis import settings

# As in app.py: on a busy machine, threads that spin while they wait make tests ten times slower. It is
# read when PyTorch is loaded, which is next.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from model.alexnet import AlexNet
from model.preprocess import Photo, read_photo_file
from model.weights.load import load

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def network() -> AlexNet:
    """The embedded weights. On the CPU, so that tolerances mean the same on every machine."""
    return load(device="cpu")


@pytest.fixture(scope="session")
def photo_path() -> Path:
    """scikit-image's chelsea.png; looked up without importing scikit-image, which is slow."""
    package = importlib.util.find_spec("skimage")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "data" / "chelsea.png"


@pytest.fixture(scope="session")
def photo(photo_path: Path) -> Photo:
    return read_photo_file(photo_path)
