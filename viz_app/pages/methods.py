"""What each attribution method asks, how it works, how it misleads, and what it says of this picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from model.question import Question
from viz_app import cached, state
from viz_app.draw import tables
from viz_app.widgets.run import attribution, part
from viz_app.widgets.show import heading, picture

if TYPE_CHECKING:
    from model.attribution import Method

heading(
    "Attribution methods",
    "What each method asks, how it is computed, and how it can mislead.",
)


@part
def methods() -> None:
    known = cached.methods()
    table = st.container()
    chosen = st.pills(
        "Choose a method",
        list(known),
        key="method",
        bind="query-params",
        format_func=lambda name: known[name].title,
    )
    with table.expander("All methods compared", expanded=chosen is None, icon=":material/table:"):
        _comparison(list(known))
    if chosen is None:
        return
    words, maps = st.columns([5, 4], gap="large")
    with words:
        _words(known[chosen])
    with maps:
        _maps(known[chosen])


def _comparison(names: list[str]) -> None:
    column = st.column_config
    st.dataframe(
        tables.method_table(cached.methods().values()),
        hide_index=True,
        height="content",
        row_height=29,
        key="all_methods",
        on_select=lambda: _take_row(names),
        selection_mode="single-cell",
        column_config={
            "method": column.TextColumn(width=178),
            "layer": column.TextColumn("looks at a layer", width=104),
            "class": column.TextColumn(
                "about the class",
                width=104,
                help="The map is meant to depend on the class, not on the picture alone. Does it?",
            ),
            "signed": column.TextColumn(
                "for and against", width=104, help="Values below zero mean something: they speak against."
            ),
            "cost": column.TextColumn(width=104),
        },
        alt="All methods: what they look at, what their maps can say, what they cost, and their papers",
    )


def _take_row(names: list[str]) -> None:
    """A click on a row chooses its method."""
    if cells := st.session_state["all_methods"]["selection"]["cells"]:
        state.choose("method", names[cells[0][0]])


def _words(method: Method) -> None:
    st.subheader(method.title, anchor=False)
    st.markdown(method.meaning)
    st.latex(method.formula)
    st.markdown(method.explanation)
    st.warning(f"**Mind:** {method.caveat}", icon=":material/warning:")
    if method.parameters:
        st.table(tables.parameter_table(method), border="horizontal", hide_index=True)
    st.caption(method.paper)


def _maps(method: Method) -> None:
    """For the two classes that the network finds likeliest, so that one sees what the class changes."""
    photo, network = state.photo(), state.network()
    st.page_link(
        Path(__file__).with_name("explain.py"),
        label="Try it with other classes, layers and settings",
        icon=":material/center_focus_strong:",
        query_params={"methods": method.title},
    )
    if method.cost == "slow" and not st.toggle(
        "Show its maps: takes some seconds", key=f"show-{method.name}"
    ):
        return
    found = []
    for prediction in cached.classification(photo, network).top(2):
        its = attribution(photo, Question(method.name, prediction.class_index))
        if its is None:
            continue
        found.append(its)
        picture(
            cached.map_over(photo, network, its, opacity=0.7),
            f"{method.title} map for {prediction.label} over the picture",
            f"for {prediction.label}, {prediction.probability:.1%}",
        )
    if len(found) < 2:
        return
    st.markdown(
        f"The two maps agree with a rank correlation of **{cached.agreement(*found):.2f}**: 1 is the same "
        "order of all places, 0 none in common."
    )


methods()
