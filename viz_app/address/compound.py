"""Kinds of choices with several numbers: a box, channels of layers, settings of layers.

Nothing here imports Streamlit.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model.receptive_field import Box
from viz_app.address.kinds import NONE, NOTHING, Reading, Whole, fold


@dataclass(frozen=True)
class Rectangle:
    """A box in pixels, "top,left,bottom,right", or None. `among` is the side length of the crop."""

    def write(self, value: Box | None) -> str:
        return f"{value.top},{value.left},{value.bottom},{value.right}" if value else NONE

    def read(self, text: str, among: int) -> Reading:
        if fold(text) == NONE:
            return Reading(None)
        parts = [Whole().read(part, range(among + 1)).value for part in text.split(",")]
        if len(parts) != 4 or NOTHING in parts or not (parts[0] < parts[2] and parts[1] < parts[3]):
            return Reading(unknown=(text,))
        return Reading(Box(*parts))

    def fitting(self, value: Box | None, among: int) -> Any:
        return value if value is None or max(value.bottom, value.right) <= among else NOTHING

    def title(self, value: Box | None, among: int) -> str:
        return ""


@dataclass(frozen=True)
class Channels:
    """Channels by layer, "conv1:3,5-9;conv4:7". `among` holds the number of channels of each layer."""

    def write(self, value: Mapping[str, Collection[int]]) -> str:
        return ";".join(f"{layer}:{_runs(chosen)}" for layer, chosen in value.items() if chosen) or NONE

    def read(self, text: str, among: Mapping[str, int]) -> Reading:
        if fold(text) in ("", NONE):
            return Reading({})
        found: dict[str, frozenset[int]] = {}
        unknown = []
        for layer, part in _assignments(text, ";", ":"):
            chosen = _channels(part, among.get(layer, 0))
            if chosen is None:
                unknown.append(f"{layer}:{part}")
            else:
                found[layer] = found.get(layer, frozenset()) | chosen
        return Reading(found, tuple(unknown)) if found else Reading(unknown=tuple(unknown) or (text,))

    def fitting(self, value: Mapping[str, frozenset[int]], among: Mapping[str, int]) -> Any:
        return value  # each network has its own

    def title(self, value: object, among: object) -> str:
        return ""


def _assignments(text: str, between: str, sign: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values in a text such as "conv1:3,5;conv4:7"."""
    for part in filter(None, text.split(between)):
        name, _, value = part.partition(sign)
        yield name.strip(), value.strip()


def _runs(numbers: Collection[int]) -> str:
    """Return numbers in order, with runs of neighbours as ranges: {3, 5, 6, 7} -> "3,5-7"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _channels(text: str, count: int) -> frozenset[int] | None:
    """Return the channels in a text such as "3,5-7"; None if the text has another form."""
    found: set[int] = set()
    for part in text.split(","):
        run = re.fullmatch(r"\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*", part)
        if run is None:
            return None
        first, last = int(run[1]), int(run[2] or run[1])
        if not first <= last < count:
            return None
        found |= set(range(first, last + 1))
    return frozenset(found)


@dataclass(frozen=True)
class Changes:
    """Settings of layers, "conv1:stride=2,padding=3;fc6:units=100". `among` holds each layer's settings."""

    def write(self, value: Mapping[str, Mapping[str, int | None]]) -> str:
        layers = {
            layer: ",".join(f"{k}={NONE if v is None else v}" for k, v in settings.items())
            for layer, settings in value.items()
        }
        return ";".join(f"{layer}:{written}" for layer, written in layers.items() if written) or NONE

    def read(self, text: str, among: Mapping[str, Collection[str]]) -> Reading:
        if fold(text) in ("", NONE):
            return Reading({})
        found: dict[str, dict[str, int | None]] = {}
        unknown = []
        for layer, part in _assignments(text, ";", ":"):
            for name, written in _assignments(part, ",", "="):
                number = (
                    None if fold(written) == NONE else Whole().read(written, range(-(10**9), 10**9)).value
                )
                if name not in among.get(layer, ()) or number is NOTHING:
                    unknown.append(f"{layer}:{name}={written}")
                else:
                    found.setdefault(layer, {})[name] = number
        return Reading(found, tuple(unknown)) if found else Reading(unknown=tuple(unknown) or (text,))

    def fitting(self, value: object, among: object) -> Any:
        return value  # each preset has its own

    def title(self, value: object, among: object) -> str:
        return ""
