"""Networks from files of weights that visitors have opened."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from model.own.settings import ENDINGS

if TYPE_CHECKING:
    from model.own.opening import Asked, Opened


@dataclass(frozen=True)
class OpenedFile:
    """A network from a file, and what looks wrong in its numbers, as sentences."""

    opened: Opened
    doubts: tuple[str, ...]


@st.cache_resource(max_entries=1, ttl="10m", show_spinner="Reading the weights…")
def opened_upload(key: str, name: str, _data: memoryview, asked: Asked) -> OpenedFile:
    """Return the network that an uploaded file makes. Only the last one is kept here.

    Args:
        key: stands for the upload; no two have the same.

    Raises:
        UserError: as `open_weights`.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # The library for safetensors needs a file, and a name of the visitor's may be no name of a file.
        path = Path(folder) / ("weights" + "".join(Path(name).suffixes[-1:]))
        path.write_bytes(_data)
        return _opened(path, name, asked)


@st.cache_resource(max_entries=1, ttl="10m", show_spinner="Reading the weights…")
def opened_file(path: Path, _changed: int, asked: Asked) -> OpenedFile:
    """Return the network that a file on this machine makes, as `opened_upload`."""
    return _opened(path, path.name, asked)


def _opened(path: Path, name: str, asked: Asked) -> OpenedFile:
    from model.own.doubts import doubts
    from model.own.opening import open_weights

    opened = open_weights(path, asked, name)
    return OpenedFile(opened, doubts(opened.network()))


def keep_opened(file: OpenedFile) -> str:
    """Keep the network for this process's lifetime, and return its name."""
    from model.own.opening import open_private

    return open_private(file.opened)


def weights_in_folder(folder: str) -> list[Path]:
    """Return the files of weights in a folder, sorted by name; none if there is no such folder."""
    if not folder:
        return []
    try:
        return sorted(path for path in Path(folder).iterdir() if path.suffix.lower()[1:] in ENDINGS)
    except OSError:
        return []
