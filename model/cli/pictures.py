"""Find the photos that a command's arguments name. Nothing is opened here, so this is quick to import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from .output import is_folder, print_error


@dataclass
class Problems:
    """A counter of files that cannot be used. Each is reported, and work on the others goes on."""

    count: int = 0

    @contextmanager
    def reported(self, path: Path) -> Iterator[None]:
        try:
            yield
        except UserError as error:
            self.count += 1
            # Name the folder too, since several folders may contain photos of the same name.
            print_error(error if str(path) in str(error) else f"{path}: {error}")


def picture_files(paths: Iterable[Path], problems: Problems) -> Iterator[Path]:
    """Yield the given files, and all photos in the given folders and the folders below them."""
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
            f"The folder {folder} contains no photos: no file in it ends in .{', .'.join(EXTENSIONS)}."
        )
    return pictures
