"""The ideas in AlexNet: a short text for each, and the tests of claims that show it. No PyTorch needed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .claims.statements import Line, Prose, Source

FILE = Path(__file__).with_name("concepts.yaml")


class Concept(BaseModel):
    """An idea, explained in a few sentences and shown by live figures.

    Attributes:
        name: used in addresses: "dropout".
        text: what it is, in Markdown.
        tests: names of the claims whose tests show it; the first is shown at once.
        ask, answer: a question to try, and its answer.
        pages: file names of pages that show more, with what they show.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z-]+$")]
    title: Line
    text: Prose
    tests: tuple[str, ...] = ()
    ask: Line
    answer: Prose
    pages: dict[str, Line] = {}
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


@cache
def concepts() -> dict[str, Concept]:
    """Return all concepts by name, in the order of the network."""
    content = yaml.safe_load(FILE.read_text("utf-8"))
    return {one.name: one for one in map(Concept.model_validate, content)}
