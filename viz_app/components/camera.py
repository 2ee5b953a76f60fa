"""A camera that takes photos as long as a button is held. Streamlit's own takes one at a time."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from viz_app.components.scripts import script

_camera = st.components.v2.component(
    "camera",
    html='<div class="camera"><video autoplay muted playsinline></video>'
    '<div class="row"><button class="take" disabled>Hold to take photos</button>'
    '<button class="other" hidden>Other camera</button></div><p class="told" role="status"></p></div>',
    css=Path(__file__).with_name("camera.css").read_text("utf-8"),
    js=script("replaced", "camera"),
)


def camera(*, key: str, room: int, on_taken: Callable[[list[bytes]], None]) -> None:
    """Show what the camera sees. While the button is held, it takes four photos a second.

    Args:
        room: how many photos may be taken at most.
        on_taken: called with the photos, as JPEG, when the button is released.
    """

    counted = f"{key}_got"

    def taken() -> None:
        try:
            sent = st.session_state[key]["taken"]
            up_to, photos = int(sent["upTo"]), list(sent["photos"])
        except (TypeError, ValueError, KeyError, OverflowError):  # it comes from a browser
            return
        new = max(0, up_to - st.session_state.get(counted, 0))
        st.session_state[counted] = up_to
        on_taken([photo for url in photos[-new:][:room] if new and (photo := _decoded(url))])

    _camera(key=key, data={"room": room, "got": st.session_state.get(counted, 0)}, on_taken_change=taken)


def _decoded(url: object) -> bytes:
    """Return the bytes of a data URL; none if it is not one, since it comes from a browser."""
    try:
        return base64.b64decode(str(url).partition(",")[2], validate=True)
    except ValueError:
        return b""
