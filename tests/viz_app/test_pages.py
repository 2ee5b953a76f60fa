"""All pages, run by Streamlit's test harness."""

import hashlib
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from model import ARCHITECTURES, METHODS, capture, classify, describe
from model.calibration import calibration_of
from model.preprocess import read_photo
from model.question import Question
from model.weights.sources import WEIGHTS, WeightsFile
from viz_app import cached
from viz_app.cached import sample
from viz_app.samples import SAMPLES

from ..model.weights_server import WeightsServer
from .apps import compare_with, healthy, open_page, started, texts, waited


def a_png(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (64, 80, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    """The same page, after a file is given to the sidebar."""
    [sidebar] = (widget for widget in app.file_uploader if (widget.key or "").startswith("upload-"))
    return sidebar.set_value((name, data, "image/png")).run()


@pytest.mark.parametrize("layer", [info.name for info in describe(ARCHITECTURES["alexnet-2012"])])
def test_feature_maps_state_the_shape_of_any_layer(app, layer):
    open_page(app, "feature_maps")
    app.selectbox(key="layer").set_value(layer).run()
    [info] = [i for i in describe(ARCHITECTURES["alexnet-2012"]) if i.name == layer]
    assert healthy(app)
    assert f"{layer}: {' × '.join(map(str, info.output_shape))}" in texts(app)


def test_the_architecture_page_shows_the_arithmetic_of_an_input_of_224(app):
    open_page(app, "network")
    app.number_input(key="input-alexnet-2012").set_value(224).run()
    assert r"\lfloor 53.25 \rfloor + 1 = \mathbf{54}" in texts(app)


def test_an_input_that_is_too_small_is_explained(app):
    open_page(app, "network")
    app.number_input(key="input-alexnet-2012").set_value(40).run()
    assert not app.exception
    assert "Use 67 or more." in app.error[0].value


def test_an_uploaded_photo_is_classified(app, network):
    open_page(app, "prediction")
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
def test_a_bad_file_is_explained_and_the_previous_photo_stays(app, name, data):
    open_page(app, "prediction")
    upload(app, "good.png", a_png())
    upload(app, name, data)
    assert not app.exception
    assert name in app.error[0].value
    assert app.session_state["own_photo"].name == "good.png"
    upload(app, "better.png", a_png(1))
    assert healthy(app)
    assert app.session_state["own_photo"].name == "better.png"


def test_a_prediction_shows_how_often_the_network_is_right_and_if_it_is_unsure(app, network):
    open_page(app, "prediction")
    measured = calibration_of(WEIGHTS["embedded"].files[0].checksum)
    assert measured is not None
    for name in SAMPLES:
        app.selectbox(key="picture").set_value(name).run()
        assert healthy(app)
        probability = classify(network, sample(name)).top(1)[0].probability
        right = measured.bin_of(probability).right
        assert f"{measured.top1 * 100:.0f} of 100 photographs at the first guess" in texts(app)
        assert right is None or f"like this one: {right * 100:.0f}." in texts(app)
        assert ("The network is unsure" in texts(app)) == (probability < measured.unsure_below)
    app.toggle(key="ten_crop").set_value(True).run()  # for which calibration was not measured
    assert "like this one" not in texts(app)


def test_better_weights_are_one_click_away(app, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    open_page(app, "prediction")
    with WeightsServer(b"something else") as server:
        wanted = WeightsFile("bvlc.onnx", f"sha256:{'0' * 64}", len(server.content), f"{server.url}/it")
        monkeypatch.setitem(WEIGHTS, "bvlc", replace(WEIGHTS["bvlc"], files=(wanted,)))
        (button,) = (button for button in app.button if button.label.startswith("Use better weights"))
        waited(button.click().run())
        assert server.ranges  # one click has chosen them and started the download
    assert app.selectbox(key="weights").value == "bvlc"
    assert any("wrong checksum" in error.value for error in app.error)
    # The page says which weights are used meanwhile.
    assert any("Used until then: Built-in weights" in info.value for info in app.info)
    app.selectbox(key="architecture").set_value("caffenet").run()
    assert not any(button.label.startswith("Use better weights") for button in app.button)


def test_a_choice_can_be_opened_by_a_link():
    linked = started(architecture="alexnet-torchvision", picture="rocket")
    assert linked.selectbox(key="architecture").value == "alexnet-torchvision"
    assert linked.selectbox(key="picture").value == "rocket"


def test_a_chosen_layer_that_the_new_architecture_lacks_is_reset(app):
    open_page(app, "feature_maps")
    app.selectbox(key="layer").set_value("norm2").run()
    app.selectbox(key="architecture").set_value("alexnet-cifar10").run()
    assert healthy(app)
    assert app.selectbox(key="layer").value in ARCHITECTURES["alexnet-cifar10"].layer_names


def test_for_missing_weights_a_download_is_offered_and_others_are_used(app, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    app.selectbox(key="architecture").set_value("alexnet-torchvision").run()
    app.selectbox(key="weights").set_value("torchvision").run()
    assert healthy(app)
    assert any("Not on this machine yet" in info.value for info in app.info)
    assert any("Download" in button.label for button in app.button)


def offered(app: AppTest, content: bytes, server: WeightsServer, monkeypatch, promised: bytes) -> AppTest:
    """Offer a download of torchvision's weights from a server that has `content` instead of `promised`."""
    file = WeightsFile(
        "torchvision.pth", f"sha256:{hashlib.sha256(promised).hexdigest()}", len(content), f"{server.url}/it"
    )
    monkeypatch.setitem(WEIGHTS, "torchvision", replace(WEIGHTS["torchvision"], files=(file,)))
    app.selectbox(key="architecture").set_value("alexnet-torchvision").run()
    app.selectbox(key="weights").set_value("torchvision").run()
    return waited(app.button(key="download").click().run())


def test_a_download_that_fails_says_why_and_can_be_tried_again(app, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    with WeightsServer(b"something else" * 1000) as server:
        offered(app, server.content, server, monkeypatch, promised=b"weights")
        assert any("wrong checksum" in error.value for error in app.error)
        assert not app.exception
        waited(app.button(key="download").click().run())
        assert len(server.ranges) == 2
        assert any("wrong checksum" in error.value for error in app.error)


def test_a_finished_download_is_used_at_once(app, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    content = b"with the right checksum, and yet no weights"
    with WeightsServer(content) as server:
        offered(app, content, server, monkeypatch, promised=content)
    assert not any("Not on this machine" in info.value for info in app.info)
    # The error about its content shows that the file was read.
    assert any("torchvision.pth" in error.value for error in app.error)
    assert not app.exception


def test_feature_map_facts_are_the_networks(app, network, photo):
    open_page(app, "feature_maps")
    app.selectbox(key="layer").set_value("relu3").run()
    values = capture(network, network.prepare(photo))["relu3"].numpy()
    assert f"{np.mean(values == 0):.0%} of the values are zero" in texts(app)
    assert f"from {values.min():.4g} to {values.max():.4g}" in texts(app)


def test_a_photo_is_not_compared_with_the_same_file_under_another_name(app):
    name = app.selectbox(key="picture").value
    buffer = io.BytesIO()
    cached.sample(name).image.save(buffer, "PNG")
    upload(app, "twin.png", buffer.getvalue())
    twin = replace(app.session_state["own_photo"], sha256=cached.sample(name).sha256)
    app.session_state["own_photo"] = twin  # as if the same file had been uploaded
    compare_with(app, "Another photo")
    assert healthy(app)
    assert not {name, "yours"} & set(app.selectbox(key="other_picture").options)


def test_the_error_about_a_bad_file_disappears_with_the_next_photo(app):
    open_page(app, "prediction")
    upload(app, "broken.png", b"no picture")
    assert len(app.error) == 1
    app.selectbox(key="picture").set_value("coffee").run()
    assert healthy(app)


def test_colour_scales_of_feature_maps_and_heat_maps_are_chosen_separately(app):
    open_page(app, "filters")
    app.toggle(key="filter_scale").set_value(True).run()
    compare_with(app, "Another class")
    assert not app.toggle(key="maps_scale").value


def test_switched_off_channels_belong_to_their_weights(app):
    app.session_state["off-alexnet-2012-embedded"] = {"relu1": frozenset({5})}
    open_page(app, "ablation")
    assert any(button.label == "Switch all 1 on again" for button in app.button)
    app.selectbox(key="weights").set_value("random").run()
    assert any(button.label == "Everything is switched on" for button in app.button)


def test_an_attribution_is_computed_once_with_and_without_explicit_defaults(network, photo):
    shown = cached.Network("alexnet-2012", "embedded", "cpu")
    usual = tuple((p.name, p.default) for p in METHODS["kernel-shap"].parameters)
    questions = [cached.complete(shown, Question("kernel-shap", 3, None, s)) for s in ((), usual)]
    assert len({cached.slow_attribution(photo, shown, question).name for question in questions}) == 1
