"""Write the sentences about mistakes in a lesson file: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from viz_app.lessons.schema import Lesson, Question, Stop

_MEANING = {
    "title": "a few words",
    "minutes": "a whole number, such as 20",
    "summary": "a sentence that says what one learns",
    "stops": "a list in which every stop begins with '- title:'",
    "page": "the page's name in its address, such as filters",
    "state": "lines such as 'layer: conv1', each further to the right than 'state:'",
    "text": "what to look at, in a few sentences",
    "highlight": "the key of an element of the page",
    "question": "the lines 'ask:', 'answer:' and, if you like, 'choices:' and 'because:'",
    "ask": "the question",
    "choices": "a list of two to six answers, each on a line that begins with '- '",
    "answer": "the right answer",
    "because": "why it is right",
}
_YAML = {  # PyYAML's words -> ours
    "mapping values are not allowed here": "A second ': ' in one line. Put the whole text between "
    "quotation marks, or write '|' and put the text on the next lines, further to the right.",
    "found character '\\t' that cannot start any token": "A tab. Use spaces to move a line to the right.",
    "found unexpected end of stream": "A quotation mark is opened here and never closed.",
    "could not find expected ':'": "A ':' is missing on this line or the line before it. If this line goes "
    "on with a text, move it as far to the right as the text's first line.",
    "expected a single document in the stream": "A line '---' begins a second file here. Delete it.",
}


def place(place: tuple[str | int, ...]) -> str:
    """Return a place in words: ("stops", 2, "question", "choices", 0) -> "stop 3, question, choice 1"."""
    words: list[str] = []
    for part in place:
        if isinstance(part, int) and words:
            words[-1] = f"{words[-1].removesuffix('s')} {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words)


def of_yaml(context: str, problem: str) -> str:
    """Return what is wrong with a text that is no YAML.

    Args:
        context, problem: what PyYAML says it was doing, and what it met.
    """
    for theirs, ours in _YAML.items():
        if problem.startswith(theirs) or context.startswith(theirs):
            return ours
    return (
        f"YAML cannot read this ({problem}). Most often a line here, or just above, does not begin below its "
        "neighbours, or a quotation mark is not closed."
    )


def of_schema(error: Mapping[str, Any], place: tuple[str | int, ...]) -> str:
    """Return what is wrong with a field, given pydantic's error."""
    kind, limits = error["type"], error.get("ctx", {})
    field = next((part for part in reversed(place) if isinstance(part, str)), "")
    meaning = _MEANING.get(field, "text")
    if kind == "missing":
        return f'"{field}" is missing. Add a line "{field}:" with {meaning}.'
    if kind == "extra_forbidden":
        return _unknown_field(field, place)
    if kind == "value_error":
        return str(limits["error"]).capitalize() + "."
    if kind in ("int_parsing", "int_type"):
        return f'"{error["input"]}" is not a whole number. Write {meaning}.'
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{error['input']} is out of range: from {1} to {300}."
    if kind == "string_too_long":
        return f"Longer than {limits['max_length']:,} characters. Shorten it."
    if kind == "string_pattern_mismatch":
        return f'"{error["input"]}" holds a character that no name has. Write {meaning}.'
    if kind == "too_long":
        return f"More than {limits['max_length']} entries. Delete some."
    return f"{_given(error['input'])} where {meaning} should stand."


def _given(value: object) -> str:
    if isinstance(value, dict):
        return "There are lines with names and values"
    if isinstance(value, list):
        return "There is a list" if value else "There is an empty list"
    return "There is nothing" if value == "" else "There is text"


def _unknown_field(field: str, place: tuple[str | int, ...]) -> str:
    part: type[Lesson] | type[Stop] | type[Question]
    part, noun = (Lesson, "a lesson") if len(place) == 1 else (Stop, "a stop")
    if "question" in place[:-1]:
        part, noun = Question, "a question"
    return f'"{field}" is no field of {noun}.{did_you_mean(field, part.model_fields)}'


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the nearest of some names, or with all of them."""
    known = list(known)
    near = get_close_matches(name, known, 1)
    return f' Did you mean "{near[0]}"?' if near else f" There are: {', '.join(known)}."
