"""Fixtures: a function that runs command lines, and a small network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from model.__main__ import main
from model.alexnet import AlexNet
from model.attribution import explain
from model.preprocess import read_photo_file

from .command_line import Run
from .pictures import encoded
from .small import small_network


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Return a function that runs a command line in this process and also catches what C libraries print."""

    def run_command(*arguments: object) -> Run:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        return Run(status, *capfd.readouterr())

    return run_command


@pytest.fixture
def black(tmp_path: Path, network: AlexNet) -> tuple[Path, int]:
    """Return a black photo's file, and a class for which Grad-CAM finds no positive evidence in it."""
    file = tmp_path / "black.png"
    file.write_bytes(encoded(Image.new("RGB", (300, 300))))
    x = network.prepare(read_photo_file(file))
    return file, next(t for t in range(1000) if not explain(network, x, "grad-cam", t, "relu5").has_evidence)


@pytest.fixture(scope="session")
def small() -> AlexNet:
    """Return the paper's network with few channels and random weights. Tests share it: change only a copy."""
    return small_network("alexnet-2012")
