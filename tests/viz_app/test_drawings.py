"""The tables, the formulas and the charts tell what the layers are."""

import re

import numpy as np
import pytest

from model import ARCHITECTURES, describe
from model.predict import Prediction
from viz_app.draw import figures, layer_formulas, tables

EVERY = [pytest.param(a, describe(a), id=a.name) for a in ARCHITECTURES.values()]


@pytest.mark.parametrize(("architecture", "infos"), EVERY)
def test_the_last_row_of_the_table_is_the_sum_of_the_others(architecture, infos):
    table = tables.layer_table(infos)
    body, total = table.iloc[:-1], table.iloc[-1]
    for column in ("parameters", "MACs", "memory", "share of parameters", "share of MACs"):
        assert total[column] == pytest.approx(body[column].sum())
    assert total["parameters"] == sum(info.parameters for info in infos)


def first_line(formula: str) -> int:
    """Return the value of the arithmetic in the first line of a formula."""
    arithmetic = formula.removeprefix(r"\begin{aligned}&").split(r" \\ ")[0].replace(r"\cdot", "*")
    assert re.fullmatch(r"[\d\s+*()]+", arithmetic), arithmetic
    return eval(arithmetic)


@pytest.mark.parametrize(("architecture", "infos"), EVERY)
def test_every_formula_ends_in_the_number_it_explains(architecture, infos):
    before = None
    for info in infos:
        bold = [
            int(re.findall(r"\\mathbf\{([\d\\,]+)\}", formula)[-1].replace(r"\,", ""))
            for formula in (
                layer_formulas.receptive_field(info, before),
                layer_formulas.jump(info, before),
                layer_formulas.memory(info),
            )
        ]
        assert bold == [info.receptive_field, info.jump, info.activation_bytes]
        if info.rounding:
            assert layer_formulas.output_size(info).count(rf"\mathbf{{{info.output_shape[1]}}}") == 1
        if info.parameters:
            assert f"{info.parameters:,}".replace(",", r"\,") in layer_formulas.parameters(info)
            assert f"{info.macs:,}".replace(",", r"\,") in layer_formulas.macs(info)
            assert first_line(layer_formulas.parameters(info)) == info.parameters
            assert first_line(layer_formulas.macs(info)) == info.macs
        before = info


def test_with_negative_values_the_numbers_are_written_after_the_names():
    figure = figures.bars(["for", "against"], [2.0, -0.5], ["2.00", "-0.50"], height=100)
    [bar] = figure.data
    assert list(bar.y) == ["for <b>2.00</b>", "against <b>-0.50</b>"]
    assert bar.text is None


def test_the_axis_of_probabilities_ends_at_one():
    unsure = [Prediction(0, "vacuum", 0.005, 1.0), Prediction(1, "radio", 0.004, 0.9)]
    assert figures.probabilities(unsure).layout.xaxis.range == (0, 1)


def test_bars_of_logits_begin_at_the_base_and_keep_their_order():
    guesses = [Prediction(index, f"class {index}", 0.2, 3.0 - 2 * index) for index in range(4)]
    [bars] = figures.logits(guesses, base=-5.0).data
    assert list(bars.x) == [8.0, 6.0, 4.0, 2.0]
    assert list(bars.text) == ["3.00", "1.00", "-1.00", "-3.00"]


def test_enlarged_figures_have_larger_type_and_the_same_data():
    figure = figures.bars(["one", "two"], np.array([1.0, 2.0]), ["1", "2"], height=300)
    larger = figures.enlarged(figure, 1.5)
    before, after = figure.to_plotly_json(), larger.to_plotly_json()
    assert after["layout"]["yaxis"]["tickfont"]["size"] == 1.5 * before["layout"]["yaxis"]["tickfont"]["size"]
    assert after["data"][0]["textfont"]["size"] == 1.5 * before["data"][0]["textfont"]["size"]
    assert list(larger.data[0].x) == list(figure.data[0].x)
    assert larger.layout.height == 375
    assert figure.to_plotly_json() == before
