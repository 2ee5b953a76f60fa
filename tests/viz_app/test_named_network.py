"""Every page works with a network that has a name of its own, with three classes."""

from __future__ import annotations

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
