"""Every page, run by Streamlit's own test harness, without a browser."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from model import ARCHITECTURES, METHODS, capture, classify, describe
from model.preprocess import read_photo

ROOT = Path(__file__).parents[2]
PAGES = (
    "prediction",
    "network",
    "filters",
    "feature_maps",
    "explain",
    "cell",
    "patches",
    "ablation",
    "believe",
)


@pytest.fixture
def app() -> AppTest:
    test = AppTest.from_file(str(ROOT / "viz_app/frame/main.py"), default_timeout=120)
    return test.run()


def open_page(app: AppTest, page: str) -> AppTest:
    return app.switch_page(f"../pages/{page}.py").run()


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def texts(app: AppTest) -> str:
    """All that can be read on the page, outside of charts and components."""
    elements = (*app.markdown, *app.caption, *app.subheader, *app.latex, *app.metric)
    return "\n".join(str(element.value) for element in elements)


def a_png(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (64, 80, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    return app.file_uploader[0].set_value((name, data, "image/png")).run()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_page_shows_every_architecture(app, page, architecture):
    app.selectbox(key="architecture").set_value(architecture).run()
    assert healthy(open_page(app, page))


@pytest.mark.parametrize("layer", [info.name for info in describe(ARCHITECTURES["alexnet-2012"])])
def test_feature_maps_state_the_shape_of_any_layer(app, layer):
    open_page(app, "feature_maps")
    app.selectbox(key="layer").set_value(layer).run()
    [info] = [i for i in describe(ARCHITECTURES["alexnet-2012"]) if i.name == layer]
    assert healthy(app)
    assert f"{layer}: {' × '.join(map(str, info.output_shape))}" in texts(app)


def test_the_network_page_works_out_the_papers_slip(app):
    open_page(app, "network")
    app.number_input(key="input-alexnet-2012").set_value(224).run()
    assert r"\lfloor 53.25 \rfloor + 1 = \mathbf{54}" in texts(app)


def test_an_input_that_is_too_small_gets_a_sentence(app):
    open_page(app, "network")
    app.number_input(key="input-alexnet-2012").set_value(40).run()
    assert not app.exception
    assert "Use 67 or more." in app.error[0].value


def test_an_uploaded_photo_is_classified(app, network):
    upload(app, "mine.png", a_png())
    expected = classify(network, read_photo(a_png())).top(5)
    assert healthy(app)
    chart = app.get("plotly_chart")[0].proto.spec
    assert all(prediction.label in chart for prediction in expected)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("notes.jpg", b"just text"),
        ("half.png", a_png()[:2000]),
        ("empty.png", b""),
        ("drawing.png", b"<svg/>"),
    ],
)
def test_a_bad_file_gets_a_sentence_and_the_previous_photo_stays(app, name, data):
    upload(app, "good.png", a_png())
    upload(app, name, data)
    assert not app.exception
    assert name in app.error[0].value
    assert app.session_state["own_photo"].name == "good.png"
    upload(app, "better.png", a_png(1))
    assert healthy(app)
    assert app.session_state["own_photo"].name == "better.png"


def test_a_choice_survives_a_change_of_page(app):
    app.selectbox(key="picture").set_value("coffee").run()
    app.selectbox(key="architecture").set_value("caffenet").run()
    for page in PAGES:
        open_page(app, page)
        assert app.selectbox(key="picture").value == "coffee"
        assert app.selectbox(key="architecture").value == "caffenet"


def test_a_choice_can_be_opened_by_a_link(app):
    linked = AppTest.from_file(str(ROOT / "viz_app/frame/main.py"), default_timeout=120)
    linked.query_params["architecture"] = "alexnet-torchvision"
    linked.query_params["picture"] = "rocket"
    linked.run()
    assert linked.selectbox(key="architecture").value == "alexnet-torchvision"
    assert linked.selectbox(key="picture").value == "rocket"


def test_a_layer_that_the_new_architecture_lacks_is_left(app):
    open_page(app, "feature_maps")
    app.selectbox(key="layer").set_value("norm2").run()
    app.selectbox(key="architecture").set_value("alexnet-cifar10").run()
    assert healthy(app)
    assert app.selectbox(key="layer").value in ARCHITECTURES["alexnet-cifar10"].layer_names


def test_weights_that_are_not_here_are_offered_and_others_shown(app, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    app.selectbox(key="architecture").set_value("alexnet-torchvision").run()
    app.selectbox(key="weights").set_value("torchvision").run()
    assert healthy(app)
    assert any("Not on this machine yet" in info.value for info in app.info)
    assert any("Download" in button.label for button in app.button)


def test_the_explained_logit_is_the_networks(app, network, photo):
    open_page(app, "explain")
    top = classify(network, photo).top(1)[0]
    assert f"**{top.label}** has the probability **{top.probability:.1%}**" in texts(app)
    assert f"**{top.logit:.3f}**" in texts(app)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_shown(app, method):
    open_page(app, "explain")
    app.multiselect(key="methods").set_value([method]).run()
    assert healthy(app)
    assert METHODS[method].title in texts(app)
    assert METHODS[method].caveat in texts(app)


def test_settings_reach_the_method(app, network, photo):
    open_page(app, "explain")
    app.multiselect(key="methods").set_value(["occlusion"]).run()
    usual = [download.proto.url for download in app.get("download_button")]
    app.slider(key="occlusion-window").set_value(80).run()
    assert healthy(app)
    assert [download.proto.url for download in app.get("download_button")] != usual


def test_one_picture_is_explained_for_two_classes(app, network, photo):
    open_page(app, "explain")
    first, second = classify(network, photo).top(2)
    [rival] = [box for box in app.selectbox if box.label == "Why not another?"]
    assert rival.value is None
    usual = [download.proto.url for download in app.get("download_button")]
    rival.set_value(second.class_index).run()
    assert healthy(app)
    for prediction in (first, second):
        assert f"**{prediction.label}** has the probability **{prediction.probability:.1%}**" in texts(app)
    both = [download.proto.url for download in app.get("download_button")]
    assert len(both) == 2 * len(usual)
    assert len(set(both)) == len(both)  # each class has maps of its own


def test_feature_map_facts_are_the_networks(app, network, photo):
    open_page(app, "feature_maps")
    app.selectbox(key="layer").set_value("relu3").run()
    values = capture(network, network.prepare(photo))["relu3"].numpy()
    assert f"{np.mean(values == 0):.0%} of the values are zero" in texts(app)
    assert f"from {values.min():.4g} to {values.max():.4g}" in texts(app)
