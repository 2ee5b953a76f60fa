"""The diagram, the table and the formulas tell what the layers are."""

import itertools
import re
import xml.etree.ElementTree as ET

import pytest

from model import ARCHITECTURES, describe
from model.editing import edited
from model.predict import Prediction
from viz_app.draw import figures, layer_formulas, tables
from viz_app.draw.diagram import draw

EVERY = [pytest.param(a, describe(a), id=a.name) for a in ARCHITECTURES.values()]


def boxes(svg: str) -> dict[str, list[ET.Element]]:
    """Layer name -> the front faces drawn for it."""
    return {
        part.get("data-layer"): part.findall("rect")
        for part in ET.fromstring(svg).iter("g")
        if part.get("data-layer")
    }


@pytest.mark.parametrize(("architecture", "infos"), EVERY)
def test_every_layer_can_be_clicked_once_per_tower(architecture, infos):
    drawn = boxes(draw(architecture, infos))
    assert list(drawn) == list(architecture.layer_names)
    for info in infos:
        assert len(drawn[info.name]) == (architecture.towers if info.is_spatial else 1)


@pytest.mark.parametrize(("architecture", "infos"), EVERY)
def test_boxes_stand_in_order_inside_the_drawing_and_shrink_with_the_maps(architecture, infos):
    svg = draw(architecture, infos)
    width = float(ET.fromstring(svg).get("viewBox").split()[2])
    fronts = {name: faces[0] for name, faces in boxes(svg).items()}
    left = [float(face.get("x")) for face in fronts.values()]
    assert left == sorted(left)
    assert left[-1] + float(fronts["prob"].get("width")) <= width
    maps = [info for info in infos if info.is_spatial]
    for earlier, later in itertools.pairwise(maps):
        higher, lower = (float(fronts[i.name].get("height")) for i in (earlier, later))
        assert (earlier.output_shape[1] > later.output_shape[1]) == (higher > lower)


@pytest.mark.parametrize("changes", [{"conv4": {"groups": 384}}, {"conv1": {"stride": 1}}], ids=str)
def test_whatever_the_shape_lab_asks_for_stays_in_the_drawing(changes):
    architecture = edited(ARCHITECTURES["alexnet-single-tower"], changes)
    svg = draw(architecture, describe(architecture))
    height = float(ET.fromstring(svg).get("viewBox").split()[3])
    assert height < 300  # a network without two towers has one lane
    for face in itertools.chain(*boxes(svg).values()):
        top, high = float(face.get("y")), float(face.get("height"))
        assert top >= 0
        assert top + high <= 180  # the lane


def test_wires_cross_only_where_a_layer_reads_both_towers():
    architecture = ARCHITECTURES["alexnet-2012"]
    wires = re.findall(
        r'class="wire" d="M[\d.]+,([\d.]+) L[\d.]+,([\d.]+)"', draw(architecture, describe(architecture))
    )
    straight = [wire for wire in wires if wire[0] == wire[1]]
    # conv1 reads the picture from both towers, conv3 both towers from both, flatten joins them
    assert len(wires) - len(straight) == 2 + 2 + 2


@pytest.mark.parametrize(("architecture", "infos"), EVERY)
def test_the_last_row_of_the_table_is_the_sum_of_the_others(architecture, infos):
    table = tables.layer_table(infos)
    body, total = table.iloc[:-1], table.iloc[-1]
    for column in ("parameters", "MACs", "memory", "of parameters", "of MACs"):
        assert total[column] == pytest.approx(body[column].sum())
    assert total["parameters"] == sum(info.parameters for info in infos)


def first_line(formula: str) -> int:
    """The value of the arithmetic in the first line of a worked formula."""
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
        if info.kernel_size:
            assert layer_formulas.output_size(info).count(rf"\mathbf{{{info.output_shape[1]}}}") == 1
        if info.parameters:
            assert f"{info.parameters:,}".replace(",", r"\,") in layer_formulas.parameters(info)
            assert f"{info.macs:,}".replace(",", r"\,") in layer_formulas.macs(info)
            assert first_line(layer_formulas.parameters(info)) == info.parameters
            assert first_line(layer_formulas.macs(info)) == info.macs
        before = info


def test_numbers_of_bars_that_point_both_ways_stand_with_their_names():
    figure = figures.bars(["for", "against"], [2.0, -0.5], ["2.00", "-0.50"], height=100)
    [bar] = figure.data
    assert list(bar.y) == ["for <b>2.00</b>", "against <b>-0.50</b>"]
    assert bar.text is None


def test_probabilities_are_drawn_out_of_all():
    unsure = [Prediction(0, "vacuum", 0.005, 1.0), Prediction(1, "radio", 0.004, 0.9)]
    assert figures.top_classes(unsure, "probability").layout.xaxis.range == (0, 1)
    assert figures.top_classes(unsure, "logit").layout.xaxis.range is None
