"""The page Attribution methods: what each method asks, how it works, and how it can mislead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from model.question import Question
from viz_app import address, cached, state
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
    titles = {name: method.title for name, method in known.items()}
    chosen = st.pills(
        "Choose a method", list(titles), format_func=titles.__getitem__, **address.kept("method", titles)
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
            "layer": column.TextColumn("uses a layer", width=104),
            "class": column.TextColumn(
                "about the target",
                width=104,
                help="Whether the heat map is meant to depend on the target, not on the photo alone.",
            ),
            "signed": column.TextColumn(
                "for and against", width=104, help="Whether negative values are evidence against the target."
            ),
            "cost": column.TextColumn(width=104),
        },
        alt="All methods with their properties, their cost and their papers",
    )


def _take_row(names: list[str]) -> None:
    """Choose the method in whose row the user has clicked."""
    if cells := st.session_state["all_methods"]["selection"]["cells"]:
        state.choose("method", names[cells[0][0]])


def _words(method: Method) -> None:
    st.subheader(method.title, anchor=False)
    st.markdown(method.meaning)
    st.latex(method.formula)
    st.markdown(method.explanation)
    st.warning(f"**Caution:** {method.caveat}", icon=":material/warning:")
    if method.parameters:
        st.table(tables.parameter_table(method), border="horizontal", hide_index=True)
    st.caption(method.paper)


def _maps(method: Method) -> None:
    """Show heat maps for the two most probable classes, to see whether they depend on the target."""
    photo, network = state.photo(), state.network()
    st.page_link(
        Path(__file__).with_name("explain.py"),
        label="Try it with other classes, layers and settings",
        icon=":material/center_focus_strong:",
        query_params={"methods": method.name},
    )
    usual = cached.complete(network, Question(method.name, target=0))
    if cached.is_slow(network, usual) and not st.toggle(
        "Show heat maps: takes some seconds", **address.kept("show_maps", key=f"show-{method.name}")
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
            f"{method.title} heat map for {prediction.label} over the photo",
            f"for {prediction.label}, {prediction.probability:.1%}",
        )
    if len(found) < 2:
        return
    st.markdown(
        f"The rank correlation of the two heat maps is **{cached.agreement(*found):.2f}**: 1 means that they "
        "rank all places alike, 0 that they have nothing in common."
    )


methods()
