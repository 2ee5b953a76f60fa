"""All files that `make derived` makes from the built-in weights were made from the present weights."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from model.calibration import calibration_of
from model.weights.files import find
from model.weights.sources import WEIGHTS

ROOT = Path(__file__).parents[1]


def checksum() -> str:
    """Return the checksum of the file of weights, computed from its bytes."""
    found = find(WEIGHTS["embedded"])
    assert found is not None
    _, path = found
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def test_screenshots_show_these_weights():
    assert (ROOT / "docs/screenshots/WEIGHTS").read_text().strip() == checksum()


def test_the_calibration_belongs_to_these_weights():
    assert calibration_of(checksum()) is not None


def test_all_screenshots_in_documents_exist():
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = [
        (file, name)
        for file in documents
        for name in re.findall(r"!\[.*?\]\((.+?)\)", file.read_text("utf-8"))
    ]
    assert shown
    assert [name for file, name in shown if not (file.parent / name).exists()] == []
