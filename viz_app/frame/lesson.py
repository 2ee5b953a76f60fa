"""The lesson beside the page: what to look at, the question, and the way to the next stop."""

from __future__ import annotations

import streamlit as st

from viz_app import address, cached, state
from viz_app.components.lesson import lesson_keys
from viz_app.lessons.schema import Lesson, Question, Stop

YOUR_ANSWER = "Your answer"
FRAME = "outline: 3px solid #e8590c; outline-offset: 5px; border-radius: 4px;"


def travel() -> None:
    """Open the page of the stop that a callback has asked for, with exactly its choices."""
    wanted = state.lesson.wanted()
    if wanted is None:
        return
    name, number = wanted
    found = state.lesson.named(name)
    if found is None:
        return
    place = {"lesson": name, "stop": str(number)} | state.classes.choice()
    # After the last stop, the page of the last stop stays.
    stop = found.stops[min(number, len(found.stops)) - 1]
    address.go(stop.page, dict(stop.state) | place, rest=True)


def show(here: str) -> None:
    """Draw the panel of the lesson, if there is one, and a frame around what the stop speaks of.

    Args:
        here: file name of the page on screen.
    """
    lesson = state.lesson.current()
    if lesson is None:
        return
    number, stop = state.lesson.number(), state.lesson.stop()
    with st.container(key="lesson"):
        _head(lesson, number)
        if stop is None:
            _end(lesson)
        else:
            _stop(stop, here)
        _buttons(lesson, number)
    highlight = stop.highlight if stop and here == stop.page else ""
    if highlight:
        st.html(f"<style>.st-key-{highlight} {{ {FRAME} }}</style>")
    lesson_keys(f"{state.lesson.name()} {number}", highlight, _on_key)


def _head(lesson: Lesson, number: int) -> None:
    count = len(lesson.stops)
    st.progress(min(number, count) / count)
    where = f"stop {number} of {count}" if number <= count else "the end"
    st.caption(f"{lesson.title}, {where}")


def _stop(stop: Stop, here: str) -> None:
    st.subheader(stop.title, anchor=False)
    if here != stop.page:
        st.info("This stop is about another page.", icon=":material/alt_route:")
    st.markdown(stop.text)
    if stop.question:
        _question(stop.question)


def _question(question: Question) -> None:
    is_shown, key = state.lesson.is_answer_shown(), f"answer-{state.lesson.name()}-{state.lesson.number()}"
    with st.container(border=True, key="lesson_question"):
        st.markdown(f"**{question.ask}**")
        given = state.lesson.given_answer()
        if question.choices:
            if given:  # the widget loses its choice when the stop is left; the lesson keeps it
                state.choose(key, given)
            st.radio(
                YOUR_ANSWER,
                question.choices,
                None,
                key=key,
                label_visibility="collapsed",
                disabled=is_shown,
                on_change=lambda: _answer(state.chosen(key, "")),
            )
        elif not state.classes.is_teacher():
            st.text_area(
                YOUR_ANSWER,
                given,
                key=key,
                height=80,
                disabled=is_shown,
                on_change=lambda: _answer(state.chosen(key, "")),
            )
        if is_shown:
            _right_answer(question, given)
        elif state.classes.follows():
            st.caption("Sent. You can still change it." if given else "Your answer is sent without a name.")
        else:
            st.button(
                "Show the answer", key="show_answer", on_click=state.lesson.show_answer, width="stretch"
            )
        _counts(question)


def _answer(given: str) -> None:
    state.lesson.answer(given)
    state.classes.send_answer()


def _right_answer(question: Question, given: str) -> None:
    if not question.choices:
        st.markdown(question.answer)
    elif not given:
        st.markdown(f"**{question.answer}**")
    elif given == question.answer:
        st.success(f"{question.answer}: that is right.")
    else:
        st.warning(f"The right answer is {question.answer}.")
    if question.because:
        st.markdown(question.because)


def _counts(question: Question) -> None:
    """Show the teacher how often each answer was given."""
    counts = state.classes.counts()
    if not counts:
        return
    total = sum(counts.values())
    st.caption("1 answer" if total == 1 else f"{total} answers")
    for choice in question.choices or counts:
        number = counts.get(choice, 0)
        st.progress(number / total, f"{number}: {choice}")


def _end(lesson: Lesson) -> None:
    st.subheader("That was the last stop", anchor=False)
    st.markdown(lesson.summary)
    st.download_button(
        "Save the handout",
        cached.lesson_handout(lesson),
        f"{state.lesson.name()}-lesson.html",
        "text/html",
        key="lesson_handout",
        icon=":material/print:",
        width="stretch",
        help="All stops with their questions, space to write, and the answers on the last page.",
    )


def _buttons(lesson: Lesson, number: int) -> None:
    name, is_end = state.lesson.name(), number > len(lesson.stops)
    with st.container(horizontal=True, key="lesson_buttons"):
        st.button(
            "Back",
            key="lesson_back",
            on_click=state.lesson.go_to,
            args=(name, number - 1),
            disabled=number == 1,
            width="stretch",
            icon=":material/arrow_back:",
            help="Left arrow or Page Up",
        )
        if not is_end:
            st.button(
                "Next",
                key="lesson_next",
                type="primary",
                on_click=state.lesson.go_to,
                args=(name, number + 1),
                width="stretch",
                icon=":material/arrow_forward:",
                icon_position="right",
                help="Right arrow or Page Down. With these keys, the answer is shown first.",
            )
    with st.container(horizontal=True, key="lesson_ways_out"):
        if not is_end:
            st.button(
                "Show again",
                key="lesson_again",
                on_click=state.lesson.go_to,
                args=(name, number),
                type="tertiary",
                help="Opens the page of this stop as it was at first.",
            )
        st.button("Leave the lesson", key="lesson_leave", on_click=state.lesson.leave, type="tertiary")


def _on_key(key: str) -> None:
    """Do what a key means. "next" shows the answer to a question first: a clicker has no other key."""
    lesson, number = state.lesson.current(), state.lesson.number()
    if lesson is None:
        return
    question = state.lesson.question()
    if key.isdigit():
        if question and int(key) <= len(question.choices) and not state.lesson.is_answer_shown():
            choice = question.choices[int(key) - 1]
            state.choose(f"answer-{state.lesson.name()}-{number}", choice)
            _answer(choice)
    elif key == "back":
        if number > 1:
            state.lesson.go_to(state.lesson.name(), number - 1)
    elif question and not state.lesson.is_answer_shown() and not state.classes.follows():
        state.lesson.show_answer()
    elif number <= len(lesson.stops):
        state.lesson.go_to(state.lesson.name(), number + 1)
