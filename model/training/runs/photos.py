"""Read labelled photos: CIFAR-10's own files, folders of class folders, or drawn shapes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from ...errors import UserError
from ...predict import class_names
from ...preprocess import EXTENSIONS, central_square, read_photo_file
from ...validation import EVERY, is_for_validation
from .generated import generated_photos
from .labelled import LabelledPhotos, Photos
from .photos_here import CIFAR10, GENERATED

TRAINING, VALIDATION = ("train", "training"), ("test", "val", "validation")


def read_cifar10(folder: Path, download: bool) -> LabelledPhotos:
    """Read CIFAR-10's own files in a folder: 50,000 photos to learn from, the test set for validation.

    Args:
        download: fetch them into the folder first, if they are not there.

    Raises:
        UserError: they are not there, damaged, or cannot be downloaded.
    """
    from torchvision import datasets

    try:
        parts = [datasets.CIFAR10(str(folder), train=train, download=download) for train in (True, False)]
    except (RuntimeError, OSError) as error:
        raise UserError(
            f"{folder} has no complete copy of CIFAR-10 ({error}). Without --data it is downloaded; or give "
            f"--data a folder with {CIFAR10} in it, or one with a folder for each class."
        ) from error
    training, validation = (
        Photos(torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(part.targets))
        for part in parts
    )
    return LabelledPhotos(training, validation, class_names("cifar10"), "CIFAR-10's own files")


def read_folders(folder: Path, size: int) -> LabelledPhotos:
    """Read photos from class folders: FOLDER/CLASS, or FOLDER/train/CLASS and FOLDER/test/CLASS.

    Args:
        size: each photo's central square is scaled to this size.

    Raises:
        UserError: there are fewer than two classes, a class has too few photos, the two parts have different
            classes, or a photo cannot be read.
    """
    parts = [
        next((folder / n for n in names if (folder / n).is_dir()), None) for names in (TRAINING, VALIDATION)
    ]
    if all(parts):
        first, second = (photos_by_class(part) for part in parts if part)
        if first.keys() != second.keys():
            odd = ", ".join(sorted(first.keys() ^ second.keys()))
            raise UserError(f"These classes are in only one of {parts[0]} and {parts[1]}: {odd}.")
    else:
        whole = photos_by_class(folder)
        first = {
            name: [p for i, p in enumerate(paths) if not is_for_validation(i)]
            for name, paths in whole.items()
        }
        second = {
            name: [p for i, p in enumerate(paths) if is_for_validation(i)] for name, paths in whole.items()
        }
    if len(first) < 2:
        raise UserError(
            f"{folder} needs a folder of photos for each class, at least two. It has {len(first)}."
        )
    for part in (first, second):
        if empty := next((name for name, paths in part.items() if not paths), None):
            raise UserError(f"The class {empty} in {folder} needs at least {EVERY} photos.")
    classes = tuple(first)
    return LabelledPhotos(_read(first, size), _read(second, size), classes, f"the folder {folder.name}")


def photos_by_class(folder: Path) -> dict[str, list[Path]]:
    """Return the paths of all photos by class, in the order of their names."""
    found = {one.name: sorted(_photos(one)) for one in sorted(folder.iterdir()) if one.is_dir()}
    return {name: paths for name, paths in found.items() if paths}


def _photos(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix.lower().lstrip(".") in EXTENSIONS)


def _read(by_class: dict[str, list[Path]], size: int) -> Photos:
    pixels = [
        np.asarray(central_square(read_photo_file(path), size))
        for paths in by_class.values()
        for path in paths
    ]
    labels = [label for label, paths in enumerate(by_class.values()) for _ in paths]
    return Photos(torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels))


def read(data: Path | None, size: int, cache: Path) -> LabelledPhotos:
    """Read the photos for a run.

    Args:
        data: a folder with CIFAR-10's own files in it, or of class folders; the word "generated" for drawn
            shapes; None to use, and if need be download, CIFAR-10 in `cache`.
        size: height and width of the network's input.

    Raises:
        UserError: there is no such folder, or for the reasons of the two functions above.
    """
    if data is None:
        return read_cifar10(cache, download=True)
    if data == Path(GENERATED):
        return generated_photos(size)
    if not data.is_dir():
        raise UserError(f"There is no folder {data}. Give --data a folder of photos, or leave it out.")
    if (data / CIFAR10).is_dir():
        return read_cifar10(data, download=False)
    return read_folders(data, size)
