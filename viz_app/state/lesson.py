"""The lesson on screen: which one, which stop, and the answers given.

Lesson and stop are in the address, so a link or a reload shows the same stop. To move to a stop, callbacks
note it with `go_to`, and the frame opens its page with exactly its choices.
"""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from viz_app import address
from viz_app.lessons import shelf
from viz_app.lessons.reading import LessonError, read_lesson
from viz_app.lessons.schema import Lesson, Question, Stop

OWN = "own"
"""Name of a lesson that the teacher has brought; only this session and the teacher's class know it."""


def settle() -> None:
    """Read lesson and stop from the address. Call this on every run, before the page is drawn."""
    titles = {"": "", **{name: name for name in shelf.names()}}
    if own_text():
        titles[OWN] = "your own lesson"
    address.settle("lesson", titles, "")
    if found := current():
        address.settle("stop", range(1, len(found.stops) + 2), 1)


def name() -> str:
    """Return the name of the lesson on screen, or ""."""
    return st.session_state.get("lesson", "")


def current() -> Lesson | None:
    """Return the lesson on screen; None if there is none, or if its file has mistakes."""
    return named(name())


def named(lesson: str) -> Lesson | None:
    """Return the lesson of a name; None if there is none, or if its file has mistakes."""
    try:
        if lesson == OWN:
            return _read(own_text())
        return shelf.lesson(lesson) if lesson in shelf.names() else None
    except LessonError:
        return None


@lru_cache(maxsize=64)
def _read(text: str) -> Lesson:
    return read_lesson(text)


def number() -> int:
    """Return the number of the stop, from 1; after the last stop, one more than its number."""
    return st.session_state.get("stop", 1)


def stop() -> Stop | None:
    """Return the stop on screen; None without a lesson and after the last stop."""
    found = current()
    return found.stops[number() - 1] if found and number() <= len(found.stops) else None


def go_to(lesson: str, number: int = 1) -> None:
    """Go to a stop of a lesson on the next run."""
    st.session_state["wanted_stop"] = (lesson, number)


def leave() -> None:
    """Leave the lesson, and stay on the page. Call this only from a callback."""
    st.session_state["lesson"] = ""


def wanted() -> tuple[str, int] | None:
    """Return the lesson and the stop that `go_to` has asked for, once."""
    return st.session_state.pop("wanted_stop", None)


def own_text() -> str:
    """Return the YAML text of the teacher's own lesson, or ""."""
    return st.session_state.get("own_lesson", "")


def bring(text: str) -> None:
    """Keep the YAML text of the teacher's own lesson, which has no mistakes."""
    st.session_state["own_lesson"] = text


def _this_stop() -> tuple[str, int]:
    return name(), number()


def given_answer() -> str:
    """Return the answer that this session has given to the stop's question, or ""."""
    return st.session_state.get("answers", {}).get(_this_stop(), "")


def answer(given: str) -> None:
    """Answer the stop's question. Call this only from a callback."""
    st.session_state.setdefault("answers", {})[_this_stop()] = given


def is_answer_shown() -> bool:
    """Return whether this session has asked for the answer to the stop's question."""
    return _this_stop() in st.session_state.get("answers_shown", ())


def show_answer() -> None:
    """Show the answer to the stop's question. Call this only from a callback."""
    show_answer_of(*_this_stop())


def show_answer_of(lesson: str, number: int) -> None:
    """Show the answer to the question of a lesson's stop, now or when the stop is opened."""
    st.session_state.setdefault("answers_shown", set()).add((lesson, number))


def question() -> Question | None:
    """Return the question of the stop on screen, if it has one."""
    found = stop()
    return found.question if found else None
