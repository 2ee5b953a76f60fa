"""The one exception that bad input raises; pages and shell show its message and go on."""

from collections.abc import Mapping
from typing import TypeVar

from .assets import ROOT

Entry = TypeVar("Entry")
# What a user types to start a command, for messages that say what to do.
PROGRAM = "python -m model" if (ROOT / "pyproject.toml").exists() else "alexnet"


class UserError(ValueError):
    """Something the user gave cannot be used.

    The message is a full sentence that says what is wrong and what to do. Programming errors are
    never wrapped in it, so that they stay visible.
    """


def look_up(table: Mapping[str, Entry], name: str, what: str) -> Entry:
    """The entry of that name.

    Raises:
        UserError: there is none; the message lists those there are.
    """
    if name not in table:
        raise UserError(f"There is no {what} '{name}'. Choose one of: {', '.join(table)}.")
    return table[name]
