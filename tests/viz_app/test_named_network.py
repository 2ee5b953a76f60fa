"""Every page works with a network that has a name of its own, with three classes."""

from __future__ import annotations

import pytest

from model.private import PRIVATE, remove_private
from model.teaching_settings import TeachSettings
from model.textured_things import NAMES
from viz_app import cached
from viz_app.frame.navigation import PAGES

from ..own_network import CLASSES, own_network
from .apps import healthy, open_page, started, texts


def test_every_page_shows_a_network_under_a_name(tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path / "cache"))
    own_network(tmp_path, "my-textures")
    app = started(architecture="my-textures")
    for page in PAGES:
        open_page(app, page.file)
        assert healthy(app), page.file
        assert app.selectbox(key="architecture").value == "my-textures", page.file
        assert app.title[0].value == page.heading
    open_page(app, "prediction")
    assert "33 of 100 photographs at the first guess." in texts(app)
    assert any(name in texts(app) for name in CLASSES)
    assert "my-textures" in texts(app)


@pytest.mark.parametrize("settings", [TeachSettings(first="fc7"), TeachSettings("pool5")])
def test_every_page_shows_a_taught_network(settings):
    drawn = cached.drawn_things(5, False, 0)
    examples = tuple(
        (name, tuple(one.photo for one in drawn if one.label == label)) for label, name in enumerate(NAMES)
    )
    base = cached.Network("alexnet-2012", "embedded", "auto")
    name = cached.keep_taught(cached.taught(examples, base, settings), base)
    app = started(architecture=name)
    for page in PAGES:
        open_page(app, page.file)
        assert healthy(app), page.file
        assert app.selectbox(key="architecture").value == name, page.file
    open_page(app, "prediction")
    assert "striped" in texts(app)
    other = started()
    assert name not in other.selectbox(key="architecture").options  # it is in nobody else's list
    remove_private(name)
    gone = started(architecture=name)
    assert not gone.exception
    assert gone.selectbox(key="architecture").value == "alexnet-2012"


def test_a_visitor_looks_inside_what_was_taught():
    app = open_page(started(), "teach")
    app.button(key="example_shared").click().run()
    app.button(key="look_inside").click().run()
    assert healthy(app)
    assert str(app.selectbox(key="architecture").value).startswith(PRIVATE)
    assert "Learn" in [one.value for one in app.subheader]  # the page still teaches the network below
    open_page(app, "prediction")
    assert "Yours: striped, dotted, checked" in texts(app)
