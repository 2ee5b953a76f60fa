"""The page Attribution methods explains every method, with heat maps and links."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from model import METHODS, classify, explain
from model.attribution.checks import rank_correlation

from .apps import healthy, open_page, opened, texts


@pytest.fixture
def app() -> AppTest:
    return opened("methods")


def choose(app: AppTest, name: str) -> AppTest:
    app.button_group(key="method").set_value(name).run()
    assert healthy(app)
    return app


def links(app: AppTest) -> list[str]:
    """Return the targets of the links on the page, with their query strings."""
    return [f"{link.proto.page}?{link.proto.query_string}" for link in app.get("page_link")]


def test_the_table_lists_all_methods(app):
    table = app.dataframe[0].value
    for (_, row), method in zip(table.iterrows(), METHODS.values(), strict=True):
        assert row["method"] == method.title
        assert (row["layer"] == "yes") == method.needs_layer
        assert (row["class"] == "yes") == method.class_discriminative
        assert (row["signed"] == "yes") == method.signed
        assert row["cost"] == method.cost
        assert method.paper.startswith(f"{row['paper']}, ")
        assert row["paper"][-4:].isdigit()  # ends in a year


@pytest.mark.parametrize("name", METHODS)
def test_every_method_is_explained_in_full(app, name):
    method = METHODS[name]
    shown = texts(choose(app, name))
    for words in (method.title, method.meaning, method.explanation, method.caveat, method.paper):
        assert words.strip() in shown
    assert method.formula in "\n".join(latex.value for latex in app.latex)
    if method.parameters:
        table = app.table[0].value
        assert list(table["name"]) == [parameter.name for parameter in method.parameters]
        for column, fact in (("default", "usual"), ("allowed", "allowed")):
            assert list(table[column]) == [getattr(p, fact) for p in method.parameters]


def test_heat_maps_of_the_two_most_probable_classes_are_compared(app, network, photo):
    choose(app, "guided-backprop")
    first, second = classify(network, photo).top(2)
    captions = [image.captions[0] for image in app.image]
    assert captions == [f"for {p.label}, {p.probability:.1%}" for p in (first, second)]
    x = network.prepare(photo)
    maps = [explain(network, x, "guided-backprop", p.class_index).values for p in (first, second)]
    # The text names this failure: both heat maps are the same, except for their scale.
    assert rank_correlation(*maps) > 0.95
    assert f"**{rank_correlation(*maps):.2f}**" in texts(app)


def test_slow_methods_start_only_when_asked_for(app):
    choose(app, "occlusion")
    assert not app.image
    assert app.toggle(key="show-occlusion").value is False


def test_a_link_opens_a_method_and_attribution_and_this_page_link_to_each_other():
    app = opened("methods", method="Layer-CAM")
    assert METHODS["layer-cam"].explanation.strip() in texts(app)
    assert "explain?methods=layer-cam" in links(app)
    open_page(app, "explain")
    assert "methods?method=grad-cam" in links(app)
