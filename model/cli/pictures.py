"""Photos and folders of photos as a command's arguments. Light to import: nothing is opened here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from .output import is_folder, print_error


@dataclass
class Problems:
    """Bad inputs, each reported as it is met, so that the work on the good ones goes on."""

    count: int = 0

    @contextmanager
    def reported(self, path: Path) -> Iterator[None]:
        try:
            yield
        except UserError as error:
            self.count += 1
            # Photos of the same name may lie in several folders.
            print_error(error if str(path) in str(error) else f"{path}: {error}")


def picture_files(paths: Iterable[Path], problems: Problems) -> Iterator[Path]:
    """The given files, and all pictures in and below the given folders."""
    for path in paths:
        with problems.reported(path):
            yield from _pictures_in(path) if is_folder(path) else [path]


def _pictures_in(folder: Path) -> list[Path]:
    from ..preprocess import EXTENSIONS

    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    pictures = [
        path
        for path in files
        if path.suffix.lower().lstrip(".") in EXTENSIONS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not pictures:
        raise UserError(
            f"The folder {folder} holds no pictures: no file in it ends in .{', .'.join(EXTENSIONS)}."
        )
    return pictures
