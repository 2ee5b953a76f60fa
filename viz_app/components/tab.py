"""An invisible component that keeps the id of the session in the browser's tab."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from viz_app.components.scripts import script

_tab = st.components.v2.component("tab", html="<div></div>", js=script("tab"))


def tab(key: str, *, waits: bool, on_answer: Callable[[str], None]) -> None:
    """Keep the id of this session in the browser's tab, and get the id of the session before.

    Args:
        key: the id of this session.
        waits: whether `on_answer` is called even if there was no session before.
        on_answer: called with the id of the session that the tab had before, or "".
    """
    with st.container(key="tab"):
        _tab(
            key="tab_component",
            data={"id": key, "waits": waits},
            on_answer_change=lambda: on_answer(str(st.session_state["tab_component"]["answer"] or "")),
        )
