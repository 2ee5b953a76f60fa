"""The examples in docstrings are correct."""

from __future__ import annotations

import doctest
import importlib

import pytest

WITH_EXAMPLES = (
    "model.attribution.checks",
    "model.attribution.pointing",
    "model.calibration",
    "model.health",
    "model.histogram",
    "model.layers",
    "model.receptive_field",
    "model.sizes",
    "model.stimuli",
    "model.training.quantize",
    "model.tuning",
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_are_correct(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
