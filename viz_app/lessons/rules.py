"""Check that the app has what a lesson names: pages, choices on them, elements to highlight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from model.architectures import ARCHITECTURES
from model.weights.sources import DEFAULT_ARCHITECTURE
from viz_app.address.kinds import Colour, Switch
from viz_app.address.table import SETTING, choice
from viz_app.frame.navigation import PAGES
from viz_app.lessons.highlights import HIGHLIGHTS
from viz_app.lessons.options import EVERYWHERE, NOT_HERE, OF_PAGE, WITH_SETTINGS, options
from viz_app.lessons.schema import Lesson, Stop
from viz_app.lessons.wording import did_you_mean

Place = tuple[str | int, ...]

MOST_NAMED = 40  # options that a sentence lists


def broken(lesson: Lesson) -> Iterator[tuple[Place, str]]:
    """Yield what a lesson names and the app does not have: where in the lesson, and what to do."""
    for number, stop in enumerate(lesson.stops):
        for place, message in _broken_stop(stop):
            yield ("stops", number, *place), message


def _broken_stop(stop: Stop) -> Iterator[tuple[Place, str]]:
    pages = [page.file for page in PAGES]
    if stop.page not in pages:
        yield ("page",), f'There is no page "{stop.page}".{did_you_mean(stop.page, pages)}'
        return
    there = HIGHLIGHTS.get(stop.page, {})
    if stop.highlight and stop.highlight not in there:
        near = did_you_mean(stop.highlight, there) if there else ""
        yield ("highlight",), f'Nothing on the page {stop.page} is called "{stop.highlight}".{near}'
    architecture = stop.state.get("architecture", DEFAULT_ARCHITECTURE)
    if architecture not in ARCHITECTURES:  # all else depends on it
        near = did_you_mean(architecture, ARCHITECTURES)
        yield ("state", "architecture"), f'There is no architecture "{architecture}".{near}'
        return
    for name, text in stop.state.items():
        if problem := _problem(name, text, stop):
            yield ("state", name), problem


def _problem(name: str, text: str, stop: Stop) -> str:
    """Return why this cannot be chosen on the stop's page, or ""."""
    here = (*EVERYWHERE, *OF_PAGE.get(stop.page, ()))
    is_setting = stop.page in WITH_SETTINGS and SETTING.fullmatch(name)
    if name not in here and not is_setting:
        return f'Nothing on the page {stop.page} is chosen by "{name}".{did_you_mean(name, here)}'
    found = choice(name)
    assert found, f"{name} is in the table of choices"
    among = options(name, stop.page, stop.state)
    if among is NOT_HERE and not isinstance(found.kind, Switch | Colour):
        where = "" if is_setting else f" in {stop.state.get('layer', 'this layer')}"
        return f'There is no "{name}"{where}. Delete this line.'
    unknown = found.kind.read(text, among).unknown
    return f'"{", ".join(unknown)}" is not possible here.{_possible(among)}' if unknown else ""


def _possible(among: Any) -> str:
    """Return a sentence with what can be chosen, or ""."""
    match among:
        case range():
            return f" Write a whole number from {among[0]} to {among[-1]}."
        case (float() as low, float() as high):
            return f" Write a number from {low:g} to {high:g}."
        case Mapping() | Sequence() if len(among) <= MOST_NAMED:
            return f" There are: {', '.join(map(str, among))}."
        case None:
            return " Write true or false, or a colour such as ff8000."
        case Mapping():
            return " Write a class's number or its whole name."
    return ""
