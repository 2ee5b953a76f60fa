"""The page Attribution shows the heat maps that the library computes, for one or two targets or photos."""

import pytest
from streamlit.testing.v1 import AppTest

from model import METHODS, classify, explain
from model.attribution import Attribution
from viz_app import cached

from .apps import compare_with, healthy, open_page, texts, waited


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
    """Return the captions of the heat maps on the page, without the time that they took."""
    images = [image for element in app.get("image") for image in element.proto.imgs]
    return [
        image.caption.rpartition(", computed in ")[0]
        for image in images
        if " values, strongest colour from " in image.caption
    ]


def caption(found: Attribution, label: str, peak: float | None = None) -> str:
    height, width = found.values.shape
    at = f" at {found.question.layer}" if found.question.layer else ""
    return f"for {label}{at}: {height} × {width} values, strongest colour from {peak or found.peak:.2g}"


def test_settings_reach_the_method(app, network, photo):
    open_page(app, "explain")
    waited(app.multiselect(key="methods").set_value(["occlusion"]).run())
    waited(app.slider(key="occlusion-window").set_value(80).run())
    assert healthy(app)
    top = classify(network, photo).top(1)[0]
    found = explain(network, network.prepare(photo), "occlusion", top.class_index, settings={"window": 80})
    assert map_captions(app) == [caption(found, top.label)]


def test_heat_maps_of_one_photo_for_two_targets_are_compared(app, network, photo):
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


def test_heat_maps_of_two_photos_are_compared(app, network, photo):
    compare_with(app, "Another photo")
    assert healthy(app)
    other = cached.sample(app.selectbox(key="other_picture").value)
    assert other.sha256 != photo.sha256
    expected = []
    for picture in (photo, other):
        top = classify(network, picture).top(1)[0]
        found = explain(network, network.prepare(picture), "grad-cam", top.class_index)
        expected.append(caption(found, top.label))
    assert map_captions(app) == expected
    # The photo chosen in the sidebar is never compared with itself.
    app.selectbox(key="picture").set_value(app.selectbox(key="other_picture").value).run()
    assert healthy(app)
    assert app.selectbox(key="other_picture").value != app.selectbox(key="picture").value


def test_an_attribution_can_be_shown_without_the_photo(app):
    open_page(app, "explain")
    app.toggle(key="map_alone").set_value(True).run()
    assert healthy(app)
    assert len(map_captions(app)) == 2
