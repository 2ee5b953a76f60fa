"""The sample photographs that ship with the app; assets/samples/samples.toml says who made them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from model.assets import ASSETS

FOLDER = ASSETS / "samples"


@dataclass(frozen=True)
class Sample:
    """One photograph.

    Attributes:
        name: what the app and its links call it.
        file: its file's name in `FOLDER`.
        author, licence, source: who made it, what may be done with it, where it was published.
        note: what one should know about the network's answer, if anything.
    """

    name: str
    file: str
    author: str
    licence: str
    source: str
    note: str = ""

    @property
    def path(self) -> Path:
        return FOLDER / self.file


_LISTED = tomllib.loads((FOLDER / "samples.toml").read_text("utf-8"))["sample"]
SAMPLES = {one["name"]: Sample(**one) for one in _LISTED}
