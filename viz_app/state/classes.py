"""The part of this session in a class: a teacher who shows pages, or a student who follows.

The code of the class is in the address. The teacher's secret is only in the session: an address with the
secret makes a session the teacher's, and loses the secret at once, so that no projector shows it.
"""

from __future__ import annotations

import time

import streamlit as st

from viz_app import address
from viz_app.classroom import Seen, UnknownClassError, View, classrooms, normal
from viz_app.state import lesson, tab
from viz_app.store import new_key

LATE = 10.0  # seconds in which a busy browser may still send something from the page that was left
NOT_SHOWN = ("lessons", "classes")  # pages for the teacher: meanwhile the class keeps what it sees


def settle() -> None:
    """Read from the address which class this session belongs to. Call this on every run, first of all."""
    rooms, secret = classrooms(), address.taken("secret")
    codes = {normal(text) for text in (address.asked("class"), st.session_state.get("class")) if text}
    known = {code: code for code in codes if rooms.exists(code)}
    before = st.session_state.get("class")
    if before and before not in known:
        st.session_state["class_ended"] = before
    now = address.settle("class", {"": "", **known}, "", vain=_no_class)
    if secret and rooms.is_teacher(now, secret):
        st.session_state["class_secret"] = secret
    if now != before:
        follow()
    if now:
        st.session_state.pop("class_ended", None)


def _no_class(text: str) -> str:
    return str(UnknownClassError(normal(text))).removesuffix(".")


def choice() -> dict[str, str]:
    """Return this session's class as a choice in an address; {} without a class."""
    return {"class": code()} if code() else {}


def code() -> str:
    """Return the code of this session's class, or ""."""
    return st.session_state.get("class", "")


def is_teacher() -> bool:
    """Return whether this session is the teacher of its class."""
    return bool(code()) and classrooms().is_teacher(code(), secret())


def secret() -> str:
    """Return the secret of this session's class if it is the teacher, else ""."""
    return st.session_state.get("class_secret", "")


def student() -> str:
    """Return a random id by which this session is counted in its class."""
    return st.session_state.setdefault("class_student", new_key())


def ended() -> str:
    """Return the code of a class that has ended while this session was in it, or ""."""
    return st.session_state.get("class_ended", "")


def open_class(first: str) -> None:
    """Open a class, which sees the page `first` until the teacher shows another. Only for callbacks."""
    opened, token = classrooms().open(View(first), lesson.own_text())
    st.session_state.update({"class": opened, "class_secret": token})
    st.session_state.pop("class_ended", None)


def end() -> None:
    """End the class of this teacher. Call this only from a callback."""
    classrooms().close(code(), secret())
    st.session_state["class"] = ""
    st.session_state.pop("class_secret", None)


def join(other: str) -> None:
    """Join the class of a code as a student."""
    st.session_state["class"] = normal(other)
    follow()


def leave() -> None:
    """Leave the class, and stay on the page. Call this only from a callback."""
    st.session_state["class"] = ""


def follows() -> bool:
    """Return whether this student follows the teacher, and does not explore alone."""
    return bool(code()) and not is_teacher() and st.session_state.get("follows", True)


def follow() -> None:
    """Follow the teacher from now on."""
    st.session_state["follows"] = True
    st.session_state.pop("class_place", None)


def explore() -> None:
    """Stop following, but stay in the class. Call this only from a callback."""
    st.session_state["follows"] = False


def seen() -> Seen | None:
    """Return what the teacher of this session's class shows, or None without a class."""
    try:
        return classrooms().look(code(), "" if is_teacher() else student()) if code() else None
    except UnknownClassError:
        return None


def version() -> int:
    """Return the version of the teacher's view that this student sees; 0 before the first."""
    return st.session_state.get("class_version", 0)


def next_view(here: str) -> View | None:
    """Return what the teacher shows now if this student follows and does not see it yet.

    A student who has opened another page than the teacher's explores alone from then on.

    Args:
        here: the page on screen.
    """
    now = seen()
    # Before the tab has answered, a teacher who has reloaded the page looks like a student.
    if now is None or not follows() or not tab.has_answered():
        return None
    if now.own_lesson:
        lesson.bring(now.own_lesson)
    view = now.view
    if view.answered:
        lesson.show_answer_of(view.lesson, view.stop)
    st.session_state["class_version"] = now.version
    place = (view.page, view.choices)
    if place != st.session_state.get("class_place"):
        st.session_state.update({"class_place": place, "class_left": (here, time.monotonic())})
        return view
    if here == view.page:
        return None
    if _is_late(here):
        return view
    explore()
    return None


def _is_late(here: str) -> bool:
    """Return whether the browser has not noticed yet that this student was led to another page.

    What it has sent from the page before, such as the answer of a component, then looks like a student who
    has gone back to that page.
    """
    left, since = st.session_state["class_left"]
    return here == left and time.monotonic() - since < LATE and not address.is_back_or_forward()


def publish() -> None:
    """Show the class what the teacher sees. Call this when a page, or a part of it, has been drawn."""
    here = address.page()
    if here in NOT_SHOWN or not is_teacher():
        return
    choices = address.written()
    choices.pop("class", None)
    name = lesson.name()
    stop, is_answered = (lesson.number(), lesson.is_answer_shown()) if name else (0, False)
    view = View(here, tuple(choices.items()), name, stop, is_answered)
    classrooms().show(code(), secret(), view, lesson.own_text())


def send_answer() -> None:
    """Send this student's answer to the stop's question to the teacher. Call this only from a callback."""
    if code() and not is_teacher() and classrooms().exists(code()):
        given = lesson.given_answer()
        classrooms().answer(code(), student(), lesson.name(), lesson.number(), given)


def counts() -> dict[str, int]:
    """Return how often each answer to the stop's question was given, for the teacher; {} for all others."""
    if not is_teacher():
        return {}
    return dict(classrooms().counts(code(), secret(), lesson.name(), lesson.number()))
