"""The texts that explain what a page shows, and the handouts of lessons."""

from functools import lru_cache
from pathlib import Path

from viz_app.handout.lesson import lesson_html
from viz_app.lessons.schema import Lesson

TEXT = Path(__file__).parents[1] / "text"


def text(name: str) -> str:
    """Return the text viz_app/text/<name>.md. It is read each time, so that a teacher may edit it."""
    return (TEXT / f"{name}.md").read_text("utf-8")


def lesson_handout(lesson: Lesson) -> bytes:
    """Return the handout of a lesson as a self-contained HTML file."""
    return _handout(lesson.model_dump_json())


@lru_cache(maxsize=32)
def _handout(lesson: str) -> bytes:
    return lesson_html(Lesson.model_validate_json(lesson)).encode()
