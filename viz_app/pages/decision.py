"""The page Path of a decision: the channels that contribute most to the score, and a test of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from viz_app import cached, state
from viz_app.draw import figures
from viz_app.widgets.choose import choose_class
from viz_app.widgets.network import path_drawing
from viz_app.widgets.run import part, wait_for
from viz_app.widgets.show import background, chart, heading

if TYPE_CHECKING:
    from model.decision import DecisionPath

ENOUGH = 9  # of ten random draws

heading(
    "Path of a decision",
    "The few channels of each layer that contribute most to the score, and the score without them.",
)


@part
def decision() -> None:
    photo, network = state.photo(), state.network()
    target = choose_class(photo)
    path = wait_for(cached.decision_path(photo, network, target), "Finding the channels that contribute most")
    if path is not None:
        path_drawing(target, path)
        _trial(path, cached.classification(photo, network).labels[target])
    background("decision")


def _trial(path: DecisionPath, label: str) -> None:
    st.subheader("Test: the score without the marked channels", anchor=False)
    trials, layers = path.trials, [trial.layer for trial in path.trials]
    kept = [trial.layer for trial in trials if trial.draws_won >= ENOUGH]
    failed = [f"{trial.layer} ({trial.draws_won})" for trial in trials if trial.draws_won < ENOUGH]
    st.markdown(
        f"In **{len(kept)} of {len(trials)} layers**, the logit of **{label}** falls further without the "
        f"marked channels than without as many others that are about as active, in at least {ENOUGH} of 10 "
        "random draws." + (f" Not in: {', '.join(failed)}." if failed else "")
    )
    picture, numbers = st.columns(2, gap="large")
    with picture:
        chart(
            figures.trials(
                layers,
                trials[0].logit,
                [trial.without[0] for trial in trials],
                [[logit for logit, _ in trial.without_others] for trial in trials],
            ),
            key="trials",
            alt=f"The logit of {label} without the marked channels and without other channels of each layer",
        )
    with numbers:
        st.markdown(f"**Probability of {label}** ({trials[0].probability:.1%} with all channels):")
        st.dataframe(_table(path), hide_index=True, height="content", alt="The test of each layer in numbers")
        st.page_link(
            "../pages/ablation.py", label="Switch channels off yourself", icon=":material/toggle_off:"
        )


def _table(path: DecisionPath) -> pd.DataFrame:
    rows = [
        {
            "layer": found.layer,
            "marked": f"{len(found.channels)} of {len(found.contributions)}",
            "share of contributions": f"{found.share:.0%}",
            "without them": f"{trial.without[1]:.1%}",
            "without others": f"{sum(p for _, p in trial.without_others) / len(trial.without_others):.1%}",
        }
        for found, trial in zip(path.carriers, path.trials, strict=True)
    ]
    return pd.DataFrame(rows)


decision()
