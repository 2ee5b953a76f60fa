"""The address that this browser session has opened, and the choices that its pages show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from viz_app.address.kinds import Kind


@dataclass(frozen=True)
class Shown:
    """A choice on a page.

    Attributes:
        key: key of the choice in the session state.
        among: what can be chosen.
    """

    key: str
    kind: Kind
    default: Any
    among: Any

    @property
    def value(self) -> Any:
        return st.session_state.get(self.key, self.default)

    @property
    def written(self) -> str:
        return self.kind.write(self.value)

    @property
    def is_usual(self) -> bool:
        """Return whether the value is the default, which an address leaves out."""
        value = self.value
        return value is None or (self.default is not None and self.written == self.kind.write(self.default))


@dataclass(frozen=True)
class Missed:
    """Something in an address that could not be used.

    Attributes:
        sentence: says what and why.
        shown: the choice that is used instead.
        value: its value, as written.
    """

    sentence: str
    shown: Shown | None = None
    value: str = ""

    @property
    def still_holds(self) -> bool:
        return self.shown is None or self.shown.written == self.value


@dataclass(frozen=True)
class Trip:
    """The way to another page that `go` has begun.

    Attributes:
        left, to: file names of the two pages.
        leaves: the choices of the page that is left, for its address.
    """

    left: str
    to: str
    leaves: dict[str, str]


@dataclass
class Visit:
    """The address that this session has opened, and the choices that it has drawn.

    Attributes:
        page: file name of the page on screen; None before the first page.
        first: file name of the page that the app's own address opens.
        asked: choices in the address that no widget has taken yet, as written; None for the default.
        resets_next: whether the next run resets all choices that are not in the address to their defaults.
        reset: names of the choices that this run has reset already, each once; None if it resets none.
        goes: set while `go` is opening another page, whose address is not to be read.
        shown: the choices of each part of each page when the part was last drawn: shown[page][part][name].
        drawing: the choices of the page outside its parts, while the page is being drawn.
        everywhere: the choices that hold on every page, by name.
        drawn: the parts that this run of the page has drawn.
        missed: what could not be used in the address.
        said: how many of the sentences in `missed` the page has shown.
        memory: choices before this browser tab was reloaded, by their keys in the session state.
        remembered: the next `memory`, which is used when the page on screen has been drawn.
    """

    page: str | None = None
    first: str = ""
    asked: dict[str, str | None] = field(default_factory=dict)
    resets_next: bool = False
    reset: set[str] | None = None
    goes: Trip | None = None
    shown: dict[str, dict[str, dict[str, Shown]]] = field(default_factory=dict)
    drawing: dict[str, Shown] = field(default_factory=dict)
    everywhere: dict[str, Shown] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    missed: list[Missed] = field(default_factory=list)
    said: int = 0
    memory: dict[str, str] = field(default_factory=dict)
    remembered: dict[str, str] | None = None

    @property
    def choices(self) -> dict[str, Shown]:
        """Return the choices on the page, by name."""
        parts = self.shown.get(self.page or "", {}).values()
        return {name: one for part in parts for name, one in part.items()}


def current() -> Visit:
    """Return the `Visit` of this session."""
    return st.session_state.setdefault("visit", Visit())
