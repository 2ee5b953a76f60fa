"""Channels, photos and names in lessons that depend on the weights.

A lesson contains `${edge.filter}`, and examples.yaml says which number this is for the built-in weights.
`python -m viz_app.lessons.derive` writes the file, with the checksum of the weights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from model.errors import UserError

FILE = Path(__file__).with_name("examples.yaml")
_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_. ]*)\}")


@dataclass(frozen=True)
class Examples:
    """The values of all `${...}`.

    Attributes:
        weights: checksum of the file of weights that the examples were chosen for.
        values: by name: {"edge.filter": "5"}.
    """

    weights: str
    values: Mapping[str, str]


class UnknownExampleError(UserError):
    """Raised when texts contain `${...}` with unknown names.

    Attributes:
        places: for each of them its position in the content, an error message, and the wrong words.
    """

    def __init__(self, places: list[tuple[tuple[str | int, ...], str, str]]) -> None:
        self.places = places
        super().__init__(" ".join(message for _, message, _ in places))


@cache
def shipped_examples() -> Examples:
    """Return the examples for the built-in weights."""
    content = yaml.load(FILE.read_text("utf-8"), Loader=yaml.BaseLoader)
    return Examples(content["weights"], content["examples"])


def filled(content: object, examples: Mapping[str, str] | None = None) -> object:
    """Return lists and mappings of texts with every `${...}` replaced by its value.

    Raises:
        UnknownExampleError: some names are not known.
    """
    values = shipped_examples().values if examples is None else examples
    unknown: list[tuple[tuple[str | int, ...], str, str]] = []

    def fill(part: object, place: tuple[str | int, ...]) -> object:
        if isinstance(part, dict):
            return {name: fill(value, (*place, name)) for name, value in part.items()}
        if isinstance(part, list):
            return [fill(value, (*place, number)) for number, value in enumerate(part)]
        if not isinstance(part, str):
            return part
        for name in _REFERENCE.findall(part):
            if name not in values:
                there_are = ", ".join(values)
                message = f'There is no example "${{{name}}}". There are: {there_are}.'
                unknown.append((place, message, f"${{{name}}}"))
        return _REFERENCE.sub(lambda found: values.get(found[1], found[0]), part)

    result = fill(content, ())
    if unknown:
        raise UnknownExampleError(unknown)
    return result
