"""Fixtures: a function that runs command lines, and a small network."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from model.__main__ import main
from model.alexnet import AlexNet

from .command_line import Run
from .small import small_network


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Return a function that runs a command line in this process and also catches what C libraries print."""

    def run_command(*arguments: object) -> Run:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        return Run(status, *capfd.readouterr())

    return run_command


@pytest.fixture(scope="session")
def small() -> AlexNet:
    """Return the paper's network with few channels and random weights. Tests share it: change only a copy."""
    return small_network("alexnet-2012")
