"""Fixtures for runs: a folder of photos in three classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from .generated import textures


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return textures(tmp_path / "photos")
