"""The front page shows the network with the chosen photo, links to other pages, and errors."""

import json
import re

import pytest

from model import ARCHITECTURES, classify, describe, load
from viz_app.cached import sample
from viz_app.lessons import shelf

from .apps import healthy, open_page, started

DOORS = ("Try your photo", "Start the lesson", "Explore")


def drawing(app) -> dict:
    """Return the data that the page sends to the diagram in the browser."""
    [proto] = (part.proto for part in app.get("bidi_component") if part.proto.component_name == "network")
    return json.loads(proto.json or proto.mixed.json)


def test_the_front_page_has_three_links_to_other_pages(app):
    assert healthy(app)
    assert [door.value for door in app.main.subheader] == list(DOORS)


def test_a_lesson_with_mistakes_leaves_the_front_page_as_it_is(monkeypatch, tmp_path):
    for file in shelf.FOLDER.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text("utf-8").replace("title:", "tilte:", 1), "utf-8")
    monkeypatch.setattr(shelf, "FOLDER", tmp_path)
    app = started()
    assert healthy(app)
    assert [door.value for door in app.main.subheader] == list(DOORS)
    assert "start_lesson" not in [button.key for button in app.button]


@pytest.mark.parametrize("name", ["alexnet-2012", "alexnet-cifar10"])
def test_the_diagram_shows_the_chosen_network_and_photo(name):
    data = drawing(started(architecture=name, picture="coffee"))
    infos = describe(ARCHITECTURES[name])
    assert f"{sum(info.parameters for info in infos):,} parameters" in data["start"]
    assert list(data["facts"]) == ["input", *(info.name for info in infos), "answer"]
    network = load(name)
    for prediction in classify(network, sample("coffee")).top(3):
        assert all(f"{prediction.label} {prediction.probability:.1%}" in svg for svg in data["drawings"])
    assert set(re.findall(r'data-picture="([^"]+)"', "".join(data["drawings"]))) == set(data["pictures"])
    assert len(json.dumps(data)) < 400_000


def test_the_front_page_takes_a_photo_and_shows_errors(app):
    [door] = (widget for widget in app.file_uploader if widget.key.startswith("front-upload"))
    door.set_value(("notes.jpg", b"just text", "image/jpeg")).run()
    assert not app.exception
    assert any("notes.jpg" in error.value for error in app.main.error)


def test_missing_weights_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    app = started(weights="bvlc")
    assert any("not on this machine yet" in info.value for info in app.main.info)


def test_an_old_link_to_the_first_page_still_opens(network):
    app = started(picture="rocket", logits="true", ten_crop="true")
    assert healthy(app)
    assert app.selectbox(key="picture").value == "rocket"
    open_page(app, "prediction")
    label = classify(network, sample("rocket")).top(1)[0].label
    assert label in app.get("plotly_chart")[0].proto.spec
