"""The sample photos that come with the app. assets/samples/samples.toml names the photographers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from model.assets import ASSETS

FOLDER = ASSETS / "samples"


@dataclass(frozen=True)
class Sample:
    """A sample photo.

    Attributes:
        name: its name in links.
        title: its name on screen.
        file: name of the file in `FOLDER`.
        author, licence, source: the photographer, what the licence allows, where the photo was published.
        note: a remark on the network's prediction, shown beside it, or "".
    """

    name: str
    title: str
    file: str
    author: str
    licence: str
    source: str
    note: str = ""

    @property
    def path(self) -> Path:
        return FOLDER / self.file


_LISTED = tomllib.loads((FOLDER / "samples.toml").read_text("utf-8"))["sample"]
SAMPLES = {one["name"]: Sample(**{"title": one["name"].capitalize()} | one) for one in _LISTED}
