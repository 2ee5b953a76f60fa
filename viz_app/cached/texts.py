"""The explanations that stand on the pages."""

from pathlib import Path

import streamlit as st

TEXT = Path(__file__).parents[1] / "text"


@st.cache_data
def text(name: str) -> str:
    """An explanation from viz_app/text, which a teacher may edit."""
    return (TEXT / f"{name}.md").read_text("utf-8")
