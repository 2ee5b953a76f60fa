"""The exception for input that cannot be used. Pages and shell show its message and go on."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from .assets import ROOT

Entry = TypeVar("Entry")
# What a user types before a command, for messages that say what to do.
PROGRAM = "python -m model" if (ROOT / "pyproject.toml").exists() else "alexnet"


class UserError(ValueError):
    """Raised when something that the user gave cannot be used.

    The message is a full sentence that says what is wrong and what to do. A bug never raises this error, so
    that it stays visible.
    """


def cannot_read(path: Path | str, error: OSError) -> UserError:
    """Return the error for a file that the operating system does not let us read."""
    return UserError(f"{path} cannot be read: {(error.strerror or 'unreadable').lower()}. Check the path.")


def look_up(table: Mapping[str, Entry], name: str, what: str) -> Entry:
    """Return the entry of that name.

    Args:
        what: the kind of entry, for the message: "There is no method 'x'. Choose one of: ...".

    Raises:
        UserError: there is no such entry; the message lists all names.
    """
    if name not in table:
        choices = f" Choose one of: {', '.join(table)}." if table else ""
        raise UserError(f"There is no {what} '{name}'.{choices}")
    return table[name]
