"""Run command lines in tests."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .pictures import photograph

ROOT = Path(__file__).resolve().parents[2]
CAT = str(photograph())
# Options for a small network with random weights.
TOY = ("--architecture", "alexnet-cifar10", "--weights", "random", "--device", "cpu")


@dataclass
class Run:
    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error_lines(self) -> list[str]:
        return self.err.splitlines()


def in_a_process(*arguments: str, code: str | None = None) -> Run:
    start = ["-c", code] if code else ["-m", "model"]
    done = subprocess.run(
        [sys.executable, *start, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr)
