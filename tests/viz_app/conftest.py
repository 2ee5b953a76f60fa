"""Fixture: the front page of the app."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from .apps import started


@pytest.fixture
def app() -> AppTest:
    return started()
