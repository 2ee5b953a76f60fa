"""The command line as a fixture."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from command_line import Run

from model.__main__ import main


@pytest.fixture
def run(capfd):
    """Runs a command line in this process; also catches what C libraries print."""

    def run_command(*arguments: str | Path) -> Run:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        return Run(status, *capfd.readouterr())

    return run_command
