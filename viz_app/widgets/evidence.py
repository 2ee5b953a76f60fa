"""Show the test of a claim: its settings, what it finds, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, assert_never

import numpy as np
import pandas as pd
import streamlit as st

from model.errors import UserError
from model.question import Setting
from viz_app import cached, state
from viz_app.draw import evidence as drawn
from viz_app.widgets.choose import choose_setting
from viz_app.widgets.show import chart, picture

if TYPE_CHECKING:
    from model.claims.evidence import Evidence, Figure

IN_A_ROW = 2  # settings side by side


def run_test(claim: str) -> Evidence | None:
    """Show the settings of a claim's test, run it, and show what it finds.

    Returns:
        None if the network has not what the claim is about; then a sentence says so.
    """
    settings = _settings(claim)
    try:
        found = cached.claim_evidence(state.photo(), state.network(), claim, settings)
    except UserError as error:  # what stands beside the test stays
        st.info(str(error), icon=":material/info:")
        return None
    st.markdown(found.finding)
    if not found.confirms:
        st.warning("With this photo, network and settings, the test does not show what the verdict says.")
    for number, figure in enumerate(found.figures):
        _show(figure, f"evidence-{claim}-{number}")
    return found


def _settings(claim: str) -> tuple[tuple[str, Setting], ...]:
    parameters = cached.claim_parameters(claim)
    chosen = []
    for first in range(0, len(parameters), IN_A_ROW):
        row = parameters[first : first + IN_A_ROW]
        for parameter, place in zip(row, st.columns(len(row)), strict=True):
            with place:
                chosen.append((parameter.name, choose_setting(claim, parameter)))
    return tuple(chosen)


def _show(figure: Figure, key: str) -> None:
    from model.claims.evidence import Bars, Lines, Maps, Pictures, Table

    match figure:
        case Bars():
            chart(drawn.bars(figure), key, figure.caption)
        case Lines():
            chart(drawn.lines(figure), key, figure.caption)
        case Table():
            rows = pd.DataFrame(figure.rows, columns=figure.columns)
            # Unlike a dataframe, a table breaks long texts into lines, so that none is cut.
            st.table(rows.style.format(drawn.cell), hide_index=True, border="horizontal", alt=figure.caption)
        case Maps():
            _side_by_side(drawn.maps(figure))
        case Pictures():
            _side_by_side(figure.pictures)
        case _:
            assert_never(figure)
    st.caption(figure.caption)


def _side_by_side(shown: Mapping[str, np.ndarray]) -> None:
    for column, (name, pixels) in zip(st.columns(len(shown), gap="small"), shown.items(), strict=True):
        with column:
            picture(pixels, name, name)
