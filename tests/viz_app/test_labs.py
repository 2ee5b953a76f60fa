"""The labs, run by Streamlit's test harness."""

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import classify
from model.health import Duplicate, batches, health, weights_health
from model.stimuli import as_photo, grating
from model.tuning import tuning
from viz_app import cached
from viz_app.draw.pictures import filter_pairs
from viz_app.samples import SAMPLES

from .apps import healthy, open_page, texts

NETWORKS = ("alexnet-2012", "alexnet-torchvision", "alexnet-cifar10")


def chart(app: AppTest, index: int) -> dict:
    return json.loads(app.get("plotly_chart")[index].proto.spec)


def test_both_labs_work_with_other_architectures(app):
    open_page(app, "stimuli")
    app.number_input(key="filter").set_value(90).run()
    for name in NETWORKS:
        app.selectbox(key="architecture").set_value(name).run()
        app.selectbox(key="weights").set_value("random").run()
        assert healthy(app)
        open_page(app, "health")
        assert healthy(app)
        open_page(app, "stimuli")
        assert healthy(app)


def test_every_stimulus_is_drawn_also_after_a_change_to_small_inputs(app):
    open_page(app, "stimuli")
    for kind in ("checkerboard", "bar", "shape", "uniform"):
        app.segmented_control(key="stimulus").set_value(kind).run()
        assert healthy(app)
    app.segmented_control(key="stimulus").set_value("bar").run()
    app.slider(key="bar_width").set_value(100).run()
    app.selectbox(key="architecture").set_value("alexnet-cifar10").run()
    assert healthy(app)
    assert app.slider(key="bar_width").value <= 16


def test_the_prediction_belongs_to_the_grating(app, network):
    open_page(app, "stimuli")
    app.slider(key="orientation").set_value(90)
    app.slider(key="frequency").set_value(0.2).run()
    expected = classify(network, as_photo(grating(256, 90, 0.2), "grating.png")).top(5)
    assert healthy(app)
    assert chart(app, 0)["data"][0]["y"] == [prediction.label for prediction in expected]


def test_the_preferred_grating_can_be_shown(app, network):
    tuned = tuning(network)
    open_page(app, "stimuli")
    app.number_input(key="filter").set_value(20).run()
    app.button(key="show_preferred").click().run()
    assert healthy(app)
    assert app.slider(key="orientation").value == tuned.preferred_orientation[20]
    assert app.slider(key="frequency").value == pytest.approx(tuned.preferred_frequency[20])
    assert app.selectbox(key="colour").value == tuned.preferred_colour[20]


def test_colour_selective_filters_are_counted_for_each_tower(app, network):
    open_page(app, "stimuli")
    first, second = tuning(network).colour_selective(2)
    assert f"**{first}** of 48 in the first tower" in texts(app)
    assert f"**{second}** of 48 in the second tower" in texts(app)
    app.selectbox(key="architecture").set_value("alexnet-single-tower").run()
    assert f"**{first + second}** of 96. " in texts(app)


def test_a_stimulus_can_become_the_photo_of_every_page(app, network):
    open_page(app, "stimuli")
    app.slider(key="frequency").set_value(0.25).run()
    app.button(key="use_stimulus").click().run()
    assert healthy(app)
    assert app.selectbox(key="picture").value == "yours"
    open_page(app, "prediction")
    assert healthy(app)
    expected = classify(network, as_photo(grating(256, 45, 0.25), "grating.png")).top(5)
    assert all(p.label in app.get("plotly_chart")[0].proto.spec for p in expected)


@pytest.mark.parametrize("scope", ["this photo", "all photos of this session"])
def test_health_shows_the_counts(app, network, photo, scope):
    photos = [cached.sample(name) for name in SAMPLES] if "all" in scope else [photo]
    expected = health(network, batches(network, photos))
    open_page(app, "health")
    app.segmented_control(key="health_scope").set_value(scope).run()
    app.selectbox(key="health_layer").set_value("conv5").run()
    assert healthy(app)
    relu5 = expected.relus[4]
    assert f"{relu5.sparsity:.1%} become zero" in texts(app)
    assert f"Dead: {', '.join(map(str, relu5.dead[:3]))}" in texts(app)
    table = app.dataframe[0].value
    assert list(table["dead"][:7]) == [len(relu.dead) for relu in expected.relus]
    assert list(table["always on"][:7]) == [len(relu.always_on) for relu in expected.relus]
    assert list(table["sparsity"][:7]) == pytest.approx([100 * relu.sparsity for relu in expected.relus])


def test_health_shows_duplicates_of_every_type_of_layer(app, network, monkeypatch):
    def with_copies(_network):
        """Return the real weights' health, in which conv1 and conv2 each have two pairs of duplicates."""
        pairs = (Duplicate(0, 1, 0.99), Duplicate(1, 2, 0.96))
        return tuple(
            replace(found, duplicates=pairs) if found.layer in ("conv1", "conv2") else found
            for found in weights_health(network)
        )

    open_page(app, "health")
    assert "No two filters have a cosine above 0.95" in texts(app)
    monkeypatch.setattr(cached, "weights_health", with_copies)
    app.run()
    assert "**2** pairs among **3** filters" in texts(app)
    app.selectbox(key="health_layer").set_value("conv2").run()
    assert healthy(app)
    assert list(app.dataframe[1].value["cosine"]) == [0.99, 0.96]
    app.selectbox(key="health_layer").set_value("fc8").run()
    assert healthy(app)
    assert "No ReLU follows fc8" in texts(app)


@pytest.mark.parametrize("side", [3, 11])
def test_pairs_of_filters_are_side_by_side(side):
    kernels = np.random.default_rng(0).normal(size=(4, 3, side, side))
    drawn = filter_pairs(kernels, [(0, 1), (2, 3), (1, 2)], columns=2)
    factor = -(-44 // side)
    width = factor * side
    assert (drawn[:width, :width, 3] == 255).all()
    assert np.array_equal(
        drawn[:width, width + 2 : 2 * width + 2], drawn[width + 26 : 2 * width + 26, :width]
    )
