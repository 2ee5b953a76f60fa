"""The claims about AlexNet are complete, and every test confirms its verdict on the network of 2012."""

from __future__ import annotations

import re

import numpy as np
import pytest

from model import AlexNet
from model.claims.evidence import Bars, Figure, Lines, Maps, Pictures, Table
from model.claims.statements import GROUPS, claims, claims_of
from model.claims.tests import TESTS, run
from model.preprocess import Photo


def test_every_claim_has_a_test():
    assert set(TESTS) == set(claims())


def test_names_are_unique():
    names = [claim.name for group in GROUPS for claim in claims_of(group)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", TESTS)
def test_the_test_confirms_the_verdict(name, network: AlexNet, photo: Photo):
    evidence = run(name, network, photo)
    assert evidence.confirms, evidence.finding
    assert re.search(r"[.!?]$", evidence.finding)
    assert evidence.figures
    for figure in evidence.figures:
        _is_whole(figure)


def _is_whole(figure: Figure) -> None:
    assert figure.caption.endswith(".")
    match figure:
        case Bars():
            assert len(figure.labels) == len(figure.values) > 0
            assert np.isfinite(figure.values).all()
        case Lines():
            assert all(len(line) == len(figure.x) > 1 for line in figure.lines.values())
            assert all(np.isfinite(line).all() for line in figure.lines.values())
        case Table():
            assert figure.rows
            assert all(len(row) == len(figure.columns) for row in figure.rows)
        case Maps():
            assert all(one.ndim == 2 and np.isfinite(one).all() for one in figure.maps.values())
        case Pictures():
            assert all(one.dtype == np.uint8 and one.shape[2] == 3 for one in figure.pictures.values())


@pytest.mark.parametrize("name", TESTS)
def test_every_setting_of_a_test_can_be_computed(name, network: AlexNet, photo: Photo):
    for parameter in TESTS[name].parameters:
        ends = parameter.words if hasattr(parameter, "words") else (parameter.low, parameter.high)
        for value in ends:
            for figure in run(name, network, photo, {parameter.name: value}).figures:
                _is_whole(figure)
