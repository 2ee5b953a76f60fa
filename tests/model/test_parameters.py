"""Parameters are checked and completed, and every table knows all types of layers."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.alexnet import AlexNet
from model.arithmetic import _PARTS
from model.attribution import explain
from model.errors import UserError
from model.layer_specs import Layer, LayerType
from model.parameters import Choice, Number, completed
from viz_app.draw.activation_formulas import _RULES
from viz_app.draw.colours import LAYER_COLOURS, LAYER_KINDS

SIDE = Number("side", "Side, pixels", 40, 8, 120)
FILL = Choice("fill", "What covers it", (("grey", "one grey"), ("blurred", "a blurred copy")))


def test_what_is_left_out_takes_the_usual_value():
    assert completed("X", (SIDE, FILL), None) == {"side": 40.0, "fill": "grey"}
    assert completed("X", (SIDE, FILL), {"fill": "blurred"}) == {"side": 40.0, "fill": "blurred"}


@given(st.floats(allow_nan=True) | st.text(max_size=5))
def test_a_number_is_within_its_limits_or_refused(value):
    try:
        found = SIDE.checked(value, "X")
    except UserError as error:
        assert "side of X must be from 8 to 120" in str(error)
    else:
        assert 8 <= found <= 120


@pytest.mark.parametrize("value", ["black", "", 3.0, "Grey"])
def test_another_word_is_refused_with_those_that_there_are(value):
    with pytest.raises(UserError, match="fill of X must be grey or blurred"):
        FILL.checked(value, "X")


def test_every_table_knows_every_type_of_layer():
    types = {kind.__name__ for kind in get_args(Layer)}
    assert set(get_args(LayerType)) == types
    for table in (_PARTS, _RULES, LAYER_COLOURS, LAYER_KINDS):
        assert set(table) == types


def test_another_filling_of_the_square_gives_another_map(network: AlexNet, photo):
    """On a photo that is one grey, covering with the same grey changes nothing, and neither does blurring."""
    x = network.prepare(photo)
    grey, blurred = (
        explain(network, x, "occlusion", 281, settings={"fill": fill, "stride": 40}).values
        for fill in ("grey", "blurred")
    )
    assert not np.allclose(grey, blurred)
    plain = network.to_input(np.full((1, 227, 227, 3), 118, np.uint8))
    for fill in ("grey", "blurred"):
        found = explain(network, plain, "occlusion", 281, settings={"fill": fill, "stride": 40})
        assert np.abs(found.values).max() < 1e-3  # float32 sums in another order
