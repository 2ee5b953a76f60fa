"""Read a lesson file: the result is a `Lesson`, or every mistake with its line and what to do about it.

YAML guesses types: `choices: [yes, no]` would become True and False, and `007` a 7. So every value is read
as the text that stands there, and the schema says which of them are numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml
from pydantic import ValidationError

from model.errors import UserError
from viz_app.lessons import rules, wording
from viz_app.lessons.examples import UnknownExampleError, filled
from viz_app.lessons.schema import Lesson

LARGEST = 200_000  # characters; the longest shipped lesson has 12,000

Place = tuple[str | int, ...]
"""Where in the file something stands: ("stops", 2, "question") is the third stop's question."""


@dataclass(frozen=True, order=True)
class Mistake:
    """Something in a lesson file that has to be changed.

    Attributes:
        line: counted from 1.
        where: in words, as in "stop 3, question".
        message: what is wrong, and what to do.
    """

    line: int
    where: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}" + (f", {self.where}" if self.where else "") + f": {self.message}"


class LessonError(UserError):
    """A lesson file has mistakes; `mistakes` are all that could be found, in the order of their lines."""

    def __init__(self, name: str, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(f"{name}, {mistake}" for mistake in self.mistakes))


def read_lesson(text: str, name: str = "The lesson", examples: Mapping[str, str] | None = None) -> Lesson:
    """Return the lesson in a YAML text.

    Args:
        name: what to call the file in error messages.
        examples: what `${...}` in the text stands for; None takes the shipped examples.

    Raises:
        LessonError: the text has mistakes.
    """
    file = _parsed(text, name)
    try:
        content = filled(file.content, examples)
    except UnknownExampleError as unknown:
        found = [file.mistake(place, what, near) for place, what, near in unknown.places]
        raise LessonError(name, found) from None
    try:
        lesson = Lesson.model_validate(content)
    except ValidationError as error:
        raise LessonError(name, _in_words(file, error)) from None
    if wrong := list(rules.broken(lesson)):
        raise LessonError(name, [file.mistake(place, message) for place, message in wrong])
    return lesson


@dataclass(frozen=True)
class _File:
    """The content of a file, and the line of each part of it."""

    text: str
    content: object
    lines: Mapping[Place, int]

    def mistake(self, place: Place, message: str, near: str = "") -> Mistake:
        """Return a mistake, on the line where its part of the file begins.

        Args:
            near: words that stand further down in that part, if its first line says too little.
        """
        known = next(place[:length] for length in range(len(place), -1, -1) if place[:length] in self.lines)
        line = self.lines[known]
        below = self.text.splitlines()[line - 1 :] if near else []
        further = next((number for number, words in enumerate(below) if near in words), 0)
        return Mistake(line + further, wording.place(place), message)


def _parsed(text: str, name: str) -> _File:
    if len(text) > LARGEST:
        found = Mistake(1, "", f"The file has more than {LARGEST:,} characters. Split the lesson in two.")
        raise LessonError(name, [found])
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        found = Mistake(_line(error), "", wording.of_yaml(error.context or "", error.problem or ""))
        raise LessonError(name, [found]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found = Mistake(line, "", "A character here is not text. Delete it, and save the file as UTF-8.")
        raise LessonError(name, [found]) from None
    except RecursionError:
        raise LessonError(name, [Mistake(1, "", "The lists are nested too deeply.")]) from None
    if root is None:
        raise LessonError(name, [Mistake(1, "", "The file is empty. Begin with a line 'title: ...'.")])
    walk = _Walk()
    content = walk.content(root, ())
    file = _File(text, content, walk.lines)
    if walk.wrong:
        raise LessonError(name, [file.mistake(place, message) for place, message in walk.wrong])
    return file


def _line(error: yaml.MarkedYAMLError) -> int:
    """Return the line to look at: where something begins that has no end, else where the reader stopped."""
    is_open = "end of stream" in (error.problem or "")
    mark = error.context_mark if is_open and error.context_mark else error.problem_mark
    return mark.line + 1 if mark else 1


class _Walk:
    """Goes through YAML's tree once, and notes values, lines and what YAML itself lets pass."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.wrong: list[tuple[Place, str]] = []
        self._seen: set[int] = set()

    def content(self, node: yaml.Node, place: Place) -> object:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return node.value
        if id(node) in self._seen:  # `*name` repeats a part, and a small file could stand for a huge one
            self.wrong.append((place, "A reference with * is not understood here. Write the text again."))
            return ""
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.content(item, (*place, number)) for number, item in enumerate(node.value)]
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.wrong.append((place, "A name before ':' has to be a word."))
                continue
            here = (*place, key.value)
            if key.value in found:
                self.lines[here] = key.start_mark.line + 1
                self.wrong.append((here, f'"{key.value}" stands here a second time. Delete one of the two.'))
            self.lines[here] = key.start_mark.line + 1
            content = self.content(value, here)
            is_empty = isinstance(value, yaml.ScalarNode) and not value.value and value.style is None
            if not is_empty:  # `question:` with nothing after it is as good as no question
                found[key.value] = content
        return found


def _in_words(file: _File, error: ValidationError) -> Iterable[Mistake]:
    errors = error.errors(include_url=False)
    places = [tuple(one["loc"]) for one in errors]
    for one, place in zip(errors, places, strict=True):
        # A list whose entries are wrong counts as empty too: one message is enough.
        if not any(other != place and other[: len(place)] == place for other in places):
            yield file.mistake(place, wording.of_schema(one, place))
