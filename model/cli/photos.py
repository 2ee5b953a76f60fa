"""Read photos for a command, without the remarks that libraries print on standard error."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..preprocess import Photo
from ..preprocess import read_photo_file as read_any_photo_file


def read_photo_file(path: Path) -> Photo:
    """Read a photo as `preprocess.read_photo_file` does, without Pillow's remarks on odd files.

    Raises:
        UserError: the file is missing, cannot be read, or contains no usable photo.
    """
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with warnings.catch_warnings(), _silent_libraries():
        warnings.simplefilter("ignore")
        return read_any_photo_file(path)


@contextmanager
def _silent_libraries() -> Iterator[None]:
    """Silence libraries written in C, such as Pillow's for TIFF, which print to file descriptor 2."""
    if sys.stderr is None:  # closed by the caller
        yield
        return
    sys.stderr.flush()
    standard_error = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(standard_error, 2)
        os.close(standard_error)
