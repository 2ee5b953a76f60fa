"""Every page of the navigation, with every architecture, run by Streamlit's test harness."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from model import ARCHITECTURES
from model.weights.sources import DEFAULT_ARCHITECTURE
from viz_app.frame import navigation

from ..matrix import part
from .apps import healthy, open_page, started

PAGES = {entry.file: entry for entry in navigation.PAGES}
FOLDER = Path(navigation.__file__).parents[1] / "pages"


def test_every_file_is_one_page_of_the_navigation():
    assert sorted(entry.file for entry in navigation.PAGES) == sorted(
        path.stem for path in FOLDER.glob("*.py")
    )


def test_no_two_pages_have_the_same_title_or_icon():
    for names in ({entry.title for entry in navigation.PAGES}, {entry.icon for entry in navigation.PAGES}):
        assert len(names) == len(navigation.PAGES)


def test_the_first_page_is_the_front_page(app: AppTest):
    assert app.title[0].value == navigation.PAGES[0].heading


CELLS = list(product(PAGES, ARCHITECTURES))
USUAL = [cell for cell in CELLS if cell[1] == DEFAULT_ARCHITECTURE]


@pytest.mark.parametrize(("page", "architecture"), part(CELLS, USUAL, more=16))
def test_every_page_shows_every_architecture(page: str, architecture: str):
    app = open_page(started(architecture=architecture), page)
    assert healthy(app)
    assert app.selectbox(key="architecture").value == architecture
    assert app.title[0].value == PAGES[page].heading


def test_a_choice_survives_a_change_of_page(app: AppTest):
    app.selectbox(key="picture").set_value("coffee").run()
    app.selectbox(key="architecture").set_value("caffenet").run()
    for page in PAGES:
        open_page(app, page)
        assert app.selectbox(key="picture").value == "coffee"
        assert app.selectbox(key="architecture").value == "caffenet"
