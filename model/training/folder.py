"""Teach a network the classes in a folder of photos: the work of `python -m model train folder`."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..errors import UserError
from ..preprocess import network_crop, read_photo_file
from ..replacing import replacing
from ..teaching import Step, Taught, as_file, features, teach
from ..teaching_settings import TeachSettings
from .runs.photos import photos_by_class


def teach_folder(
    network: AlexNet,
    folder: Path,
    settings: TeachSettings,
    progress: Callable[[float, int], object] = lambda done, total: None,
) -> Taught:
    """Return a new last layer for the classes in a folder, which has a folder of photos for each class.

    Args:
        progress: called with (photos done, photos in all).

    Raises:
        UserError: there is no such folder, a photo cannot be read, or for the reasons of `teaching.teach`.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}. Give --data a folder with a folder for each class.")
    found = photos_by_class(folder)
    total, done = sum(map(len, found.values())), 0
    plain: list[list[Tensor]] = [[] for _ in found]
    mirrored: list[list[Tensor]] = [[] for _ in found]
    for own, mirror, paths in zip(plain, mirrored, found.values(), strict=True):
        for path in paths:
            crop = network_crop(read_photo_file(path), network.architecture)
            both = np.stack([crop, crop[:, ::-1]]) if settings.mirrored else crop[None]
            vectors = features(network, network.to_input(both))[settings.layer]
            own.append(vectors[:1])
            mirror.append(vectors[-1:])
            done += 1
            progress(done, total)
    by_class, others = ([torch.cat(one) for one in side] for side in (plain, mirrored))
    return teach(by_class, others, list(found), settings)


def write(taught: Taught, base: tuple[str, str], out: Path) -> None:
    """Write the new layer, and beside it its history as CSV.

    Args:
        base: names of the architecture and the weights that were taught.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as partial:
        partial.write_bytes(as_file(taught, base))
    rows = [["step", *(field.name for field in fields(Step))]]
    rows += [[str(number), *map(str, astuple(step))] for number, step in enumerate(taught.history)]
    with replacing(out.with_suffix(".csv")) as partial, partial.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
