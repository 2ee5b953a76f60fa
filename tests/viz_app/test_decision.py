"""The page Path of a decision frames marked channels, joins them by lines, and states the test's result."""

from __future__ import annotations

import re

import pytest

from model.alexnet import AlexNet
from model.decision import DecisionPath, decision_path
from model.layers import describe
from model.preprocess import Photo
from viz_app import cached
from viz_app.draw.network.facts import facts
from viz_app.draw.network.forms import ACROSS, DOWN
from viz_app.draw.network.marks import marks
from viz_app.draw.network.svg import draw

from .apps import healthy, opened, texts

SHOWN = cached.Network("alexnet-2012", "embedded", "cpu")


@pytest.fixture(scope="module")
def path(network: AlexNet, photo: Photo) -> DecisionPath:
    x = network.prepare(photo)
    return decision_path(network, x, int(network(x).argmax()))


@pytest.mark.parametrize("form", [ACROSS, DOWN], ids=lambda form: form.name)
def test_all_drawn_marked_channels_are_framed(network, photo, path, form):
    infos = describe(network.architecture)
    target = int(network(network.prepare(photo)).argmax())
    pictures = cached.path_pictures(photo, SHOWN, target, path)
    svg = draw(network.architecture, infos, facts(network.architecture, infos), form, pictures)
    framed = re.findall(r'data-channel="(\d+)"><title>channel \d+ of (\w+): on the path', svg)
    found = marks(infos, path)
    for channel, layer in framed:
        stage = layer[-1]
        assert any(int(channel) in found.channels[f"{kind}{stage}"] for kind in ("conv", "pool"))
    assert svg.count('class="carrier"') == len(framed) > 0
    assert svg.count('class="flow"') > 0


def test_flows_join_marked_channels_and_the_strongest_is_one(network, path):
    found = marks(describe(network.architecture), path)
    for stage, flows in found.flows.items():
        if stage.startswith("conv"):
            assert max(flows.values()) == pytest.approx(1)
        for _, own in flows:
            assert own in found.channels[stage]


def test_the_page_states_the_test_s_result_even_if_it_fails(network, photo, path):
    app = opened("decision", picture="cat")
    assert healthy(app)
    won = [trial.layer for trial in path.trials if trial.draws_won >= 9]
    assert f"**{len(won)} of {len(path.trials)} layers**" in texts(app)
    for trial in path.trials:
        assert (f"{trial.layer} ({trial.draws_won})" in texts(app)) == (trial.layer not in won)
