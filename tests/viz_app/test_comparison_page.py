"""The page Comparison shows the counted networks, times four of them, and marks how variants differ."""

from __future__ import annotations

import json
import math
from itertools import product

import pytest
import torch
from streamlit.testing.v1 import AppTest

from model import ARCHITECTURES, classify
from model.comparison import compared
from model.layers import describe
from viz_app import cached
from viz_app.cached.comparison import MEASURED, PASSES, Timing, _with_random_weights
from viz_app.draw import comparison as drawn
from viz_app.draw.variants import side_by_side
from viz_app.samples import SAMPLES

from ..patience import patience
from .apps import healthy, opened, texts, waited

PAIRS = list(product(ARCHITECTURES, ARCHITECTURES))
DEFAULT = cached.Network("alexnet-2012", "embedded", "auto")


@pytest.fixture(scope="module")
def page() -> AppTest:
    return opened("comparison")


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_the_chart_shows_every_network_with_a_published_accuracy():
    [points] = drawn.accuracy_and_cost(compared().values()).data
    shown = [one for one in compared().values() if one.published]
    assert [one.name for one in compared().values() if one not in shown] == ["lenet-5"]
    assert list(points.x) == [one.macs / 1e9 for one in shown]
    assert list(points.y) == [one.published[0].top1 for one in shown]
    assert points.marker.sizemode == "area"
    assert list(points.marker.size) == [one.parameters for one in shown]


def test_every_point_lies_inside_the_axes():
    figure = drawn.accuracy_and_cost(compared().values())
    [points] = figure.data
    low, high = figure.layout.xaxis.range
    assert figure.layout.xaxis.type == "log"
    assert all(low < math.log10(x) < high for x in points.x)
    assert all(figure.layout.yaxis.range[0] < y < figure.layout.yaxis.range[1] for y in points.y)


def test_only_the_network_of_2012_is_said_to_see_ten_crops():
    [points] = drawn.accuracy_and_cost(compared().values()).data
    assert [text for text in points.text if "crops" in text] == ["AlexNet (2012), 10 crops"]


def test_the_table_names_the_weights_of_every_accuracy():
    rows = drawn.network_table(compared().values()).set_index("network")
    assert len(rows) == len(compared())
    assert math.isnan(rows.loc["LeNet-5, simplified", "top-1"])
    assert rows.loc["LeNet-5, simplified", "weights"] == "none for ImageNet"
    for one in compared().values():
        for accuracy in one.published:
            assert accuracy.weights in rows.loc[one.title, "weights"]
    assert "80.9 %" in rows.loc["ResNet-50", "weights"]


def test_every_advice_has_numbers_as_evidence(page):
    advice = drawn.advice(compared())
    assert 4 <= len(advice) <= 6
    for statement, evidence in advice.items():
        assert any(character.isdigit() for character in evidence), statement
        assert statement in texts(page)
    # VGG-16 takes 15,470,264,320 multiply-adds, the paper's network 724,406,816.
    assert "21 times" in "".join(advice.values())
    assert "69.8 % (ResNet-18) to 81.1 % (ViT-B/16)" in "".join(advice.values())


def test_more_networks_make_fewer_errors_than_one():
    errors = list(drawn.ERRORS.values())
    assert errors == sorted(errors, reverse=True)
    one = compared()["alexnet-2012"].published[0]
    assert drawn.ERRORS["AlexNet, one network"] == pytest.approx(100 - one.top5)


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_every_layer_of_both_variants_is_in_the_table_once_and_in_order(left, right):
    table = side_by_side(ARCHITECTURES[left], ARCHITECTURES[right])
    layers = table.iloc[1:-1]
    for side, name in (("left", left), ("right", right)):
        assert tuple(layers["layer"][layers[side] != "–"]) == ARCHITECTURES[name].layer_names
        assert table[f"{side} parameters"].iloc[-1] == sum(
            info.parameters for info in describe(ARCHITECTURES[name])
        )
    assert (table["different"] == "").all() == (left == right)


