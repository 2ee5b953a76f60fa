"""The address at which browsers ask what is new in their class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from viz_app import class_route
from viz_app.classroom import Classrooms, View


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Classrooms:
    made = Classrooms()
    monkeypatch.setattr(class_route, "classrooms", lambda: made)
    return made


def ask(code: str, **query: str) -> tuple[int, Mapping[str, Any]]:
    """Return status and content of the answer to a browser."""
    scope = {"type": "http", "path_params": {"code": code}, "query_string": urlencode(query).encode()}
    answer = class_route.whats_new(Request(scope))
    return answer.status_code, json.loads(bytes(answer.body))


def test_an_unknown_class_has_ended(rooms):
    assert ask("BCDF") == (404, {"ended": True})


def test_students_are_counted_once_and_the_teacher_is_not(rooms):
    code, secret = rooms.open(View("filters"))
    for _ in range(3):
        ask(code, student="one")
    ask(code, student="two")
    assert ask(code, secret=secret)[1]["present"] == 2


def test_the_version_changes_with_what_the_teacher_shows(rooms):
    code, secret = rooms.open(View("filters"))
    before = ask(code, student="one")[1]["version"]
    rooms.show(code, "guessed", View("cell"))
    assert ask(code, student="one")[1]["version"] == before
    rooms.show(code, secret, View("cell"))
    assert ask(code, student="one")[1]["version"] > before


def test_only_the_teacher_learns_how_many_have_answered(rooms):
    code, secret = rooms.open(View("filters", lesson="shapes", stop=1))
    rooms.answer(code, "one", "shapes", 1, "363")
    rooms.answer(code, "two", "shapes", 1, "121")
    assert ask(code, secret=secret)[1]["answers"] == 2
    assert ask(code, secret="guessed")[1]["answers"] == 0
    assert ask(code, student="one")[1]["answers"] == 0
