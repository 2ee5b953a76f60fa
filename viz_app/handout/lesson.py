"""Make a handout of a lesson: each stop with its question and space to write, and the answers at the end."""

from __future__ import annotations

from viz_app.handout.prose import page
from viz_app.lessons.schema import Lesson


def lesson_html(lesson: Lesson) -> str:
    """Return an HTML file of a lesson."""
    return page("lesson.html", lesson=lesson)
