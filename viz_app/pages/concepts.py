"""The page Concepts: the ideas in AlexNet, each with a short text and a live figure."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from model.claims.statements import claims
from model.concepts import Concept, concepts
from viz_app import address
from viz_app.widgets.evidence import run_test
from viz_app.widgets.run import part
from viz_app.widgets.show import background, heading

heading("Concepts", "The ideas in AlexNet, each with a live figure of your photo and network.")

FOLDER = Path(__file__).parent


@part
def one_concept() -> None:
    known = concepts()
    titles = {name: concept.title for name, concept in known.items()}
    name = st.pills(
        "Concept",
        list(titles),
        format_func=titles.__getitem__,
        required=True,
        label_visibility="collapsed",
        **address.kept("concept", titles, next(iter(titles))),
    )
    concept = known[name]
    text, figure = st.columns([2, 3], gap="large") if concept.tests else (st.container(), None)
    with text, st.container(key="concept_text"):
        _explain(concept)
    if figure:
        with figure, st.container(key="concept_figure"):
            _figure(concept)
    background("concepts")


def _explain(concept: Concept) -> None:
    st.subheader(concept.title, anchor=False)
    st.markdown(concept.text)
    sources = [f"[{one.title}]({one.link})" if one.link else one.title for one in concept.sources]
    st.caption(f"Sources: {'; '.join(sources)}.")
    with st.container(border=True, key="concept_question"):
        st.markdown(f"**{concept.ask}**")
        if st.toggle("Show the answer", key=f"concept-answer-{concept.name}"):
            st.markdown(concept.answer)
    for page, title in concept.pages.items():
        st.page_link(FOLDER / f"{page}.py", label=title, icon=":material/arrow_forward:")


def _figure(concept: Concept) -> None:
    """Show the figure of one of the concept's tests, and the claim that it is made for."""
    titles = {name: claims()[name].said.statement for name in concept.tests}
    name = concept.tests[0]
    if len(titles) > 1:
        name = st.selectbox(
            "What is tested",
            list(titles),
            format_func=lambda one: f"“{titles[one]}”",
            **address.kept("concept_test", titles, name, f"concept_test-{concept.name}"),
        )
    run_test(name)
    st.page_link(
        FOLDER / "claims.py",
        label="Is this statement true? Predict, and read the verdict",
        icon=":material/fact_check:",
        query_params={"claim": name},
    )


one_concept()
