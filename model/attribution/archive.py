"""Explanations as one ZIP: photos, maps, and all that is needed to make them again.

cat.png                       the photo as a person sees it
1-grad-cam-282.npy, .png      the map's values [h, w] as float32, and its picture
settings.json                 network, methods, classes, layers, parameters, versions
"""

from __future__ import annotations

import importlib.metadata
import io
import itertools
import json
import platform
import warnings
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO

import numpy as np

from ..architectures import get_architecture
from ..errors import PROGRAM, UserError
from ..overlay import png
from ..preprocess import Photo, read_photo
from ..question import Question
from .base import Attribution
from .picture import over_photo

SETTINGS = "settings.json"
PACKAGES = ("torch", "captum", "numpy", "pillow", "scikit-image")
MAX_BYTES = 200 * 2**20  # of one file: a long photo's PNG is far larger than the JPEG that it came as
PICTURE_SIDE = 681  # three times the network's input


@dataclass(frozen=True)
class Explained:
    """A map, the photo that it is of, and the name of its class."""

    photo: Photo
    attribution: Attribution
    label: str


@dataclass(frozen=True)
class Recorded:
    """What an archive says of one map.

    Attributes:
        question: as it was asked.
        values: float32 [h, w] as stored, or None where the file isn't there.
    """

    photo: Photo
    question: Question
    values: np.ndarray | None


@dataclass(frozen=True)
class Archive:
    """What `read` finds: a network by its names, and the maps made with it."""

    architecture: str
    weights: str
    recorded: tuple[Recorded, ...]


def write(
    stream: BinaryIO,
    architecture: str,
    weights: str,
    explained: Sequence[Explained],
    side: int = PICTURE_SIDE,
    opacity: float = 0.5,
) -> None:
    """Write an archive.

    Args:
        side, opacity: of the maps' pictures.
    """
    data, entries = get_architecture(architecture), []
    photos, maps = _photo_names(explained), _map_names(explained)
    with zipfile.ZipFile(stream, "w") as archive:
        for sha256, name in photos.items():
            photo = next(e.photo for e in explained if e.photo.sha256 == sha256)
            archive.writestr(name, png(photo.pixels))
        for name, item in zip(maps, explained, strict=True):
            found = item.attribution
            archive.writestr(f"{name}.npy", _npy(found.values))
            picture = over_photo(item.photo, data, found, side=side, opacity=opacity)
            archive.writestr(f"{name}.png", png(picture))
            entries.append(
                {
                    "image": photos[item.photo.sha256],
                    "method": found.method.name,
                    "target": found.question.target,
                    "label": item.label,
                    "layer": found.question.layer,
                    "settings": dict(found.question.settings),
                    "logit": found.logit,
                    "values": f"{name}.npy",
                    "picture": f"{name}.png",
                }
            )
        settings = {
            "architecture": architecture,
            "weights": weights,
            "explanations": entries,
            "versions": versions(),
            "again": f"{PROGRAM} explain --from {SETTINGS}",
        }
        archive.writestr(SETTINGS, json.dumps(settings, indent=2), zipfile.ZIP_DEFLATED)


def versions() -> dict[str, str]:
    """Of Python and of the packages that a map's numbers depend on."""
    return {
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in PACKAGES},
    }


def read(path: Path) -> Archive:
    """An archive, or the settings.json of an unpacked one (or the folder it is in), with what it names.

    Raises:
        UserError: it cannot be read, is damaged, or isn't what `write` writes.
    """
    try:
        if path.is_dir():
            path = path / SETTINGS
        if path.suffix.lower() != ".zip":
            return _parse(path, lambda name: _beside(path, name))
        with path.open("rb") as stream, _opened(path, stream) as archive:
            return _parse(path, lambda name: _member(path, archive, name))
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}. Check the path.") from error
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise UserError(f"{error.filename or path} cannot be read: {reason}. Check the path.") from error


# What reads ZIPs and .npy files runs into the bytes it is given: damaged ones raise anything from
# RuntimeError to zlib.error. The next three functions call nothing else, so that catching all of it hides
# no bug of ours.


