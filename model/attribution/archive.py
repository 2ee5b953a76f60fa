"""Write and read a ZIP with attributions, their photos, and everything needed to compute them again.

cat.png                       the photo as a person sees it
1-grad-cam-282.npy, .png      the attribution's values as float32 [h, w], and its heat map
settings.json                 network, methods, targets, layers, parameters, versions
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

from ..errors import PROGRAM, UserError, cannot_read
from ..networks import get_architecture
from ..overlay import png
from ..parameters import completed
from ..preprocess import Photo, read_photo
from ..question import Question, Setting
from . import get_method
from .base import Attribution
from .picture import over_photo

SETTINGS = "settings.json"
PACKAGES = ("torch", "captum", "numpy", "pillow", "scikit-image")
MAX_BYTES = 200 * 2**20  # of one file: the PNG of a long photo is far larger than the JPEG that was uploaded
PICTURE_SIDE = 681  # three times the network's input


@dataclass(frozen=True)
class Explained:
    """An attribution, its photo, and the name of its target."""

    photo: Photo
    attribution: Attribution
    label: str


@dataclass(frozen=True)
class Recorded:
    """An attribution as an archive records it.

    Attributes:
        question: the question that it answers.
        values: float32 [h, w] as stored, or None if the archive lacks the file.
    """

    photo: Photo
    question: Question
    values: np.ndarray | None


@dataclass(frozen=True)
class Archive:
    """The contents of an archive: the names of architecture and weights, and all attributions."""

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
        side, opacity: of the pictures of heat maps.
    """
    data, entries = get_architecture(architecture), []
    photos, maps = _photo_names(explained), _map_names(explained)
    with zipfile.ZipFile(stream, "w") as archive:
        for sha256, name in photos.items():
            photo = next(e.photo for e in explained if e.photo.sha256 == sha256)
            archive.writestr(name, png(photo.pixels))
        for name, item in zip(maps, explained, strict=True):
            attribution = item.attribution
            archive.writestr(f"{name}.npy", _npy(attribution.values))
            picture = over_photo(item.photo, data, attribution, side=side, opacity=opacity)
            archive.writestr(f"{name}.png", png(picture))
            entries.append(
                {
                    "image": photos[item.photo.sha256],
                    "method": attribution.method.name,
                    "target": attribution.question.target,
                    "label": item.label,
                    "layer": attribution.question.layer,
                    "settings": dict(attribution.question.settings),
                    "logit": attribution.logit,
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
    """Return the versions of Python and of the packages that an attribution's numbers depend on."""
    return {
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in PACKAGES},
    }


def read(path: Path) -> Archive:
    """Read an archive.

    Args:
        path: a ZIP; or, of an unpacked one, the settings.json or the folder that contains it.

    Raises:
        UserError: it cannot be read, is damaged, or has not been written by `write`.
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
        raise cannot_read(error.filename or path, error) from error


# On damaged bytes the readers of ZIPs and .npy files raise almost any exception, from RuntimeError to
# zlib.error. The next three functions call nothing else, so that catching all exceptions hides no bug of
# ours.


def _opened(path: Path, stream: BinaryIO) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(stream)
    except Exception as error:
        raise UserError(f"{path} is not a readable ZIP. Save it again.") from error
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise UserError(f"{path} contains two files with the same name. Save it again.")
    return archive


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes | None:
    """Return a file of an archive, at most `MAX_BYTES` + 1 bytes of it; None if there is no such file."""
    if name not in archive.namelist():
        return None
    try:
        with archive.open(name) as member:
            return member.read(MAX_BYTES + 1)
    except Exception as error:
        raise UserError(f"{name} in {path} is damaged or encrypted. Save it again.") from error


def _map(data: bytes, name: str) -> np.ndarray:
    """Return the attribution in the bytes of a .npy file: [h, w]."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy and Python warn of odd headers
            values = np.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:
        raise UserError(f"{name} is damaged: no attribution can be read from it. Save it again.") from error
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind not in "fiu":
        raise UserError(
            f"{name} contains no attribution: it needs rows and columns of numbers. Save it again."
        )
    return values


def _beside(path: Path, name: str) -> bytes | None:
    """Return a file in the folder of the settings, at most `MAX_BYTES` + 1 bytes of it.

    Return None if there is no such file or its name leads to another folder: on Windows with either slash.
    """
    file = path if name == SETTINGS else path.parent / name
    if file != path and (PureWindowsPath(name).name != name or not file.is_file()):
        return None
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _parse(path: Path, load: Callable[[str], bytes | None]) -> Archive:
    text = load(SETTINGS)
    if text is None:
        raise UserError(f"{path} contains no {SETTINGS}: it was not written by this program.")
    try:
        settings: dict[str, Any] = json.loads(text)
        entries = settings["explanations"]
        _check_names(path, entries)
        recorded = tuple(_recorded(entry, load) for entry in entries)
        return Archive(str(settings["architecture"]), str(settings["weights"]), recorded)
    except UserError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise UserError(
            f"The {SETTINGS} in {path} was not written by this program. Save it again."
        ) from error


def _check_names(path: Path, entries: Sequence[dict[str, Any]]) -> None:
    """Check that no photo has the name of a heat map's picture, as in files of older versions.

    Raises:
        UserError: two files have the same name.
    """
    lost = {entry["image"] for entry in entries} & {entry.get("picture") for entry in entries}
    if lost:
        raise UserError(f"{path} names {lost.pop()} as a photo and as a heat map. Save it again.")


def _recorded(entry: dict[str, Any], load: Callable[[str], bytes | None]) -> Recorded:
    name, values_name = str(entry["image"]), str(entry["values"])
    picture, stored = load(name), load(values_name)
    if picture is None:
        raise UserError(f"The photo {name} is not beside {SETTINGS}, which names it.")
    method = get_method(str(entry["method"]))
    settings = {str(name): _setting(value) for name, value in entry["settings"].items()}
    return Recorded(
        photo=read_photo(picture, name, MAX_BYTES),
        question=Question(
            method=method.name,
            target=int(entry["target"]),
            layer=None if entry["layer"] is None else str(entry["layer"]),
            settings=tuple(completed(method.title, method.parameters, settings).items()),
        ),
        values=None if stored is None else _map(stored, values_name),
    )


def _setting(value: Any) -> Setting:
    return value if isinstance(value, str) else float(value)


def _map_names(explained: Sequence[Explained]) -> list[str]:
    """Return the name of each attribution's files, without the ending: "1-grad-cam-282"."""
    return [
        f"{number}-{item.attribution.method.name}-{item.attribution.question.target}"
        for number, item in enumerate(explained, start=1)
    ]


def _photo_names(explained: Sequence[Explained]) -> dict[str, str]:
    """Return a file name for each photo, by its SHA-256, that no other file in the archive has.

    Names that differ only in case count as the same, as they do on many file systems.
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
