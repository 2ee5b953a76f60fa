"""An address shows a page again with all its choices, and the page names those that do not exist."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from model import capture, classify
from viz_app import address, cached
from viz_app.frame.navigation import PAGES
from viz_app.samples import SAMPLES

from .apps import healthy, open_page, opened, started

STRONGEST = "the channel of conv1 with the strongest activation"
SAID = "which does not exist here"


def said(app: AppTest) -> list[str]:
    """Return the page's sentences about choices in the address that do not exist."""
    return [
        info.value for info in app.info if "The address contains" in info.value or "this link" in info.value
    ]


# (page, choices, keys of widgets and their values)
VIEWS = [
    ("filters", {"filter": "70", "filter_scale": "true"}, {"filter": 70, "filter_scale": True}),
    (
        "feature_maps",
        {"layer": "relu3", "channel": "17", "order": "mean", "architecture": "caffenet"},
        {"layer": "relu3", "channel": 17, "order": "mean", "architecture": "caffenet"},
    ),
    (
        "cell",
        {"picture": "coffee", "layer": "conv3", "channel": "7", "row": "3", "column": "5"},
        {"picture": "coffee", "layer": "conv3", "channel": 7, "row": 3, "column": 5},
    ),
    (
        "explain",
        {"methods": "layer-cam,saliency", "cam_layer": "conv4", "compare_with": "class", "opacity": "0.3"},
        {"methods": ["layer-cam", "saliency"], "cam_layer": "conv4", "compare_with": "class", "opacity": 0.3},
    ),
    ("network", {"input": "224", "layer": "conv2"}, {"input-alexnet-2012": 224, "layer": "conv2"}),
    (
        "shape_lab",
        {"preset": "224-pad2", "input": "300", "changes": "conv1:stride=3;conv2:channels=100"},
        {"preset": "224-pad2", "lab_input-224-pad2": 300},
    ),
    (
        "stimuli",
        {"stimulus": "bar", "orientation": "90", "figure": "ff0000", "filter": "3"},
        {"stimulus": "bar", "orientation": 90, "figure": "#ff0000", "filter": 3},
    ),
    ("health", {"health_layer": "conv3", "health_scope": "photo"}, {"health_layer": "conv3"}),
    (
        "ablation",
        {"off_layer": "relu2", "off": "relu2:3,5-7", "off_parts": "tower-2,lrn"},
        {"off_layer": "relu2", "off-alexnet-2012-embedded": {"relu2": frozenset({3, 5, 6, 7})}},
    ),
]


@pytest.mark.parametrize(("page", "choices", "values"), VIEWS, ids=[view[0] for view in VIEWS])
def test_an_address_sets_the_choices_and_is_written_from_them(page, choices, values):
    app = opened(page, **choices)
    assert healthy(app)
    assert said(app) == []
    for key, value in values.items():
        assert app.session_state[key] == value
    assert app.query_params == choices


@pytest.mark.parametrize("page", [entry.file for entry in PAGES if entry.file != "feature_visualization"])
def test_a_page_with_all_defaults_has_a_bare_address(page):
    assert opened(page).query_params == {}


@pytest.mark.parametrize(
    ("page", "name", "text", "shown"),
    [
        ("", "picture", "dog", "Cat"),
        ("", "architecture", "alexnet-2013", "AlexNet (2012)"),
        ("", "weights", "torchvision", "Built-in weights"),
        ("filters", "filter", "96", STRONGEST),
        ("filters", "filter", "inf", STRONGEST),
        ("feature_maps", "layer", "conv9", "conv1"),
        ("feature_maps", "channel", "1e99", STRONGEST),
        ("explain", "methods", "foo", "Grad-CAM and Saliency"),
        ("believe", "doubted", "foo", "Grad-CAM"),
        ("stimuli", "frequency", "nan", "0.0875"),
    ],
)
def test_the_page_names_a_choice_that_does_not_exist(page, name, text, shown, network, photo):
    if shown == STRONGEST:
        shown = str(int(capture(network, network.prepare(photo))["conv1"].amax((1, 2)).argmax()))
    app = opened(page, **{name: text}) if page else started(**{name: text})
    assert healthy(app)
    assert said(app) == [f"The address contains `{name}={text}`, {SAID}; you see {shown}."]
    assert name not in app.query_params


def test_the_page_names_a_choice_without_any_meaning():
    app = started(metod="grad-cam", embed="true")
    assert said(app) == ["The address contains `metod=grad-cam`, which has no meaning here."]
    assert said(started(**{"occlusion.colour": "3"})) != []


