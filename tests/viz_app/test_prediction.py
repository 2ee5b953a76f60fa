"""The page Prediction shows logits, ten crops, and what may make an unsure prediction wrong."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from model.calibration import calibration_of
from model.networks import get_source
from model.predict import classify, classify_ten_crop

from .apps import open_page, started, waited


@pytest.fixture
def app() -> AppTest:
    return open_page(started(picture="cat"), "prediction")


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def test_bars_of_logits_start_at_the_mean_of_all_classes(app: AppTest, network, photo):
    app.toggle(key="logits").set_value(True).run()
    assert f"All bars start at {classify(network, photo).logits.mean():.2f}" in said(app)


def test_an_unsure_prediction_comes_with_possible_reasons(app: AppTest, network, photo):
    measured = calibration_of(get_source("embedded").files[0].checksum)
    assert measured is not None
    first, second = classify(network, photo).top(2)
    is_unsure = first.probability < measured.unsure_below
    assert ("The network is unsure" in said(app)) == is_unsure
    assert ("Other classes are close" in said(app)) == (is_unsure and second.probability > 0.01)
    if is_unsure:
        average = classify_ten_crop(network, photo).top(1)[0]
        agrees = average.class_index == first.class_index
        assert f"ten crops gives {'the same class' if agrees else average.label}" in said(app)


def test_a_sure_prediction_comes_without_doubts(network):
    app = waited(open_page(started(picture="panda"), "prediction"))
    assert "Why might this be wrong?" not in [box.label for box in app.expander]


def test_all_ten_crops_are_shown(app: AppTest):
    app.toggle(key="ten_crop").set_value(True).run()
    assert any(image.captions[0].startswith("Ten crops of 227 × 227 pixels") for image in app.image)
