"""The lessons that ship with the app. A teacher may edit their files while it runs."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from viz_app.lessons.examples import FILE as EXAMPLES
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.schema import Lesson

FOLDER = Path(__file__).parent
ORDER = ("shapes", "filters", "believe")  # any other lesson in the folder comes after these


def names() -> tuple[str, ...]:
    """Return the names of the lessons in this folder, as addresses contain them."""
    there = {path.stem for path in FOLDER.glob("*.yaml") if path != EXAMPLES}
    return (*(name for name in ORDER if name in there), *sorted(there.difference(ORDER)))


def source(name: str) -> str:
    """Return the YAML text of a lesson."""
    return (FOLDER / f"{name}.yaml").read_text("utf-8")


def lesson(name: str) -> Lesson:
    """Return a lesson that ships with the app, or that a teacher has put into this folder.

    Raises:
        LessonError: the file has mistakes.
    """
    return _read(source(name), f"{name}.yaml")


@lru_cache(maxsize=64)
def _read(text: str, name: str) -> Lesson:
    return read_lesson(text, name)
