"""The address of a class, as a QR code and as text that can be corrected."""

from __future__ import annotations

import io

import segno
import streamlit as st
from streamlit import config

from viz_app import state
from viz_app.reach import base_address, class_address


def address_for_others() -> str:
    """Return the address under which other machines reach the app, or "" if there is no network."""
    return base_address(st.context.url or "", str(config.get_option("server.baseUrlPath"))) or ""


def qr_code(code: str, width: int = 360) -> None:
    """Show the address of a class as a QR code and as text. It can be corrected by hand.

    Args:
        width: of the QR code, in pixels.
    """
    base = st.text_input(
        "Address of this computer for others",
        key="reached_at",
        value=None if state.chosen("reached_at", "") else address_for_others(),
        persist_state="session",
        placeholder="http://192.168.1.7:8501",
        help="Found out from this computer's network. If the class cannot open it, write the right one here.",
    )
    if not base:
        st.info("This computer is in no network, so nobody else can open the app. Connect it, then reload.")
        return
    joined = class_address(base, code)
    code_png = io.BytesIO()
    segno.make(joined, error="m").save(code_png, kind="png", scale=12, border=3)
    st.image(code_png.getvalue(), width=width, alt=f"QR code of {joined}", output_format="PNG")
    st.code(joined, language=None, wrap_lines=True)


def other_device(code: str) -> None:
    """Show the address that makes another browser the teacher's, folded away."""
    base = state.chosen("reached_at", "")
    if base:
        with st.expander("Go on with another device", icon=":material/devices:"):
            st.caption("This address makes another browser the teacher's. Keep it to yourself.")
            secret = f"{class_address(base, code)}&secret={state.classes.secret()}"
            st.code(secret, language=None, wrap_lines=True)
