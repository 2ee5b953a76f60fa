"""The line of a class below the bar of pages: its code, who is there, and whether this student follows."""

from __future__ import annotations

import streamlit as st

from viz_app import address, state
from viz_app.components.follow import Membership, follow
from viz_app.widgets.join import qr_code

QR_PAGE = "classes"


def catch_up(here: str) -> None:
    """Open what the teacher shows, if this session follows a class and does not see it yet.

    Args:
        here: file name of the page that is about to be drawn.
    """
    view = state.classes.next_view(here)
    if view is not None:
        address.go(view.page, dict(view.choices) | state.classes.choice(), rest=True)


@st.dialog("Join the class", width="large")
def _over_the_screen(code: str) -> None:
    """Show the QR code so large that a phone reads it from the last row."""
    qr_code(code, width=620)


def show(here: str) -> None:
    """Draw the line, if this session is in a class; say so if its class has ended.

    Args:
        here: file name of the page on screen.
    """
    if ended := state.classes.ended():
        st.info(f"The class {ended} has ended. You see this page on your own now.", icon=":material/school:")
    code = state.classes.code()
    if not code:
        return
    teaches, follows = state.classes.is_teacher(), state.classes.follows()
    counts = state.classes.counts()
    with st.container(key="class_bar", horizontal=True, vertical_alignment="center", gap="small"):
        follow(
            Membership(
                code=code,
                student=state.classes.student(),
                secret=state.classes.secret() if teaches else "",
                version=state.classes.version(),
                answers=sum(counts.values()),
                teaches=teaches,
                follows=follows,
            )
        )
        if teaches:
            if here != QR_PAGE and st.button("QR code", key="show_qr", icon=":material/qr_code_2:"):
                _over_the_screen(code)  # on that page it is there anyway
            st.button("End the class", key="end_class", on_click=state.classes.end, icon=":material/close:")
            return
        if follows:
            st.button("Explore alone", key="explore", on_click=state.classes.explore)
        else:
            st.button("Follow the teacher", key="follow", on_click=state.classes.follow, type="primary")
        st.button("Leave", key="leave_class", on_click=state.classes.leave)
