"""A student who follows sees what the teacher shows, until the student opens another page."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from viz_app import address
from viz_app.classroom import View, classrooms
from viz_app.frame.navigation import PAGES
from viz_app.state import classes

from ..patience import patience
from .apps import MAIN, healthy, open_page

HEADINGS = {entry.file: entry.heading for entry in PAGES}


@pytest.fixture
def student() -> AppTest:
    """Return the session of a student who has joined on the front page; the teacher shows the filters."""
    code, _ = classrooms().open(View("filters"))
    app = AppTest.from_file(str(MAIN), default_timeout=patience())
    app.query_params["class"] = code
    app.session_state["tab_has_answered"] = True
    return app.run()


def page(app: AppTest) -> str:
    assert healthy(app)
    return app.title[0].value


def follows(app: AppTest) -> bool:
    return app.session_state["follows"]


def test_a_student_is_led_to_what_the_teacher_shows(student):
    assert page(student) == HEADINGS["filters"]
    assert follows(student)


def test_what_the_browser_sends_late_from_the_page_before_does_not_end_following(student):
    open_page(student, "overview")
    assert page(student) == HEADINGS["filters"]
    assert follows(student)


def test_a_student_who_opens_another_page_explores_alone(student):
    open_page(student, "health")
    assert page(student) == HEADINGS["health"]
    assert not follows(student)


def test_a_student_who_goes_back_explores_alone(student, monkeypatch):
    monkeypatch.setattr(address, "is_back_or_forward", lambda: True)
    open_page(student, "overview")
    assert page(student) == HEADINGS["overview"]
    assert not follows(student)


def test_a_student_who_returns_later_explores_alone(student, monkeypatch):
    monkeypatch.setattr(classes, "LATE", 0.0)
    open_page(student, "overview")
    assert page(student) == HEADINGS["overview"]
    assert not follows(student)
