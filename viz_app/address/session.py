"""Keep the address and the choices of this browser session equal.

`arrive` reads the address when a visitor opens one: for the first time, with a link to another page, or with
the browser's buttons back and forward. Then each widget takes its choice with `kept`, as soon as its options
are known. When a page or a part of it has been drawn, the address is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from viz_app.address.asking import ask_for, quoted
from viz_app.address.kinds import NOTHING
from viz_app.address.table import CHOICES, choice
from viz_app.address.visit import Missed, Shown, Trip, current

READABLE = ":,;="  # characters that links contain unquoted
Vain = Callable[[str], str]
ON_EVERY_PAGE = ("class", "picture", "architecture", "weights")
PAGE_FILES = Path(__file__).parents[1] / "pages"


def arrive(page: str, first: str) -> None:
    """Read the address if the visitor has just opened it. Call this before any widget is drawn.

    Args:
        page: file name of the page that is about to be drawn.
        first: file name of the page that the app's own address opens.
    """
    visit = current()
    trip, visit.goes = visit.goes, None
    is_first, has_moved, is_back = visit.page is None, visit.page != page, is_back_or_forward()
    if trip and page == trip.left != trip.to and not is_back:
        # The browser has sent something before it knew that `go` is opening another page.
        visit.goes = trip
        _travel(trip)
    visit.page, visit.first, visit.drawing, visit.drawn = page, first, {}, set()
    goes = trip is not None and page == trip.to
    if is_first or is_back or (has_moved and not goes):
        visit.missed, visit.said = visit.missed[visit.said :], 0
        ask_for({name: st.query_params.get_all(name) for name in st.query_params})
    if is_back:
        visit.asked = {name: visit.asked.get(name) for name in [*visit.choices, *visit.asked]}
    visit.reset, visit.resets_next = set() if visit.resets_next else None, False


def is_back_or_forward() -> bool:
    """Return whether the browser's button back or forward has opened the page."""
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))


def kept(
    name: str, among: Any = None, default: Any = NOTHING, key: str = "", vain: Vain | None = None
) -> dict[str, Any]:
    """Return the arguments `key` and `persist_state` for the widget of a choice.

    The widget then shows the choice in the address, else the session's choice, else the default. So do not
    give the widget a default.

    Args:
        name: name of the choice in the table.
        among: what can be chosen, in the form that the kind of the choice needs.
        default: the default, if the table has none.
        key: the widget's key; "" for the name of the choice.
        vain: returns a sentence without its end that says why a value in the address cannot be chosen; "" for
            the usual sentence.
    """
    settle(name, among, default, key, vain)
    return {"key": key or name, "persist_state": "session"}


def settle(
    name: str, among: Any = None, default: Any = NOTHING, key: str = "", vain: Vain | None = None
) -> Any:
    """Return a choice that has no widget: the one in the address, else the session's, else the default."""
    found, visit = choice(name), current()
    assert found, f"{name} is in the table"
    default = deepcopy(found.default) if default is NOTHING else default
    shown = Shown(key or name, found.kind, default, among)
    visit.drawing[name] = shown
    if name in ON_EVERY_PAGE:
        visit.everywhere[name] = shown
    text = visit.asked.pop(name, NOTHING)
    is_reset = visit.reset is not None and name not in visit.reset
    if visit.reset is not None:
        visit.reset.add(name)
    value = default
    if text is NOTHING and not is_reset:
        value = _remembered(shown)
    elif text is not None and text is not NOTHING:
        value = _understood(name, text, shown, vain)
    if st.session_state.get(shown.key, NOTHING) != value:
        st.session_state[shown.key] = value
    return value


def _remembered(shown: Shown) -> Any:
    """Return the session's choice, or the part of it that can still be chosen, else the default."""
    value = st.session_state.get(shown.key, NOTHING)
    text = current().memory.pop(shown.key, None)
    if value is NOTHING and text is not None:
        value = shown.kind.read(text, shown.among).value
    if value is NOTHING or value is None:
        return shown.default
    value = shown.kind.fitting(value, shown.among)
    return shown.default if value is NOTHING else value


def _understood(name: str, text: str, shown: Shown, vain: Vain | None) -> Any:
    """Return the choice that a text in the address means, or the default if it means none."""
    reading = shown.kind.read(text, shown.among)
    value = shown.default if reading.value is NOTHING else reading.value
    for unknown in reading.unknown:
        usual = f"The address contains {quoted(name, unknown)}, which does not exist here"
        _miss((vain and vain(unknown)) or usual, shown, value)
    return value


def _miss(sentence: str, shown: Shown, value: Any) -> None:
    """Show a sentence on the page about a choice that does not exist, and name the choice shown instead."""
    title = "" if value is None else shown.kind.title(value, shown.among)
    end = f"; you see {title}." if title else "."
    current().missed.append(Missed(sentence + end, shown, shown.kind.write(value)))


