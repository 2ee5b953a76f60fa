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
    """Yield the given files, and all photos in the given folders and the folders below them.

    Each other file in a folder is reported and counted as a problem; hidden files share one line.
    """
    for path in paths:
        with problems.reported(path):
            yield from _pictures_in(path, problems) if is_folder(path) else [path]


def _pictures_in(folder: Path, problems: Problems) -> list[Path]:
    from ..preprocess import EXTENSIONS

    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    shown = [path for path in files if not _is_hidden(path, folder)]
    pictures = [path for path in shown if path.suffix.lower().lstrip(".") in EXTENSIONS]
    endings = f".{', .'.join(EXTENSIONS)}"
    if not pictures:
        raise UserError(f"The folder {folder} contains no photos: no file in it ends in {endings}.")
    usable = set(pictures)
    for path in shown:
        if path not in usable:
            with problems.reported(path):
                raise UserError(f"{path} is left out: its name does not end in {endings}.")
    hidden = len(files) - len(shown)
    if hidden:
        # Not a problem: systems put such files, as .DS_Store, in every folder.
        print_error(f"Hidden files in {folder} that are left out: {hidden}.")
    return pictures


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
