"""The page Quiz: answer questions about the network and the photo, and read the worked answers."""

from __future__ import annotations

import streamlit as st

from model.quiz import LEVELS, NUMBERS, SEEDS, Asked
from viz_app import address, cached, state
from viz_app.widgets.run import part
from viz_app.widgets.show import background, heading, picture

LARGE = 260  # pixels: side of one or two pictures
SMALL = 132  # pixels: side of more pictures, so that two beside each other fit on a phone
PRESENTED = 200  # pixels: side of more pictures in the presenter view

heading("Quiz", "Answer questions about this network and your photo, and read how the answer is worked out.")


@part
def quiz() -> None:
    level = st.segmented_control(
        "Level",
        list(LEVELS),
        format_func=LEVELS.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=lambda: state.quiz.show(1),
        **address.kept("quiz_level", LEVELS, "easy"),
    )
    seed = address.settle("quiz_seed", SEEDS, 1)
    number = address.settle("question", NUMBERS, 1)
    asked = cached.quiz_question(state.photo(), state.network(), level, seed, number)
    name = state.quiz.name(level, seed, number)
    with st.container(border=True, key="asked"):
        _ask(asked, name, number)
    if (given := state.quiz.given(name)) is not None:
        with st.container(border=True, key="worked"):
            _answer(asked, given, number)
    _score(seed)
    background("quiz")


def _ask(asked: Asked, name: str, number: int) -> None:
    """Show a question with its pictures, its choices and the button that checks the answer."""
    st.caption(f"Question {number}: {asked.kind}")
    st.markdown(asked.text)
    several = PRESENTED if state.presenter() else SMALL
    width = several if len(asked.pictures) > 2 else LARGE
    with st.container(horizontal=True, gap="small", key="quiz_pictures"):
        for pixels, caption in zip(asked.pictures, asked.captions, strict=True):
            picture(pixels, caption, caption, width)
    if (given := state.quiz.given(name)) is not None:
        st.markdown(_marked(asked, given))
        return
    chosen = st.radio(
        "Your answer",
        range(len(asked.choices)),
        format_func=asked.choices.__getitem__,
        index=None,
        key=f"answer-{name}",
        persist_state="session",
    )
    if chosen is None:
        st.caption("Choose an answer. Then you can check it.")
        return
    st.button(
        "Check",
        key="check",
        type="primary",
        icon=":material/check:",
        on_click=state.quiz.give,
        args=(name, chosen, asked.answer),
    )


def _marked(asked: Asked, given: int) -> str:
    """Return the choices as a list that marks the right one and the given one."""
    lines = []
    for place, choice in enumerate(asked.choices):
        text = f"**{choice}**" if place == asked.answer else choice
        marks = ["right"] * (place == asked.answer) + ["your answer"] * (place == given)
        lines.append(f"- {text} ({', and '.join(marks)})" if marks else f"- {text}")
    return "\n".join(lines)


def _answer(asked: Asked, given: int, number: int) -> None:
    """Say whether the answer was right, show how it is worked out, and the way to the next question."""
    if given == asked.answer:
        st.success("Your answer is right.", icon=":material/check_circle:")
    else:
        st.warning("Your answer is not right.", icon=":material/lightbulb:")
    st.markdown(asked.worked)
    if number + 1 in NUMBERS:
        st.button(
            "Next question",
            key="next_question",
            type="primary",
            icon=":material/arrow_forward:",
            on_click=state.quiz.show,
            args=(number + 1,),
        )


def _score(seed: int) -> None:
    """Show the score of this session, and the way to other questions."""
    score = state.quiz.score()
    with st.container(horizontal=True, vertical_alignment="center", key="quiz_score"):
        if score.answered:
            st.markdown(f"**{score.right} of {score.answered}** right in this session", width="content")
        st.button(
            "New questions", key="new_questions", icon=":material/casino:", on_click=state.quiz.draw_seed
        )
    st.caption(
        f"These are the questions with seed {seed}. Everyone who opens the link to this page gets the same "
        "ones. Questions about a photo are the same if the photo is the same, too."
    )


quiz()
