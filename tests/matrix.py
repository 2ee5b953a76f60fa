"""Choose the cells of a large table of tests that are run: all in `make matrix`, a part in `make test`."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

Cell = TypeVar("Cell")


def part(cells: Sequence[Cell], always: Sequence[Cell], more: int) -> list[Cell]:
    """Return the cells to test: `always`, and `more` others, which change with every commit.

    So every cell is tested from time to time. A commit always has the same cells, so that a failure can be
    repeated.
    """
    if os.environ.get("MATRIX") == "all":
        return list(cells)
    others = [cell for cell in cells if cell not in always]
    return [*always, *random.Random(_commit()).sample(others, min(more, len(others)))]


def _commit() -> str:
    """Return the hash of the commit that is checked out; "" outside a clone."""
    try:
        command = ["git", "rev-parse", "HEAD"]
        return subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return ""
