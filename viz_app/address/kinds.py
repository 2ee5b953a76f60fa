"""Kinds of choices: how each writes its values into an address and reads them.

    SeveralOf().write(["grad-cam", "saliency"])                 -> "grad-cam,saliency"
    SeveralOf().read("Grad-CAM,foo", {"grad-cam": "Grad-CAM"})  -> Reading(["grad-cam"], unknown=("foo",))

An address contains ids, but titles are understood too. What is not understood is returned, so that a page can
say so. Nothing here imports Streamlit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Options = Mapping[Any, str] | Collection[Any]
"""What can be chosen: options with or without titles; for numbers, a range or two limits."""


class _Nothing:
    """The class of NOTHING, which stands for a value that is not in the address."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Any = _Nothing()


@dataclass(frozen=True)
class Reading:
    """The meaning of a text in an address.

    Attributes:
        value: the choice, or NOTHING if no part of the text is understood.
        unknown: the parts of the text that are not understood.
    """

    value: Any = NOTHING
    unknown: tuple[str, ...] = ()


class Kind(Protocol):
    """A kind of choice writes its values into an address, reads them, checks them and names them.

    The argument `among` says what can be chosen at the moment; its form depends on the kind.
    """

    def write(self, value: Any) -> str: ...

    def read(self, text: str, among: Any) -> Reading: ...

    def fitting(self, value: Any, among: Any) -> Any:
        """Return the value, or the part of it that can still be chosen; NOTHING if none can."""

    def title(self, value: Any, among: Any) -> str:
        """Return the value's name for a sentence, or "" if it has no short name."""


def fold(text: str) -> str:
    """Return a text in lower case with hyphens: "Grad-CAM" -> "grad-cam", "grad cam" -> "grad-cam"."""
    return re.sub(r"[^\w+]+|_+", "-", text.casefold().replace("×", "x")).strip("-")


def titles(among: Options) -> dict[Any, str]:
    """Return each option with its title; an option without a title is its own title."""
    return dict(among) if isinstance(among, Mapping) else {option: str(option) for option in among}


@dataclass(frozen=True)
class OneOf:
    """One of several options, written without spaces. `among` contains the options."""

    def write(self, value: Any) -> str:
        return str(value).replace(" ", "-")

    def read(self, text: str, among: Options) -> Reading:
        wanted = fold(text)
        for option, title in titles(among).items():
            if wanted in (fold(str(option)), fold(title)):
                return Reading(option)
        return Reading(unknown=(text,))

    def fitting(self, value: Any, among: Options) -> Any:
        return value if value in among else NOTHING

    def title(self, value: Any, among: Options) -> str:
        return titles(among).get(value, "")


NONE = "none"  # stands for an empty list in an address, since nothing after "=" would look like a mistake


@dataclass(frozen=True)
class SeveralOf:
    """Several options, in an order. `among` contains all options."""

    most: int = 1000

    def write(self, value: Sequence[Any]) -> str:
        return ",".join(map(str, value)) or NONE

    def read(self, text: str, among: Options) -> Reading:
        if fold(text) in ("", NONE):
            return Reading([])
        parts = [(part.strip(), OneOf().read(part, among).value) for part in text.split(",")]
        found = list(dict.fromkeys(value for _, value in parts if value is not NOTHING))
        unknown = tuple(part for part, value in parts if value is NOTHING)
        return Reading(found[: self.most], unknown) if found else Reading(unknown=unknown)

    def fitting(self, value: Sequence[Any], among: Options) -> Any:
        return [one for one in value if one in among]

    def title(self, value: Sequence[Any], among: Options) -> str:
        names = [titles(among).get(one, str(one)) for one in value]
        return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


@dataclass(frozen=True)
class Whole:
    """A whole number. `among` is a range."""

    def write(self, value: int) -> str:
        return str(value)

    def read(self, text: str, among: range) -> Reading:
        number = _finite(text)
        if number is None or number != int(number) or int(number) not in among:
            return Reading(unknown=(text,))
        return Reading(int(number))

    def fitting(self, value: int, among: range) -> Any:
        return value if value in among else NOTHING

    def title(self, value: int, among: range) -> str:
        return str(value)


@dataclass(frozen=True)
class Decimal:
    """A number. `among` contains its lowest and its highest value."""

    def write(self, value: float) -> str:
        short = f"{value:g}"
        return short if float(short) == value else repr(float(value))

    def read(self, text: str, among: tuple[float, float]) -> Reading:
        number = _finite(text)
        if number is None or not among[0] <= number <= among[1]:
            return Reading(unknown=(text,))
        return Reading(number)

    def fitting(self, value: float, among: tuple[float, float]) -> Any:
        return value if among[0] <= value <= among[1] else NOTHING

    def title(self, value: float, among: tuple[float, float]) -> str:
        return self.write(value)


def _finite(text: str) -> float | None:
    """Return a text as a number; None if it is infinite or not a number."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Setting:
    """A setting of a method: a number or one of several words. `among` contains two limits or the words."""

    def write(self, value: float | str) -> str:
        return self._kind(isinstance(value, str)).write(value)

    def read(self, text: str, among: Any) -> Reading:
        return self._kind(isinstance(among, Mapping)).read(text, among)

    def fitting(self, value: Any, among: Any) -> Any:
        return self._kind(isinstance(among, Mapping)).fitting(value, among)

    def title(self, value: Any, among: Any) -> str:
        return self._kind(isinstance(among, Mapping)).title(value, among)

    def _kind(self, is_word: bool) -> Kind:
        return OneOf() if is_word else Decimal()


@dataclass(frozen=True)
class Switch:
    """Something that is on or off."""

    def write(self, value: bool) -> str:
        return str(bool(value)).lower()

    def read(self, text: str, among: object = None) -> Reading:
        known = {"true": True, "on": True, "yes": True, "1": True}
        known |= {"false": False, "off": False, "no": False, "0": False}
        return Reading(known[fold(text)]) if fold(text) in known else Reading(unknown=(text,))

    def fitting(self, value: bool, among: object = None) -> Any:
        return value

    def title(self, value: bool, among: object = None) -> str:
        return ""


@dataclass(frozen=True)
class Colour:
    """A colour such as #ff8000, written without the #."""

    def write(self, value: str) -> str:
        return value.removeprefix("#").lower()

    def read(self, text: str, among: object = None) -> Reading:
        code = text.strip().removeprefix("#").lower()
        return Reading(f"#{code}") if re.fullmatch("[0-9a-f]{6}", code) else Reading(unknown=(text,))

    def fitting(self, value: str, among: object = None) -> Any:
        return value

    def title(self, value: str, among: object = None) -> str:
        return value