@contextmanager
def part(name: str) -> Iterator[None]:
    """Draw a part of a page in the `with` block. Write the address afterwards if only this part reruns."""
    visit = current()
    outer, visit.drawing = visit.drawing, {}
    try:
        yield
        visit.shown.setdefault(visit.page or "", {})[name] = visit.drawing
        visit.drawn.add(name)
    finally:
        visit.drawing = outer
    if only_a_part_runs():
        _write()


def leave() -> None:
    """Write the choices of the page into the address. Call this when the page has been drawn."""
    visit = current()
    parts = visit.shown.setdefault(visit.page or "", {})
    parts[""] = visit.drawing
    for gone in parts.keys() - visit.drawn - {""}:
        del parts[gone]
    if visit.remembered is not None:
        visit.memory, visit.remembered = visit.remembered, None
    _write()


def missed() -> list[str]:
    """Return a sentence for each choice in the address that does not exist."""
    visit = current()
    visit.missed = [one for one in visit.missed if one.still_holds]
    visit.said = len(visit.missed)
    return list(dict.fromkeys(one.sentence for one in visit.missed))


def is_outdated() -> bool:
    """Drop the sentences that are no longer true, and return whether one of them is still on the page.

    That happens when only a part of the page has rerun: a choice has changed, but not the sentence about it.
    """
    visit = current()
    before, visit.missed = visit.missed, [one for one in visit.missed if one.still_holds]
    return only_a_part_runs() and len(visit.missed) < len(before)


def only_a_part_runs() -> bool:
    """Return whether a part of the page reruns alone."""
    return bool(getattr(get_script_run_ctx(), "fragment_ids_this_run", None))


def _write() -> None:
    now = written()
    if {name: st.query_params.get_all(name) for name in st.query_params} != {
        name: [text] for name, text in now.items()
    }:
        st.query_params.from_dict(now)


def written() -> dict[str, str]:
    """Return the page's choices that are not at their defaults, as written, in the order of the table."""
    shown = {name: one for name, one in current().choices.items() if not one.is_usual}
    names = [*(name for name in CHOICES if name in shown), *sorted(shown.keys() - CHOICES.keys())]
    return {name: shown[name].written for name in names}


def link(page: str, choices: Mapping[str, Any] | None = None) -> str:
    """Return a link to a page with some choices: link("filters", {"filter": 7}) -> "filters?filter=7".

    Args:
        page: file name of the page.
        choices: by name, as values or as written in an address.
    """
    path = "./" if page == current().first else page
    texts = {}
    for name, value in (choices or {}).items():
        known = choice(name)
        assert known, f"{name} is in the table"
        texts[name] = value if isinstance(value, str) else known.kind.write(value)
    query = urlencode(texts, safe=READABLE)
    return f"{path}?{query}" if query else path


def on_every_page() -> dict[str, str]:
    """Return the choices that hold on every page, as written: photo, network and class."""
    shown = {name: current().everywhere[name] for name in ON_EVERY_PAGE if name in current().everywhere}
    return {name: one.written for name, one in shown.items() if not one.is_usual}


def page() -> str:
    """Return the file name of the page on screen."""
    return current().page or ""


def here() -> str:
    """Return a link to the page on screen, with its choices."""
    return link(current().page or "", written())


def use(choices: Mapping[str, str], *, rest: bool = False) -> None:
    """Make choices as an address does. Call this in a callback, or before any widget is drawn.

    Args:
        choices: by name, as written in an address.
        rest: whether all other choices are reset to their defaults.
    """
    visit = current()
    visit.missed, visit.said, visit.resets_next = [], 0, rest
    ask_for({name: [text] for name, text in choices.items()})
    rerun_everything()


def go(page: str, choices: Mapping[str, str] | None = None, *, rest: bool = False) -> NoReturn:
    """Show another page with some choices. Do not call this from a callback.

    `st.switch_page` alone would first empty the address of the page that is left, and the browser's back
    button would then show that page without its choices.

    Args:
        page: file name of the page.
        choices: by name, as written in an address.
        rest: whether all other choices are reset to their defaults.
    """
    use(choices or {}, rest=rest)
    visit = current()
    visit.goes = Trip(visit.page or "", page, written())
    _travel(visit.goes)


def _travel(trip: Trip) -> NoReturn:
    st.switch_page(PAGE_FILES / f"{trip.to}.py", query_params=trip.leaves)


def rerun_everything() -> None:
    """Make the whole page rerun, because a part of it has changed something that is shown elsewhere, too."""
    st.session_state["everything_is_behind"] = True


def everything_is_behind() -> bool:
    return st.session_state.get("everything_is_behind", False)


def everything_is_drawn() -> None:
    st.session_state.pop("everything_is_behind", None)


def everything() -> dict[str, str]:
    """Return all choices of this session on all pages, as written, by their keys in the session state."""
    pages = [part for page in current().shown.values() for part in page.values()]
    shown = [one for part in pages for one in part.values() if one.key in st.session_state]
    return {one.key: one.written for one in shown if one.value is not None}


def remember(memory: Mapping[str, str]) -> None:
    """Keep the choices before this browser tab was reloaded, for widgets of pages that are opened later.

    The page on screen does not need them: its address contains all its choices.
    """
    current().remembered = dict(memory)
