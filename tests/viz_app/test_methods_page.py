"""The page about the methods: every entry is explained, with its maps and links, from one place."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from model import METHODS, classify, explain
from model.attribution.checks import rank_correlation

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_file(str(ROOT / "viz_app/frame/main.py"), default_timeout=120)
    return app.run().switch_page("../pages/methods.py").run()


def choose(app: AppTest, name: str) -> AppTest:
    app.button_group(key="method").set_value(name).run()
    assert not app.exception
    assert not app.error
    return app


def texts(app: AppTest) -> str:
    elements = (*app.markdown, *app.caption, *app.subheader, *app.latex, *app.warning)
    return "\n".join(str(element.value) for element in elements)


def links(app: AppTest) -> list[str]:
    """What the page links lead to, with their query strings."""
    return [f"{link.proto.page}?{link.proto.query_string}" for link in app.get("page_link")]


def test_the_table_is_that_of_the_entries(app):
    table = app.dataframe[0].value
    for (_, row), method in zip(table.iterrows(), METHODS.values(), strict=True):
        assert row["method"] == method.title
        assert (row["layer"] == "yes") == method.needs_layer
        assert (row["class"] == "yes") == method.class_discriminative
        assert (row["signed"] == "yes") == method.signed
        assert row["cost"] == method.cost
        assert method.paper.startswith(f"{row['paper']}, ")
        assert row["paper"][-4:].isdigit()  # authors and year


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
        for column, limit in (("usually", "default"), ("from", "low"), ("to", "high")):
            assert [float(v) for v in table[column]] == [getattr(p, limit) for p in method.parameters]


def test_the_maps_are_of_the_two_likeliest_classes_and_their_agreement_is_measured(app, network, photo):
    choose(app, "guided-backprop")
    first, second = classify(network, photo).top(2)
    captions = [image.captions[0] for image in app.image]
    assert captions == [f"for {p.label}, {p.probability:.1%}" for p in (first, second)]
    x = network.prepare(photo)
    maps = [explain(network, x, "guided-backprop", p.class_index).values for p in (first, second)]
    # The failure that its text names: both maps are the same, but for their scale.
    assert rank_correlation(*maps) > 0.95
    assert f"**{rank_correlation(*maps):.2f}**" in texts(app)


def test_slow_maps_wait_to_be_asked_for(app):
    choose(app, "occlusion")
    assert not app.image
    assert app.toggle(key="show-occlusion").value is False


def test_a_link_opens_a_method_and_explain_and_this_page_link_to_each_other():
    app = AppTest.from_file(str(ROOT / "viz_app/frame/main.py"), default_timeout=120)
    app.query_params["method"] = "Layer-CAM"
    app.run().switch_page("../pages/methods.py").run()
    assert METHODS["layer-cam"].explanation.strip() in texts(app)
    assert "explain?methods=Layer-CAM" in links(app)
    app.switch_page("../pages/explain.py").run()
    assert "methods?method=Grad-CAM" in links(app)
