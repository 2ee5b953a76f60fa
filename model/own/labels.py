"""Read the names of a network's classes from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import UserError, cannot_read

MAX_BYTES = 2_000_000
_HOW = (
    'Write one name a line, or JSON such as ["cat", "dog"] or {"0": "cat", "1": "dog"}, and save it as UTF-8.'
)


def read_labels_file(path: Path) -> tuple[str, ...]:
    """Return the names of classes in a file, the first for class 0.

    Raises:
        UserError: as `read_labels`, or it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise cannot_read(path, error) from error
    return read_labels(data, path.name)


def read_labels(data: bytes, name: str) -> tuple[str, ...]:
    """Return the names of classes in a file's bytes: one a line, or a JSON list or object.

    A JSON object gives the index of each name, or the name for each index. A value may be a list whose last
    part is the name, as in Keras' {"0": ["n01440764", "tench"], ...}.

    >>> read_labels(b"cat\\ndog\\n", "labels.txt")
    ('cat', 'dog')
    >>> read_labels(b'{"dog": 1, "cat": 0}', "labels.json")
    ('cat', 'dog')

    Raises:
        UserError: the bytes are no such list; the message says what is wrong.
    """
    if len(data) > MAX_BYTES:
        raise UserError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB: it is no list of names. {_HOW}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{name} is no text in UTF-8. {_HOW}") from error
    if text.lstrip()[:1] in ("{", "["):
        names = _from_json(text, name)
    else:
        names = [line.strip() for line in text.strip().splitlines()]
    if not names:
        raise UserError(f"{name} holds no names. {_HOW}")
    if (empty := next((i for i, one in enumerate(names) if not one), None)) is not None:
        raise UserError(f"In {name} class {empty} has no name. {_HOW}")
    return tuple(names)


def _from_json(text: str, name: str) -> list[str]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name} is no valid JSON: {error}. {_HOW}") from error
    if isinstance(content, list):
        return [_name(one, name) for one in content]
    if all(isinstance(value, int) and not isinstance(value, bool) for value in content.values()):
        by_index = {value: key for key, value in content.items()}
    else:
        by_index = {_index(key, name): _name(value, name) for key, value in content.items()}
    if len(by_index) != len(content) or set(by_index) != set(range(len(content))):
        raise UserError(
            f"In {name} the indices are not 0 to {len(content) - 1}, each once. Give every class an index."
        )
    return [str(by_index[index]).strip() for index in range(len(by_index))]


def _index(key: str, name: str) -> int:
    if not (key.isascii() and key.isdigit()):
        raise UserError(f"In {name} '{key}' is no index of a class. {_HOW}")
    return int(key) if len(key) < 10 else -1


def _name(value: Any, name: str) -> str:
    if isinstance(value, list) and value:
        value = value[-1]
    if not isinstance(value, str):
        raise UserError(f"In {name} {json.dumps(value)[:60]} is no name. {_HOW}")
    return value.strip()
