"""The page Feature visualization, run by Streamlit's test harness."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import capture, classify
from model.feature_visualization import PARAMETERS, activation, visualize

from .apps import healthy, opened, waited

PAGE = "feature_visualization"
QUICK = {"steps": 20.0}


def make(app: AppTest, **settings: float) -> AppTest:
    for name, value in (QUICK | settings).items():
        app.slider(key=f"visualize-{name}").set_value(value)
    app.run()
    return waited(app.button(key="make").click().run())


def numbers(app: AppTest) -> list[str]:
    return [metric.value for metric in app.metric]


def heights(app: AppTest) -> tuple[np.ndarray, list[float]]:
    """Return the curve of the visualization's activation, and the line of the photo's."""
    made, photo = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    return np.frombuffer(base64.b64decode(made["y"]["bdata"]), made["y"]["dtype"]), photo["y"]


def test_the_first_visit_shows_a_visualization_and_its_curve():
    app = opened(PAGE)
    assert healthy(app)
    assert app.subheader[0].value == "conv3, channel 0, everywhere"
    noise, made, photo = (float(number) for number in numbers(app))
    assert made > photo > noise
    climb, line = heights(app)
    assert len(climb) == next(p.default for p in PARAMETERS if p.name == "steps")
    assert climb[-1] == pytest.approx(made, rel=0.3)  # a little lower, since that picture is shaken
    assert line == pytest.approx([photo, photo], abs=0.005)
    assert app.button(key="make").disabled


@pytest.mark.parametrize(("layer", "channel"), [("conv2", 7), ("pool1", 3), ("fc6", 12)])
def test_the_activations_shown_are_the_network_s(network, photo, layer, channel):
    app = make(opened(PAGE, layer=layer, channel=str(channel)))
    assert healthy(app)
    found = visualize(network, layer, channel, settings=QUICK)
    values = capture(network, network.prepare(photo), [layer])[layer][channel]
    expected = (found.start, found.end, activation(values))
    # The page shows two decimals. With another number of threads, the last bit of the picture may differ.
    assert [float(n) for n in numbers(app)] == pytest.approx(expected, rel=0.01, abs=0.01)


def test_classes_are_chosen_by_name_with_the_predicted_one_first(network, photo):
    app = opened(PAGE, layer="fc8")
    first = classify(network, photo).top(1)[0]
    box = next(box for box in app.selectbox if box.label.startswith("Target class"))
    assert box.value == first.class_index
    app = make(app)
    assert healthy(app)
    assert app.subheader[0].value == first.label
    assert float(numbers(app)[2]) == pytest.approx(first.logit, abs=0.01)


def test_nothing_starts_before_the_button_is_pressed():
    app = opened(PAGE)
    app.number_input(key="channel").set_value(5).run()
    assert app.subheader[0].value == "conv3, channel 5, everywhere"
    assert not app.metric  # no other channel's picture is shown in its place
    app = make(app)
    assert app.subheader[0].value == "conv3, channel 5, everywhere"
    assert app.button(key="make").disabled
    made = numbers(app)
    app.number_input(key="channel").set_value(0).run()
    app.number_input(key="channel").set_value(5).run()
    assert numbers(app) == made  # it is kept


def test_other_noise_gives_another_visualization_of_the_same_channel():
    app = make(opened(PAGE, layer="conv1", channel="9"))
    before = numbers(app)
    app = waited(app.button(key="other_noise").click().run())
    assert healthy(app)
    assert app.slider(key="visualize-seed").value == 1
    assert app.subheader[0].value == "conv1, channel 9, everywhere"
    assert numbers(app) != before
    assert numbers(app)[2] == before[2]


def test_only_the_centre_can_be_excited():
    app = opened(PAGE, layer="conv1", channel="9")
    app.segmented_control(key="place").set_value("centre")
    app = make(app)
    assert healthy(app)
    assert app.subheader[0].value == "conv1, channel 9, in the centre"


@pytest.mark.parametrize("architecture", ["alexnet-torchvision", "alexnet-cifar10"])
def test_other_networks_have_visualizations_too(architecture):
    app = opened(PAGE, architecture=architecture, weights="random")
    assert healthy(app)
    assert len(app.metric) == 3
