"""An invisible component that listens to the keyboard and to clickers during a lesson."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from viz_app.components.scripts import script

_keys = st.components.v2.component("lesson", html="<div></div>", js=script("replaced", "lesson"))


def lesson_keys(stop: str, highlight: str, on_key: Callable[[str], None]) -> None:
    """Listen to keys, and scroll to what a new stop speaks of.

    Args:
        stop: names the stop, so that a new one is noticed.
        highlight: key of the element to scroll to, or "".
        on_key: called with "next", "back" or a digit.
    """
    with st.container(key="lesson_keys"):
        _keys(
            key="lesson_keys_component",
            data={"stop": stop, "highlight": highlight},
            on_key_change=lambda: on_key(str(st.session_state["lesson_keys_component"]["key"])),
        )
