"""A line that says how many students are in the class, and that notices what is new in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import streamlit as st

from viz_app.components.scripts import script

_follow = st.components.v2.component(
    "follow",
    html='<span class="present" aria-live="off"></span>',
    css=".present { font-family: var(--st-font); color: var(--st-text-color); }",
    js=script("replaced", "follow"),
)


@dataclass(frozen=True)
class Membership:
    """What a browser needs to know to ask for news of its class.

    Attributes:
        student: random id by which the browser is counted.
        secret: of the class if this is the teacher's browser, else "".
        version: of the teacher's view that is on screen.
        answers: number of answers that are on screen.
    """

    code: str
    student: str
    secret: str
    version: int
    answers: int
    teaches: bool
    follows: bool


def follow(member: Membership) -> None:
    """Show how many students are there. When something in the class has changed, the page runs again."""
    # The callback only declares the trigger: the rerun itself shows what is new.
    _follow(key="follow_component", data=asdict(member), on_news_change=lambda: None)
