"""Every page, run by Streamlit's own test harness, without a browser."""

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from model import ARCHITECTURES, METHODS, capture, classify, describe, explain
from model.attribution import Attribution
from model.calibration import calibration_of
from model.preprocess import read_photo
from model.question import Question
from model.weights.sources import WEIGHTS, WeightsFile
from tests.model.weights_server import WeightsServer
from tests.viz_app.apps import waited
from viz_app import cached
from viz_app.cached import sample
from viz_app.samples import SAMPLES

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


def test_the_answer_says_how_often_it_is_right_and_when_it_is_unsure(app, network):
    measured = calibration_of(WEIGHTS["embedded"].files[0].checksum)
    for name in SAMPLES:
        app.selectbox(key="picture").set_value(name).run()
        assert healthy(app)
        probability = classify(network, sample(name)).top(1)[0].probability
        right = measured.bin_of(probability).right
        assert f"{measured.top1 * 100:.0f} of 100 photographs at the first guess" in texts(app)
        assert right is None or f"like this one: {right * 100:.0f}." in texts(app)
        assert ("The network is unsure" in texts(app)) == (probability < measured.unsure_below)
    app.toggle(key="ten_crop").set_value(True).run()  # which nobody has measured
    assert "like this one" not in texts(app)


def test_better_weights_are_one_click_away(app, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    with WeightsServer(b"something else") as server:
        wanted = WeightsFile("bvlc.onnx", f"sha256:{'0' * 64}", len(server.content), f"{server.url}/it")
        monkeypatch.setitem(WEIGHTS, "bvlc", replace(WEIGHTS["bvlc"], files=(wanted,)))
        (button,) = (button for button in app.button if button.label.startswith("Use better weights"))
        waited(button.click().run())
        assert server.ranges  # one click chose them and asked for them
    assert app.selectbox(key="weights").value == "bvlc"
    assert any("wrong checksum" in error.value for error in app.error)
    # What is shown meanwhile is said.
    assert any("Until then you see: Embedded" in info.value for info in app.info)
    app.selectbox(key="architecture").set_value("caffenet").run()
    assert not any(button.label.startswith("Use better weights") for button in app.button)


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


def offered(app: AppTest, content: bytes, server: WeightsServer, monkeypatch, promised: bytes) -> AppTest:
    """The download of torchvision's weights, as if a server had `content` where `promised` is expected."""
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
    # That it was read shows in the sentence about what is wrong with it.
    assert any("torchvision.pth" in error.value for error in app.error)
    assert not app.exception


def test_the_explained_logit_is_the_networks(app, network, photo):
    open_page(app, "explain")
    top = classify(network, photo).top(1)[0]
    assert f"**{top.label}** has the probability **{top.probability:.1%}**" in texts(app)
    assert f"**{top.logit:.3f}**" in texts(app)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_shown(app, method):
    open_page(app, "explain")
    waited(app.multiselect(key="methods").set_value([method]).run())
    assert healthy(app)
    assert METHODS[method].title in texts(app)
    assert METHODS[method].caveat in texts(app)


def map_captions(app: AppTest) -> list[str]:
    """What stands under the maps on the page, without the time that they took."""
    images = [image for element in app.get("image") for image in element.proto.imgs]
    return [
        image.caption.rpartition(", in ")[0]
        for image in images
        if " values, at full strength from " in image.caption
    ]


def caption(found: Attribution, label: str, peak: float | None = None) -> str:
    height, width = found.values.shape
    at = f" at {found.question.layer}" if found.question.layer else ""
    return f"for {label}{at}: {height} × {width} values, at full strength from {peak or found.peak:.2g}"


def test_settings_reach_the_method(app, network, photo):
    open_page(app, "explain")
    waited(app.multiselect(key="methods").set_value(["occlusion"]).run())
    waited(app.slider(key="occlusion-window").set_value(80).run())
    assert healthy(app)
    top = classify(network, photo).top(1)[0]
    found = explain(network, network.prepare(photo), "occlusion", top.class_index, settings={"window": 80})
    assert map_captions(app) == [caption(found, top.label)]


def compare_with(app: AppTest, what: str) -> AppTest:
    open_page(app, "explain")
    app.multiselect(key="methods").set_value(["grad-cam"]).run()
    return app.selectbox(key="compare_with").set_value(what).run()


def test_one_picture_is_explained_for_two_classes(app, network, photo):
    compare_with(app, "Another class")
    assert healthy(app)
    x, top = network.prepare(photo), classify(network, photo).top(2)
    found = [explain(network, x, "grad-cam", p.class_index) for p in top]
    for prediction in top:
        assert f"**{prediction.label}** has the probability **{prediction.probability:.1%}**" in texts(app)
    assert map_captions(app) == [caption(f, p.label) for f, p in zip(found, top, strict=True)]
    app.toggle(key="maps_scale").set_value(True).run()
    peak = max(f.peak for f in found)
    assert map_captions(app) == [caption(f, p.label, peak) for f, p in zip(found, top, strict=True)]


def test_two_pictures_are_explained_side_by_side(app, network, photo):
    compare_with(app, "Another picture")
    assert healthy(app)
    other = cached.sample(app.selectbox(key="other_picture").value)
    assert other.sha256 != photo.sha256
    expected = []
    for picture in (photo, other):
        top = classify(network, picture).top(1)[0]
        found = explain(network, network.prepare(picture), "grad-cam", top.class_index)
        expected.append(caption(found, top.label))
    assert map_captions(app) == expected
    # Whatever is chosen in the sidebar, it is never compared with itself.
    app.selectbox(key="picture").set_value(app.selectbox(key="other_picture").value).run()
    assert healthy(app)
    assert app.selectbox(key="other_picture").value != app.selectbox(key="picture").value


def test_a_map_can_be_seen_alone(app):
    open_page(app, "explain")
    app.toggle(key="map_alone").set_value(True).run()
    assert healthy(app)
    assert len(map_captions(app)) == 2


def test_feature_map_facts_are_the_networks(app, network, photo):
    open_page(app, "feature_maps")
    app.selectbox(key="layer").set_value("relu3").run()
    values = capture(network, network.prepare(photo))["relu3"].numpy()
    assert f"{np.mean(values == 0):.0%} of the values are zero" in texts(app)
    assert f"from {values.min():.4g} to {values.max():.4g}" in texts(app)


def test_a_picture_is_not_compared_with_the_same_file_under_another_name(app):
    name = app.selectbox(key="picture").value
    buffer = io.BytesIO()
    cached.sample(name).image.save(buffer, "PNG")
    upload(app, "twin.png", buffer.getvalue())
    twin = replace(app.session_state["own_photo"], sha256=cached.sample(name).sha256)
    app.session_state["own_photo"] = twin  # as if the very same file had been uploaded
    compare_with(app, "Another picture")
    assert healthy(app)
    assert not {name, "yours"} & set(app.selectbox(key="other_picture").options)


def test_what_could_not_be_read_is_forgotten_with_the_next_picture(app):
    upload(app, "broken.png", b"no picture")
    assert len(app.error) == 1
    app.selectbox(key="picture").set_value("coffee").run()
    assert healthy(app)


def test_the_two_scales_are_two_choices(app):
    open_page(app, "filters")
    app.toggle(key="filter_scale").set_value(True).run()
    compare_with(app, "Another class")
    assert not app.toggle(key="maps_scale").value


def test_channels_that_are_off_belong_to_their_weights(app):
    app.session_state["off-alexnet-2012-embedded"] = {"relu1": frozenset({5})}
    open_page(app, "ablation")
    assert any(button.label == "Switch all 1 on again" for button in app.button)
    app.selectbox(key="weights").set_value("random").run()
    assert any(button.label == "Everything is on" for button in app.button)


def test_the_same_map_is_computed_once_whatever_is_said_of_its_settings(network, photo):
    shown = cached.Network("alexnet-2012", "embedded", "cpu")
    usual = tuple((p.name, p.default) for p in METHODS["kernel-shap"].parameters)
    questions = [cached.complete(shown, Question("kernel-shap", 3, None, s)) for s in ((), usual)]
    assert len({cached.slow_attribution(photo, shown, question).name for question in questions}) == 1
