"""Draw the bar above every page: the app's name, the pages in groups, a search, the presenter view."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from viz_app import state
from viz_app.components import bar
from viz_app.frame.navigation import APP, NAVIGATION, PAGES


def show(pages: dict[str, StreamlitPage], here: str) -> None:
    """Draw the bar, and the hidden links by which it leads to the pages.

    Args:
        pages: all pages by file name, as in `PAGES`.
        here: file name of the page on screen.
    """
    with st.container(key="bar"):
        bar(
            {
                "name": APP,
                "home": PAGES[0].file,
                "here": here,
                "presenter": state.presenter(),
                "groups": [asdict(group) for group in NAVIGATION],
            },
            key="pages",
            on_presenter=state.set_presenter,
        )
    with st.container(key="links"):  # hidden; the bar clicks on them
        for file, page in pages.items():
            with st.container(key=f"link-{file}"):
                st.page_link(page)
