"""Find a class of a network by what a person types: its number, its name, or a part of its name."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

from .architectures import Architecture
from .errors import UserError

SHOWN = 8  # so many classes are named in a message; more would hide the rest of it


def find_target(architecture: Architecture, text: str) -> int:
    """Return the index of the class that a text names: 281 for "281", "tabby" or "Tabby".

    A text that is a number is always an index, also where the names of the classes are numbers.

    Raises:
        UserError: there is no such class, or the text can mean several classes.
    """
    if re.fullmatch(r"\s*[+-]?\d{1,9}\s*", text):
        return architecture.check_target(int(text))
    from .predict import labels  # imports PyTorch, which takes seconds

    return find_class(text, labels(architecture))


def find_class(text: str, names: Sequence[str]) -> int:
    """Return the index of the one class of that name or, if no name is equal, that contains the text.

    Case, spaces, underscores and hyphens do not matter. Whole words come before parts of words: "ram" is the
    class "ram", and "Siamese" is "Siamese cat".

    Args:
        names: the names of all classes in the order of their indices. Two may be equal.

    Raises:
        UserError: no class or several classes fit; the message names those that may be meant.
    """
    wanted = _plain(text)
    joined = wanted.replace(" ", "")
    if not joined:
        raise UserError("The name of the class is empty. Give a name or the number of a class.")
    plain = [_plain(name) for name in names]
    found = [i for i, name in enumerate(plain) if name.replace(" ", "") == joined]
    found = found or [i for i, name in enumerate(plain) if f" {wanted} " in f" {name} "]
    found = found or [i for i, name in enumerate(plain) if joined in name.replace(" ", "")]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(_ambiguous(text, found, names))
    close = set(difflib.get_close_matches(wanted, plain, n=SHOWN, cutoff=0.7))
    similar = [i for i, name in enumerate(plain) if name in close]
    meant = f" Do you mean {_listed(similar, names)}?" if similar else ""
    raise UserError(
        f"There is no class '{text}'.{meant} Give the name of a class or its number, 0 to {len(names) - 1}."
    )


def _ambiguous(text: str, found: Sequence[int], names: Sequence[str]) -> str:
    are_equal = len({_plain(names[index]).replace(" ", "") for index in found}) == 1
    what = "the number, since the names are the same" if are_equal else "one of these names or the number"
    return f"'{text}' can mean {_listed(found, names)}; give {what}."


def _plain(name: str) -> str:
    """Return a name in lower case, its words separated by single spaces: "tiger cat" for "Tiger_cat"."""
    return " ".join(re.split(r"[\s_-]+", unicodedata.normalize("NFKC", name).casefold())).strip()


def _listed(indices: Iterable[int], names: Sequence[str]) -> str:
    """Return classes as a message lists them: "tabby (281), tiger cat (282) and 3 more"."""
    entries = [f"{names[index]} ({index})" for index in indices]
    more = f" and {len(entries) - SHOWN} more" if len(entries) > SHOWN else ""
    return ", ".join(entries[:SHOWN]) + more