def _opened(path: Path, stream: BinaryIO) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(stream)
    except Exception as error:
        raise UserError(f"{path} is not a ZIP that can be read. Export it again.") from error
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise UserError(f"{path} holds two files of one name, so one of them is lost. Export it again.")
    return archive


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes | None:
    """A file of an archive, at most one byte more than it may have; None if it isn't there."""
    if name not in archive.namelist():
        return None
    try:
        with archive.open(name) as member:
            return member.read(MAX_BYTES + 1)
    except Exception as error:
        raise UserError(f"{name} in {path} is damaged or encrypted. Export it again.") from error


def _map(data: bytes, name: str) -> np.ndarray:
    """A map's values [h, w] from the bytes of a .npy."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy and Python remark on odd headers
            values = np.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:
        raise UserError(f"{name} is damaged: no map can be read from it. Export it again.") from error
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind not in "fiu":
        raise UserError(f"{name} holds no map: it should be one number for each place. Export it again.")
    return values


def _beside(path: Path, name: str) -> bytes | None:
    """A file of the folder that the settings are in, at most one byte more than it may have.

    None if it isn't there, or the name leads elsewhere; Windows takes either slash for a folder.
    """
    file = path if name == SETTINGS else path.parent / name
    if file != path and (PureWindowsPath(name).name != name or not file.is_file()):
        return None
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _parse(path: Path, load: Callable[[str], bytes | None]) -> Archive:
    text = load(SETTINGS)
    if text is None:
        raise UserError(f"{path} holds no {SETTINGS}: it is no export of this program.")
    try:
        settings: dict[str, Any] = json.loads(text)
        entries = settings["explanations"]
        _check_names(path, entries)
        recorded = tuple(_recorded(entry, load) for entry in entries)
        return Archive(str(settings["architecture"]), str(settings["weights"]), recorded)
    except UserError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise UserError(f"{path} is no {SETTINGS} that this program wrote. Export it again.") from error


def _check_names(path: Path, entries: Sequence[dict[str, Any]]) -> None:
    """Older versions gave a photo and a map's picture one name, where the photo was called like a map."""
    lost = {entry["image"] for entry in entries} & {entry.get("picture") for entry in entries}
    if lost:
        raise UserError(f"{path} names {lost.pop()} as a photo and as a map's picture. Export it again.")


def _recorded(entry: dict[str, Any], load: Callable[[str], bytes | None]) -> Recorded:
    name, values_name = str(entry["image"]), str(entry["values"])
    picture, stored = load(name), load(values_name)
    if picture is None:
        raise UserError(f"The picture {name}, which {SETTINGS} names, is not beside it.")
    return Recorded(
        photo=read_photo(picture, name, MAX_BYTES),
        question=Question(
            method=str(entry["method"]),
            target=int(entry["target"]),
            layer=None if entry["layer"] is None else str(entry["layer"]),
            settings=tuple((str(name), float(value)) for name, value in entry["settings"].items()),
        ),
        values=None if stored is None else _map(stored, values_name),
    )


def _map_names(explained: Sequence[Explained]) -> list[str]:
    """Each map's file name without its ending."""
    return [
        f"{number}-{item.attribution.method.name}-{item.attribution.question.target}"
        for number, item in enumerate(explained, start=1)
    ]


def _photo_names(explained: Sequence[Explained]) -> dict[str, str]:
    """A file name for each photo, by its SHA-256, that nothing else in the archive has.

    Names that differ in case alone count as one: many file systems cannot hold both.
    """
    taken = {SETTINGS, *(f"{name}.png" for name in _map_names(explained))}
    names: dict[str, str] = {}
    for item in explained:
        stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(item.photo.name).stem) or "photo"
        if item.photo.sha256 not in names:
            numbered = (f"{stem}-{number}.png" for number in itertools.count(2))
            candidates = itertools.chain([f"{stem}.png"], numbered)
            name = next(name for name in candidates if name.casefold() not in taken)
            names[item.photo.sha256] = name
            taken.add(name.casefold())
    return names


def _npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()
