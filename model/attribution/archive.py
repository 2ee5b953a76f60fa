"""Explanations as one ZIP: photos, maps, and all that is needed to make them again.

cat.png                       the photo as a person sees it
1-grad-cam-282.npy, .png      the map's values [h, w] as float32, and its picture
settings.json                 network, methods, classes, layers, parameters, versions
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import platform
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np

from model.architectures import get_architecture
from model.attribution.base import Attribution
from model.attribution.picture import over_photo
from model.errors import UserError
from model.overlay import png
from model.preprocess import MAX_BYTES, Photo, read_photo

SETTINGS = "settings.json"
PACKAGES = ("torch", "captum", "numpy", "pillow", "scikit-image")
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
        settings: every parameter's value.
        values: float32 [h, w] as stored, or None where the file isn't there.
    """

    photo: Photo
    method: str
    target: int
    layer: str | None
    settings: dict[str, float]
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
    data, entries, photos = get_architecture(architecture), [], _file_names(explained)
    with zipfile.ZipFile(stream, "w") as archive:
        for sha256, name in photos.items():
            photo = next(e.photo for e in explained if e.photo.sha256 == sha256)
            archive.writestr(name, png(photo.pixels))
        for number, item in enumerate(explained, start=1):
            found = item.attribution
            name = f"{number}-{found.method.name}-{found.target}"
            archive.writestr(f"{name}.npy", _npy(found.values))
            picture = over_photo(item.photo, data, found, side=side, opacity=opacity)
            archive.writestr(f"{name}.png", png(picture))
            entries.append(
                {
                    "image": photos[item.photo.sha256],
                    "method": found.method.name,
                    "target": found.target,
                    "label": item.label,
                    "layer": found.layer or None,
                    "settings": dict(found.settings),
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
            "again": f"python -m model explain --from {SETTINGS}",
        }
        archive.writestr(SETTINGS, json.dumps(settings, indent=2), zipfile.ZIP_DEFLATED)


def versions() -> dict[str, str]:
    """Of Python and of the packages that a map's numbers depend on."""
    return {
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in PACKAGES},
    }


def read(path: Path) -> Archive:
    """An archive, or the settings.json of an unpacked one, with the files that it names.

    Raises:
        UserError: it cannot be read, or isn't what `write` writes.
    """
    if path.suffix.lower() == ".zip":
        try:
            with zipfile.ZipFile(path) as archive:
                return _parse(path, lambda name: _member(archive, name))
        except (OSError, zipfile.BadZipFile) as error:
            raise UserError(f"{path} is not a ZIP that can be read. Export it again.") from error
    return _parse(path.with_name(SETTINGS) if path.is_dir() else path, lambda name: _beside(path, name))


def _member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    try:
        with archive.open(name) as member:
            return member.read(MAX_BYTES + 1)
    except KeyError:
        return None


def _beside(path: Path, name: str) -> bytes | None:
    """A file of the folder that the settings are in; None if it isn't there, or the name leads elsewhere."""
    file = path if name == SETTINGS else path.parent / name
    if PurePosixPath(name).name != name or not file.is_file():
        return None
    return file.read_bytes()


def _parse(path: Path, load: Callable[[str], bytes | None]) -> Archive:
    text = load(SETTINGS)
    if text is None:
        raise UserError(f"{path} holds no {SETTINGS}: it is no export of this program.")
    try:
        settings: dict[str, Any] = json.loads(text)
        recorded = tuple(_recorded(entry, load) for entry in settings["explanations"])
        return Archive(str(settings["architecture"]), str(settings["weights"]), recorded)
    except UserError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no {SETTINGS} that this program wrote. Export it again.") from error


def _recorded(entry: dict[str, Any], load: Callable[[str], bytes | None]) -> Recorded:
    name = str(entry["image"])
    picture = load(name)
    if picture is None:
        raise UserError(f"The picture {name}, which {SETTINGS} names, is not beside it.")
    stored = load(str(entry["values"]))
    return Recorded(
        photo=read_photo(picture, name),
        method=str(entry["method"]),
        target=int(entry["target"]),
        layer=None if entry["layer"] is None else str(entry["layer"]),
        settings={str(name): float(value) for name, value in entry["settings"].items()},
        values=None if stored is None else np.load(io.BytesIO(stored), allow_pickle=False),
    )


def _file_names(explained: Sequence[Explained]) -> dict[str, str]:
    """A file name for each photo, by its SHA-256."""
    names: dict[str, str] = {}
    for item in explained:
        stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(item.photo.name).stem) or "photo"
        if item.photo.sha256 not in names:
            name = f"{stem}.png"
            names[item.photo.sha256] = f"{stem}-{len(names) + 1}.png" if name in names.values() else name
    return names


def _npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()