@pytest.mark.parametrize(
    ("left", "right", "differences"),
    [
        (
            "alexnet-2012",
            "alexnet-single-tower",
            {**dict.fromkeys(("conv2", "conv4", "conv5"), "groups"), "total": "parameters"},
        ),
        ("alexnet-2012", "alexnet-224-pad2", {"input": "size", "conv1": "padding"}),
        (
            "alexnet-2012",
            "caffenet",
            {"pool1": "another place", "pool2": "another place", "pool5": "rounding"}
            | {"norm1": "output", "norm2": "output"},
        ),
    ],
)
def test_exactly_the_known_differences_are_marked(left, right, differences):
    table = side_by_side(ARCHITECTURES[left], ARCHITECTURES[right])
    found = table[table["different"] != ""]
    assert dict(zip(found["layer"], found["different"], strict=True)) == differences


def test_both_predictions_are_those_of_their_networks(page, network):
    assert healthy(page)
    first = next(iter(SAMPLES))
    bars = [trace for chart in charts(page) for trace in chart["data"] if trace.get("orientation") == "h"]
    expected = classify(network, cached.sample(first)).top(5)
    assert bars[-2]["y"] == [prediction.label for prediction in expected]


def test_a_network_without_trained_weights_says_that_its_prediction_is_chance():
    app = opened("comparison", left="alexnet-single-tower", right="caffenet")
    assert healthy(app)
    assert app.selectbox(key="left").value == "alexnet-single-tower"
    assert app.selectbox(key="right").value == "caffenet"
    captions = [caption.value for caption in app.caption]
    assert captions.count("Random weights: this prediction is chance.") == 1


def test_nothing_is_timed_before_the_button_is_pressed_and_four_networks_afterwards():
    app = opened("comparison")
    before = len(charts(app))
    waited(app.button(key="measure").click().run())
    assert healthy(app)
    assert len(charts(app)) == before + 1
    [bars] = [chart["data"][0] for chart in charts(app) if "billion" in str(chart["data"][0].get("y"))]
    titles = [label.split("<br>")[0] for label in bars["y"]]
    assert titles == ["AlexNet (2012)", *(compared()[name].title for name in MEASURED)]
    assert "MobileNetV2 has **0.42 times** the multiply-adds" in texts(app)
    app.selectbox(key="architecture").set_value("caffenet").run()
    assert len(charts(app)) == before  # the times belong to the network that was chosen


def test_the_time_of_a_network_is_the_median_of_its_passes():
    assert Timing("a network", 1, (9.0, 1.0, 3.0, 100.0, 2.0)).milliseconds == 3.0
    assert Timing("a network", 1, (9.0, 1.0, 3.0, 100.0, 2.0)).spread == 100.0
    job = cached.timings(DEFAULT, 100)
    job.join("a test")
    for timing in job.result("a test"):
        assert len(timing.passes) == PASSES
        assert min(timing.passes) > 0
    assert job.share == 1


def test_measuring_ends_when_nobody_waits():
    job = cached.timings(DEFAULT, 101)
    job.join("a test")
    job.leave("a test")
    assert job.finished_within(patience())
    assert job.was_stopped


@pytest.mark.parametrize("name", MEASURED)
def test_random_weights_give_finite_outputs_and_leave_pytorch_s_generator_alone(name):
    state = torch.get_rng_state()
    network = _with_random_weights(name, torch.device("cpu"))
    assert torch.equal(torch.get_rng_state(), state)
    with torch.inference_mode():
        outputs = network(torch.full((1, 3, 224, 224), 0.5))
    assert outputs.isfinite().all()
    assert outputs.std() > 1e-6  # numbers near zero would be slow to compute with
    assert sum(values.numel() for values in network.parameters()) == compared()[name].parameters
