"""Every concept has live figures that exist, pages that exist, and answers that are right."""

from __future__ import annotations

from math import log, log10, prod

import pytest

from model.architectures import ARCHITECTURES
from model.claims.statements import claims
from model.claims.tests import TESTS
from model.concepts import Concept, concepts
from model.layers import describe
from viz_app.frame.navigation import PAGES

PAPER = {info.name: info for info in describe(ARCHITECTURES["alexnet-2012"])}
SINGLE = {info.name: info for info in describe(ARCHITECTURES["alexnet-single-tower"])}


@pytest.mark.parametrize("concept", concepts().values(), ids=concepts())
def test_figures_and_pages_exist(concept: Concept):
    assert set(concept.tests) <= TESTS.keys() <= claims().keys()
    assert set(concept.pages) <= {entry.file for entry in PAGES}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("convolution", PAPER["conv3"].output_shape[1]),
        ("dropout", f"{int(PAPER['fc6'].output_shape[0] * log10(2)) + 1:,} digits"),
        ("cross-entropy", f"{log(1000):.1f}"),
        ("two-gpus", f"{SINGLE['conv2'].parameters - PAPER['conv2'].parameters:,}"),
        ("costs", f"{PAPER['conv1'].macs / 1e6:.0f} million"),
        ("costs", f"{prod(PAPER['conv1'].weight_shape or ()):,}"),
        ("transfer-learning", f"{5 * PAPER['fc8'].input_shape[0] + 5:,}"),
    ],
)
def test_the_numbers_in_the_answers_are_right(name: str, number: int | str):
    assert str(number) in concepts()[name].answer
