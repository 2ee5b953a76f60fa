"""The page Teach it learns the visitor's classes, explains with them, saves and opens them."""

from __future__ import annotations

import io

import pytest
import torch
from streamlit.testing.v1 import AppTest

from model.teaching_settings import PLANS, TeachSettings
from model.textured_things import NAMES, things
from model.weights.load import load
from viz_app import cached
from viz_app.cached import Network
from viz_app.components.camera import _decoded

from .apps import healthy, open_page, started, texts
from .test_training_page import drawn

BASE = "alexnet-2012"
NETWORK = Network(BASE, "embedded", "auto")


def uploaded(app: AppTest, number: int, files: list[tuple[str, bytes, str]]) -> AppTest:
    """Give files to the class in this place."""
    widgets = [one for one in app.file_uploader if (one.key or "").startswith("photos_")]
    return widgets[number].set_value(files).run()


def pngs(label: int, count: int) -> list[tuple[str, bytes, str]]:
    """Return drawn photos of a class as files."""
    found = []
    for thing in (one for one in things(count) if one.label == label):
        buffer = io.BytesIO()
        thing.photo.image.save(buffer, "PNG")
        found.append((f"{thing.photo.name}.png", buffer.getvalue(), "image/png"))
    return found


def test_uploaded_photos_are_learned():
    app = open_page(started(), "teach")
    assert "Each class needs at least 5 photos" in app.info[0].value
    for number in (0, 1):
        uploaded(app, number, pngs(number, 6))
    assert healthy(app)
    assert [len(one.photos) for one in app.session_state["teaching"].classes] == [6, 6]
    assert "accuracy** on the validation photos" in texts(app)
    names = [one for one in app.text_input if (one.key or "").startswith("class_name_")]
    names[0].set_value("stripes").run()
    [matrix] = drawn(app, "teach_confusion")["data"]
    assert matrix["x"] == ["stripes", "class 2"]
    assert sum(map(sum, matrix["customdata"])) == 2  # the fifth photo of each class


def test_a_file_that_is_no_photo_is_told_and_nothing_is_lost():
    app = open_page(started(), "teach")
    uploaded(app, 0, pngs(0, 5))
    uploaded(app, 0, [("notes.png", b"no picture", "image/png"), *pngs(0, 5)])
    told = [warning.value for warning in app.warning]
    assert "notes.png" in told[0]
    assert "class 1 already has 5 of these photos. They were not added again." in told
    assert [len(one.photos) for one in app.session_state["teaching"].classes] == [5, 0]
    assert not open_page(app, "teach").warning


def test_both_examples_say_what_the_network_looks_at():
    app = open_page(started(), "teach")
    app.button(key="example_shared").click().run()
    assert healthy(app)
    assert "looks at the thing more than at the background" in texts(app)
    app.button(key="example_shortcut").click().run()
    assert healthy(app)
    assert "**100% accuracy** on the validation photos" in texts(app)
    assert "called a *shortcut*" in texts(app)
    assert [one.value for one in app.text_input if (one.key or "").startswith("class_name_")] == list(NAMES)
    app.button(key="afresh").click().run()
    assert "Each class needs at least 5 photos" in app.info[0].value


def test_an_example_does_not_take_the_visitor_s_photos():
    app = open_page(started(), "teach")
    uploaded(app, 0, pngs(0, 5))
    for example in ("shared", "shortcut"):
        app.button(key=f"example_{example}").click().run()
    app.button(key="afresh").click().run()
    assert [len(one.photos) for one in app.session_state["teaching"].classes] == [5, 0]


def test_a_folder_adds_its_classes_to_the_visitor_s_own_and_ends_an_example():
    app = open_page(started(), "teach")
    uploaded(app, 0, pngs(0, 5))
    app.button(key="example_shared").click().run()
    [opener] = [one for one in app.file_uploader if (one.key or "").startswith("folder_")]
    long = 50 * "x"
    given = [
        (f"mine/{name}/{file}", data, kind) for name in ("dots", long) for file, data, kind in pngs(1, 5)
    ]
    hidden = ("mine/dots/._1.png", b"what a Mac puts there", "image/png")
    broken = [(f"mine/dots/{i}.png", b"no picture", "image/png") for i in range(5)]
    opener.set_value([*given, hidden, *broken]).run()
    found = {one.name: len(one.photos) for one in app.session_state["teaching"].classes}
    assert found == {"class 1": 5, "dots": 5, long[:40]: 5}
    told = [warning.value for warning in app.warning]
    assert [file in one for file, one in zip(("0.png", "1.png", "2.png"), told, strict=False)] == 3 * [True]
    assert told[3:] == ["2 other files for dots cannot be read either."]
    assert healthy(app)


