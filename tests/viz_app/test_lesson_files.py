"""Lesson files: whatever is wrong is named with its line and what to do, and the shipped ones are right."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz_app.lessons import shelf
from viz_app.lessons.reading import LARGEST, LessonError, Mistake, read_lesson

GOOD = """\
title: One filter
minutes: 5
summary: What a single filter responds to.

stops:
  - title: Stripes
    page: filters
    state:
      picture: cat
      filter: 5
    highlight: planes
    text: |
      These are the weights of one filter.
    question:
      ask: In which direction do its stripes run?
      choices:
        - yes
        - no
      answer: no
      because: I looked.
  - title: A number
    page: cell
    state:
      layer: conv3
      channel: 383
    text: Look.
"""


def mistakes(text: str) -> list[Mistake]:
    with pytest.raises(LessonError) as error:
        read_lesson(text)
    return error.value.mistakes


def changed(line: int, new: str) -> str:
    """The good lesson with one of its lines, counted from 1, replaced."""
    lines = GOOD.splitlines()
    lines[line - 1] = new
    return "\n".join(lines)


def test_a_good_lesson_is_read_and_words_stay_words():
    lesson = read_lesson(GOOD)
    first, second = lesson.stops
    assert lesson.minutes == 5
    assert first.state == {"picture": "cat", "filter": "5"}
    assert first.question is not None
    assert first.question.choices == ("yes", "no")  # which YAML alone takes for true and false
    assert second.question is None
    assert first.text == "These are the weights of one filter."


@pytest.mark.parametrize(
    ("line", "new", "where", "says"),
    [
        (2, "minutes: five", "minutes", '"five" is not a whole number'),
        (2, "minutes: 0", "minutes", "from 1 to 300"),
        (2, "minutes: [5]", "minutes", "a whole number"),
        (2, "minute: 5", "minute", 'Did you mean "minutes"?'),
        (3, "summary:", "summary", '"summary" is missing'),
        (3, 'summary: ""', "summary", "nothing where a sentence"),
        (3, "summary: [a, b]", "summary", "a list where a sentence"),
        (1, "title: " + "x" * 301, "title", "300 characters"),
        (6, "  - titel: Stripes", "stop 1, titel", 'Did you mean "title"?'),
        (7, "    page: filter", "stop 1, page", 'no page "filter". Did you mean "filters"?'),
        (7, "    page: ../etc", "stop 1, page", "a character that no name has"),
        (9, "      picture: dog", "stop 1, state, picture", '"dog" is not possible here. There are: cat'),
        (10, "      filter: 96", "stop 1, state, filter", "a whole number from 0 to 95"),
        (10, "      filter: first", "stop 1, state, filter", "a whole number from 0 to 95"),
        (
            10,
            "      channel: 5",
            "stop 1, state, channel",
            'Nothing on the page filters is chosen by "channel"',
        ),
        (10, "      fliter: 5", "stop 1, state, fliter", 'Did you mean "filter"?'),
        (10, "      architecture: alexnet", "stop 1, state, architecture", 'no architecture "alexnet"'),
        (10, "      weights: torchvision", "stop 1, state, weights", "There are: embedded"),
        (11, "    highlight: planet", "stop 1, highlight", 'Did you mean "planes"?'),
        (11, "    highlight: a>b{}", "stop 1, highlight", "a character that no name has"),
        (13, "      ${edge.filtre} ", "stop 1, text", 'no example "${edge.filtre}"'),
        (15, "      ask:", "stop 1, question, ask", '"ask" is missing'),
        (16, "      choice:", "stop 1, question, choice", 'Did you mean "choices"?'),
        (17, "        - no", "stop 1, question", "Two choices are the same"),
        (17, "        - [a, b]", "stop 1, question, choice 1", "list"),
        (19, "      answer: perhaps", "stop 1, question", 'write one of "yes", "no"'),
        (24, "      layer: conv9", "stop 2, state, layer", '"conv9" is not possible here'),
        (25, "      channel: 384", "stop 2, state, channel", "a whole number from 0 to 383"),
    ],
)
def test_each_mistake_is_named_with_its_line_and_what_to_do(line, new, where, says):
    found = mistakes(changed(line, new))
    named = [one for one in found if one.where == where]
    assert named, found
    assert says in named[0].message
    assert named[0].line in (line, _begin_of_part(line))


def _begin_of_part(line: int) -> int:
    """What is missing, or wrong with a whole part, is named on the line where the part begins."""
    if line <= 3:
        return 1
    return 14 if 15 <= line <= 20 else line


def test_a_place_in_a_layer_without_places_does_not_exist():
    [found] = mistakes(GOOD.replace("layer: conv3", "layer: fc6").replace("channel: 383", "row: 3"))
    assert (found.line, found.where) == (25, "stop 2, state, row")
    assert 'no "row" in fc6' in found.message


def test_all_mistakes_are_named_at_once_in_the_order_of_their_lines():
    text = changed(7, "    page: nowhere").replace("conv3", "conv9")
    found = mistakes(text)
    assert [one.line for one in found] == [7, 24]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "empty"),
        ("# only a comment", 1, "empty"),
        ("just text", 1, "text where"),
        ("title: a\n\tminutes: 5", 2, "A tab"),
        ("title: a: b", 1, "quotation marks"),
        ("title: 'a\nminutes: 5", 1, "quotation mark"),
        ("title: a\n minutes: 5\nsummary: b", 2, "quotation marks"),
        ("title: a\nstops: [", 2, "YAML cannot read this"),
        ("title: a\n---\ntitle: b", 2, "'---'"),
        ("title: a\ntitle: b", 2, "a second time"),
        ("stops: &x [*x]", 1, "reference"),
        ("title: a\x00b", 1, "not text"),
        ("? [a]\n: b", 1, "has to be a word"),
        ("[" * 5000, 1, "nested too deeply"),
        ("x" * (LARGEST + 1), 1, "Split the lesson"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", 2, "reference"),
    ],
)
def test_what_is_no_yaml_is_named_too(text, line, says):
    found = mistakes(text)
    assert any(one.line == line and says in one.message for one in found), found


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text):
    try:
        read_lesson(text)
    except LessonError as error:
        assert error.mistakes
        assert all(1 <= one.line <= text.count("\n") + text.count("\r") + 2 for one in error.mistakes)


@given(st.data())
def test_no_change_of_a_good_lesson_breaks_the_reader(data):
    lines = GOOD.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        index = data.draw(st.integers(0, len(lines) - 1))
        deed = data.draw(st.sampled_from(["delete", "repeat", "indent", "dedent", "cut"]))
        line = lines[index]
        lines[index : index + 1] = {
            "delete": [],
            "repeat": [line, line],
            "indent": ["  " + line],
            "dedent": [line[2:]],
            "cut": [line[: len(line) // 2]],
        }[deed]
        if not lines:
            return
    try:
        read_lesson("\n".join(lines))
    except LessonError as error:
        assert error.mistakes


def test_messages_name_the_file():
    with pytest.raises(LessonError, match=r"^mine\.yaml, line 2, minutes: "):
        read_lesson(changed(2, "minutes: many"), "mine.yaml")


@pytest.mark.parametrize("name", shelf.names())
def test_a_shipped_lesson_has_no_mistake_and_asks_at_every_stop_or_says_why_not(name):
    lesson = shelf.lesson(name)
    assert 7 <= len(lesson.stops) <= 11
    for stop in lesson.stops:
        assert stop.highlight, stop.title
        assert stop.question, stop.title
        assert len(stop.text.split()) < 130, stop.title  # what can be read while others wait


@pytest.mark.parametrize("name", shelf.names())
def test_the_right_answer_is_not_always_in_the_same_place(name):
    asked = [stop.question for stop in shelf.lesson(name).stops if stop.question and stop.question.choices]
    places = [question.choices.index(question.answer) for question in asked]
    assert len(set(places)) > 1
    assert max(places.count(place) for place in places) <= 0.67 * len(places)


@pytest.mark.parametrize("name", shelf.names())
def test_a_shipped_lesson_states_no_probability_since_weights_change(name):
    text = re.sub(r"\$\{.*?\}", "", shelf.source(name))
    # Shares of the architecture and of the paper are the same for all weights.
    allowed = {"100 %", "96 %", "8 %", "50 %", "30 %", "0.1 %", "99 %"}
    assert set(re.findall(r"\d[\d.]* %", text)) <= allowed | {"8.1 %"}


def test_three_lessons_ship():
    assert shelf.names()[:3] == ("shapes", "filters", "believe")
    assert [shelf.lesson(name).minutes for name in shelf.names()[:3]] == [20, 20, 30]
