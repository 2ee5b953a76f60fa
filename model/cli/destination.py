"""Say into which file or files `explain` writes, and check that before the long work."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from .output import check_output_folder, check_output_path, is_folder

ENDINGS = (".png", ".npy", ".zip")


@dataclass(frozen=True)
class Wanted:
    """A heat map that the user wants.

    Attributes:
        file: the photo.
        target: index of the class, or None for the class that the network predicts.
    """

    file: Path
    method: str
    target: int | None


def is_folder_name(out: str) -> bool:
    """Return whether --out names a folder: one that exists, or any name that ends in a slash."""
    return out.endswith(("/", os.sep)) or is_folder(Path(out))


def check(out: str) -> None:
    """Check that the file or folder can be written.

    Raises:
        UserError: it cannot, or its ending is none of `ENDINGS`.
    """
    if is_folder_name(out):
        check_output_folder(Path(out))
    else:
        check_output_path(Path(out), ENDINGS)


def files_for(out: str, wanted: Sequence[Wanted]) -> list[Path]:
    """Return the file of each heat map. All are the same if the heat maps go into one .zip.

    Raises:
        UserError: there are several heat maps, but `out` is neither a .zip nor a folder; or a photo would be
            overwritten.
    """
    into_folder = is_folder_name(out)
    if len(wanted) > 1 and not into_folder and Path(out).suffix.lower() != ".zip":
        raise UserError(
            "Several heat maps need a .zip or a folder: give --out maps.zip, or --out maps/ for pictures."
        )
    files = _pictures(Path(out), wanted) if into_folder else [Path(out)] * len(wanted)
    photos = {one.file.resolve(): one.file for one in wanted}
    for file in files:
        photo = photos.get(file.resolve())
        if photo and into_folder:
            raise UserError(
                f"A picture in --out {out} would overwrite the photo {photo}: give another folder."
            )
        if photo:
            raise UserError(f"--out {out} would overwrite the photo: give another name.")
    return files


def _pictures(folder: Path, wanted: Sequence[Wanted]) -> list[Path]:
    """Return a picture for each heat map: cat.png, or cat-grad-cam-281.png where methods and targets differ.

    If photos of two folders have the same name, the second picture is cat-2.png. Names that differ only in
    case count as the same, as they do on many file systems.
    """
    methods, targets = {one.method for one in wanted}, {one.target for one in wanted}
    taken: set[str] = set()
    files = []
    for one in wanted:
        parts = [one.file.stem]
        parts += [one.method] if len(methods) > 1 else []
        parts += [str(one.target)] if len(targets) > 1 else []
        name = next(name for name in _numbered("-".join(parts)) if name.casefold() not in taken)
        taken.add(name.casefold())
        files.append(folder / name)
    return files


def _numbered(stem: str) -> Iterable[str]:
    """Return "cat.png", "cat-2.png", "cat-3.png" and so on without an end."""
    return itertools.chain([f"{stem}.png"], (f"{stem}-{number}.png" for number in itertools.count(2)))