def test_what_a_browser_sends_as_a_photo_is_checked():
    assert _decoded("data:image/jpeg;base64,YWJj") == b"abc"
    for wrong in ("", "data:", "é", "data:image/jpeg;base64,é", None, 3):
        assert _decoded(wrong) == b""


def table(app: AppTest, column: str) -> dict[str, list]:
    """Return the columns of the table that has this one; empty if it is not on screen."""
    found = [one.value for one in app.dataframe if column in one.value]
    return found[0].to_dict("list") if found else {}


def test_fc7_and_fc8_learn_from_variations():
    app = open_page(started(), "teach")
    for number in (0, 1):
        uploaded(app, number, pngs(number, 6))
    assert "The network learns from 10 photos. Photos for validation are never varied." in texts(app)
    app.session_state["teach_compared"] = True
    app.selectbox(key="teach_plan").set_value("fc7-fc8").run()
    app.selectbox(key="teach_variations").set_value("all").run()
    assert healthy(app)
    assert "The network learns from 10 photos, of each from 8 inputs: 80 in all." in texts(app)
    assert "On the training photos and their variations: " in texts(app)
    compared = table(app, "variations")
    assert compared["variations"] == ["none", "mirror images", "mirror images, shifts and brightness"]
    assert min(compared["accuracy, training"]) > 90
    app.button(key="look_inside").click().run()
    chosen = str(app.selectbox(key="architecture").value)
    network, base = (load(name, device="cpu") for name in (chosen, BASE))
    assert not torch.equal(network.get_parameter("fc7.weight"), base.get_parameter("fc7.weight"))
    assert torch.equal(network.get_parameter("fc6.weight"), base.get_parameter("fc6.weight"))


def test_the_layers_are_compared_with_the_same_settings():
    app = open_page(started(), "teach")
    app.button(key="example_shared").click().run()
    app.slider(key="teach_steps").set_value(50).run()
    assert not table(app, "what is trained")  # until someone looks
    app.session_state["teach_layers"] = True
    app.run()
    compared = table(app, "what is trained")
    assert compared["what is trained"] == [PLANS[plan][2] for plan in PLANS]
    assert compared["features"] == [4096, 4096, 9216, 4096]
    [accuracy, *_] = drawn(app, "teach_curves")["data"]
    assert len(accuracy["x"]) == 51  # before the first step, and after each
    app.toggle(key="taught_deletion").set_value(True).run()
    curve = drawn(app, "taught_deletion_curve")["data"]
    assert [one["name"] for one in curve] == ["this heat map", "mirrored"]
    assert curve[0]["y"][0] == pytest.approx(curve[1]["y"][0])  # with no pixel changed


@pytest.mark.parametrize("first", ["fc8", "fc7"])
def test_saved_classes_are_opened_again(first):
    shown = cached.drawn_things(6, False, 0)
    examples = tuple(
        (name, tuple(one.photo for one in shown if one.label == label)) for label, name in enumerate(NAMES)
    )
    taught = cached.taught(examples, NETWORK, TeachSettings(first=first))
    data = cached.saved_classes(taught, NETWORK)
    app = open_page(started(), "teach")
    [opener] = [one for one in app.file_uploader if (one.key or "").startswith("classes_file_")]
    opener.set_value(("classes.safetensors", data, "application/octet-stream")).run()
    assert healthy(app)
    assert "striped, dotted, checked" in app.success[0].value
    assert "Units of fc7" in texts(app)
    app.button(key="unload").click().run()
    [opener] = [one for one in app.file_uploader if (one.key or "").startswith("classes_file_")]
    opener.set_value(("classes.safetensors", data[:50], "application/octet-stream")).run()
    assert "no taught classes" in app.warning[0].value
