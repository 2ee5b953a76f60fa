"""The text of each method is complete, and what it says about the sample photos is true.

Numbers are those of the built-in weights. With other weights these tests show which sentences must be
changed.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from torch import Tensor

from model import METHODS, classify, explain
from model.ablation import Ablation, ablated, rank_channels
from model.assets import ASSETS
from model.attribution.base import TEXT
from model.attribution.checks import cascade, completeness, rank_correlation
from model.preprocess import network_crop, read_photo_file
from viz_app.frame import navigation

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


@pytest.fixture(scope="module")
def x(network, photo) -> Tensor:
    return network.prepare(photo)


@pytest.fixture(scope="module")
def ranking(network, photo) -> list[int]:
    return [int(index) for index in classify(network, photo).ranking]


def words(method: str) -> str:
    return " ".join(METHODS[method].explanation.split())


def paragraphs(method) -> dict[str, str]:
    """Return the paragraphs of a method's text, by the bold words at their beginning."""
    found = re.findall(
        r"^\*\*(.+?)\.\*\* (.+)$", method.explanation.replace("\n", " ").replace("  ", "\n"), re.M
    )
    return dict(found)


@every_method
def test_a_text_has_all_its_parts_and_is_not_too_long(method):
    question, how, meaning, failure, see, when = paragraphs(method)
    assert (question, how) == ("The question", "How it is computed")
    assert meaning in ("What bright means", "What the colours mean")
    assert (failure, see, when) == ("Known failure", "See it here", "When to use it")
    assert 120 <= len(method.explanation.split()) <= 230


@every_method
def test_the_failure_is_named_with_a_paper_and_a_page_where_it_can_be_seen(method):
    parts = paragraphs(method)
    assert re.search(r"(and [A-Z]\w+|et al\.) (19|20)\d\d", parts["Known failure"])
    pages = re.findall(r"\*(.+?)\*", parts["See it here"])
    assert pages
    assert set(pages) <= {entry.title for entry in navigation.PAGES}


def test_there_is_no_text_without_a_method():
    assert {path.stem for path in TEXT.iterdir()} == set(METHODS)


@pytest.mark.parametrize(
    ("method", "count", "least"),
    [("guided-backprop", 3, 0.9), ("deconvolution", 4, 0.5), ("grad-cam++", 3, 0.5), ("layer-cam", 3, 0.5)],
)
def test_attributions_that_hardly_change_with_random_upper_layers(network, x, ranking, method, count, least):
    steps = cascade(network, x, explain(network, x, method, ranking[0]))
    assert f"stays above {least}" in words(method)
    assert all(step.correlation > least for step in steps[:count])


@pytest.mark.parametrize(("method", "least"), [("guided-backprop", 0.95), ("deconvolution", 0.85)])
def test_attributions_that_hardly_depend_on_the_target(network, x, ranking, method, least):
    first, *others = (explain(network, x, method, ranking[place]).values for place in (0, 1, 499, 999))
    assert all(rank_correlation(first, other) > least for other in others)


def test_positive_parts_alone_show_something_for_every_class(network, x, ranking):
    last = {m: explain(network, x, m, ranking[-1]) for m in ("grad-cam", "layer-cam", "grad-cam++")}
    assert np.mean(last["grad-cam"].values > 0) < 0.5
    assert np.mean(last["layer-cam"].values > 0) > 0.9
    first = explain(network, x, "grad-cam++", ranking[0])
    assert last["grad-cam++"].values.min() > 0  # "above zero everywhere"
    assert "a rank correlation above 0.7" in words("grad-cam++")
    assert rank_correlation(first.values, last["grad-cam++"].values) > 0.7


def test_grad_cam_and_layer_cam_differ_in_the_first_layer(network, x, ranking):
    maps = [explain(network, x, method, ranking[0], "relu1").values for method in ("grad-cam", "layer-cam")]
    assert rank_correlation(*maps) < 0.5


def test_deep_lift_adds_up_and_integrated_gradients_nearly_do(network, x, ranking):
    maps = [explain(network, x, method, ranking[0]) for method in ("deep-lift", "integrated-gradients")]
    deep_lift, integrated = (completeness(network, x, one) for one in maps)
    assert deep_lift and integrated  # both methods claim to add up
    assert deep_lift.gap < 1e-4  # "as they should"
    assert "by more than one per cent" in words("deep-lift")
    assert 0.01 < integrated.gap < 0.25
    assert rank_correlation(*(one.values for one in maps)) < 0.8  # "rank the pixels differently"


def test_single_falls_are_no_shares_of_a_whole(network, x, ranking):
    drops = rank_channels(network, x, "relu5", ranking[0])
    ten = drops.argsort(descending=True)[:10].tolist()
    before = float(network(x)[0, ranking[0]])
    after = float(ablated(network, Ablation((("relu5", tuple(ten)),)))(x)[0, ranking[0]])
    assert float(drops[ten].sum()) > before > before - after


def sample(name: str) -> Path:
    return ASSETS / "samples" / name


def test_integrated_gradients_are_zero_where_the_photo_looks_like_the_baseline(network):
    photo = read_photo_file(sample("astronaut.jpg"))
    x, target = network.prepare(photo), int(classify(network, photo).ranking[0])
    nearly_black = network_crop(photo, network.architecture).max(-1) < 25
    assert nearly_black.mean() == pytest.approx(0.15, abs=0.005)
    maps = [
        np.abs(explain(network, x, "integrated-gradients", target, settings={"grey": grey}).values)
        for grey in (118, 0)
    ]
    share, none = (float(values[nearly_black].sum() / values.sum()) for values in maps)
    assert share == pytest.approx(0.25, abs=0.02)  # "a quarter"
    assert none < 0.01


def test_occlusion_depends_on_the_colour_and_size_of_the_square(network):
    photo = read_photo_file(sample("coffee.jpg"))
    x, target = network.prepare(photo), int(classify(network, photo).ranking[0])
    grey, black, large = (
        float(np.mean(explain(network, x, "occlusion", target, settings={"stride": 30} | others).values < 0))
        for others in ({}, {"grey": 0}, {"window": 100})
    )
    assert 0 < grey < black
    assert large == 0