def test_an_address_cannot_write_into_the_page():
    [sentence] = said(started(picture="`](https://example.org) **bold** <img>\n# " + "x" * 500))
    assert sentence.count("`") == 2
    assert len(sentence) < 200
    assert "\n" not in sentence


def test_a_sentence_disappears_when_it_is_no_longer_true():
    app = opened("filters", filter="nonsense")
    assert len(said(app)) == 1
    app.number_input(key="filter").set_value(5).run()
    assert said(app) == []


@pytest.mark.parametrize("spelt", ["grad-cam++", "Grad-CAM++", "GRAD CAM++", "grad_cam++"])
def test_a_method_is_understood_by_id_and_by_title(spelt):
    app = opened("methods", method=spelt)
    assert app.session_state["method"] == "grad-cam++"
    assert said(app) == []
    assert app.query_params == {"method": "grad-cam++"}


def test_an_older_address_still_works():
    app = started(
        architecture="alexnet-single-tower", weights="embedded", picture="polar bear", layer="relu5"
    )
    app.query_params["methods"] = ["Grad-CAM", "Layer-CAM"]
    app.query_params["cam_layer"] = "conv5"
    open_page(app, "explain")
    assert healthy(app)
    assert said(app) == []
    assert app.session_state["methods"] == ["grad-cam", "layer-cam"]
    assert app.session_state["picture"] == "polar bear"
    assert app.query_params["picture"] == "polar-bear"


def test_an_address_can_contain_the_number_or_the_name_of_a_class(network, photo):
    names = classify(network, photo).labels
    for text in ("550", names[550]):
        app = opened("explain", **{"class": text})
        assert said(app) == []
        assert app.query_params == {"target": "550"}


def test_choices_are_shown_with_titles():
    app = started()
    assert app.selectbox(key="architecture").options[0] == "AlexNet (2012)"
    assert app.selectbox(key="weights").options[0] == "Built-in weights"
    assert app.selectbox(key="picture").options == [sample.title for sample in SAMPLES.values()]


def test_a_choice_of_another_page_is_kept_for_that_page():
    app = started(filter="12")
    assert app.query_params == {}
    assert open_page(app, "filters").session_state["filter"] == 12


def test_a_link_is_relative_and_contains_ids():
    assert address.link("filters", {"filter": 7}) == "filters?filter=7"
    assert address.link("ablation", {"off": {"conv1": frozenset({3, 4})}}) == "ablation?off=conv1:3-4"
    assert address.link("methods", {"method": "grad-cam++"}) == "methods?method=grad-cam%2B%2B"
    query = urlsplit(address.link("shape_lab", {"changes": {"conv1": {"stride": 2, "padding": 3}}})).query
    assert query == "changes=conv1:stride=2,padding=3"
    assert parse_qs(query) == {"changes": ["conv1:stride=2,padding=3"]}


def test_edits_of_the_shape_lab_survive_a_visit_to_another_page():
    app = opened("shape_lab", changes="conv1:stride=3")
    costs = {metric.label: metric.value for metric in app.metric}
    open_page(app, "filters")
    open_page(app, "shape_lab")
    assert {metric.label: metric.value for metric in app.metric} == costs
    assert app.query_params == {"changes": "conv1:stride=3"}


def test_channels_switched_off_by_address_or_by_click_change_the_prediction_equally(network, photo):
    usual = opened("ablation").metric
    off = opened("ablation", off="relu5:0-255").metric
    assert [m.value for m in off] != [m.value for m in usual]
    # Without any output of relu5, no photo can be told from another.
    other = opened("ablation", off="relu5:0-255", picture="rocket", target="281")
    same = opened("ablation", off="relu5:0-255", target="281")
    assert other.metric[1].value == same.metric[1].value


@pytest.mark.parametrize(
    ("page", "is_secure"),
    [
        ("http://localhost:8501/filters", True),
        ("http://127.0.0.1:8501", True),
        ("http://[::1]:8501", True),
        ("https://alexnet.example.org/filters", True),
        ("http://192.168.0.17:8501", False),
        ("http://localhost.example.org", False),
    ],
)
def test_a_page_without_https_has_no_camera_and_says_so(monkeypatch, page, is_secure):
    monkeypatch.setattr(streamlit, "context", SimpleNamespace(url=page))
    app = started()
    assert any(toggle.key == "use_camera" for toggle in app.toggle) == is_secure
    assert any("Browsers allow the camera only" in caption.value for caption in app.caption) != is_secure


def test_the_page_says_that_an_unshared_photo_is_gone():
    app = started(picture="shared-AAAAAAAAAAAAAAAAAAAAAA")
    [sentence] = said(app)
    assert "no longer here" in sentence
    assert sentence.endswith("; you see Cat.")
    assert cached.sample("cat").sha256  # what is seen instead
