"""The results of Teach it: accuracy, confusion matrix, and comparisons with other settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from model.teaching_settings import PLANS, TeachSettings, plans
from model.variations import VARIATIONS
from viz_app import cached, state
from viz_app.draw import teaching as drawn
from viz_app.draw.training import CONFUSION_AXES, confusion
from viz_app.widgets.show import chart

if TYPE_CHECKING:
    from model.last_layers import Taught


def results(taught: Taught, used: cached.Examples, settings: TeachSettings) -> None:
    """Show what was learned from these examples, and on request what other settings would have given."""
    last = taught.history[-1]
    varied = settings.variations != "none"
    learned = "the training photos and their variations" if varied else "the training photos"
    curves, matrix = st.columns(2, gap="large")
    with curves:
        st.markdown(
            f"**{last.validation_accuracy:.0%} accuracy** on the validation photos, every fifth of each "
            f"class, from which it has not learned. On {learned}: {last.accuracy:.0%}."
        )
        chart(drawn.history(taught.history), "teach_curves", "Accuracy of training and validation by step")
    with matrix:
        if taught.confusion is not None:
            chart(
                confusion(taught.confusion, taught.classes),
                "teach_confusion",
                "How often validation photos of each class were given each class, in percent",
            )
            st.caption(CONFUSION_AXES)
    compared = st.expander("Which layers transfer best?", key="teach_layers", on_change="rerun")
    if compared.open:
        with compared:
            _plans(used, settings)
    compared = st.expander("Do variations help?", key="teach_compared", on_change="rerun")
    if compared.open:
        with compared:
            _variations(used, settings)


def _plans(used: cached.Examples, settings: TeachSettings) -> None:
    """Teach the same classes in every way, and compare."""
    different = {}
    for plan in plans(state.teaching.base().data):
        layer, first, title = PLANS[plan]
        different[title] = replace(settings, layer=layer, first=first)
    _compared("what is trained", used, different)


def _variations(used: cached.Examples, settings: TeachSettings) -> None:
    """Teach the same classes with and without variations, and compare."""
    different = {VARIATIONS[one][0]: replace(settings, variations=one) for one in VARIATIONS}
    _compared("variations", used, different)
    st.caption(
        "All are measured on the same validation photos, as they are. Where few photos are for validation, a "
        "difference of one photo can be chance: give more photos before you conclude anything."
    )


def _compared(what: str, used: cached.Examples, different: dict[str, TeachSettings]) -> None:
    """Show what the network learns of the same classes with different settings."""
    rows = []
    for title, settings in different.items():
        other = cached.taught(used, state.teaching.base(), settings)
        step = other.history[-1]
        rows.append(
            {
                what: title,
                "features": other.weight.shape[1],
                "accuracy, training": 100 * step.accuracy,
                "accuracy, validation": 100 * step.validation_accuracy,
                "loss, validation": step.validation_loss,
            }
        )
    column = st.column_config.NumberColumn
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "features": column(format="localized"),
            "accuracy, training": column(format="%.0f %%"),
            "accuracy, validation": column(format="%.0f %%"),
            "loss, validation": column(format="%.4f"),
        },
    )
