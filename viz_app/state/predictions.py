"""What this session has predicted about claims."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from viz_app.tally import tally

KEY = "predictions"


def predictions() -> Mapping[str, str]:
    """Return the predicted answers by the claims' names."""
    return st.session_state.get(KEY, {})


def predict(claim: str, answer: str) -> None:
    """Keep a prediction, and count it if it is the first about this claim. Only for callbacks."""
    known = st.session_state.setdefault(KEY, {})
    if claim not in known:
        tally().add(claim, answer)
    known[claim] = answer
