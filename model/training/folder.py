"""Teach a network the classes in a folder of photos: the work of `python -m model train folder`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple, fields, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from ..alexnet import AlexNet
from ..errors import UserError
from ..last_layers import Step, Taught
from ..preprocess import Photo, read_photo_file
from ..replacing import replacing
from ..teaching import about, as_file, features, taught_network, teach
from ..teaching_settings import TOP, TeachSettings
from ..validation import confusion, is_for_validation
from ..variations import inputs_of
from .fine_tune import TuneSettings, fine_tune, logits_of
from .runs.photos import photos_by_class

Progress = Callable[[float, int], object]


def teach_folder(
    network: AlexNet,
    folder: Path,
    settings: TeachSettings,
    progress: Progress = lambda done, total: None,
) -> Taught:
    """Return what a network learns of the classes in a folder, which has a folder of photos for each class.

    Args:
        progress: called with (photos done, photos in all).

    Raises:
        UserError: there is no such folder, a photo cannot be read, or for the reasons of `teaching.teach`.
    """
    classes = _classes(folder)
    found: list[list[Tensor]] = [[] for _ in classes]
    for label, photo in _photos(classes, progress):
        # Photos for validation are not varied.
        variations = "none" if is_for_validation(len(found[label])) else settings.variations
        inputs = inputs_of(photo, network.architecture, variations, settings.seed)
        found[label].append(features(network, network.to_input(inputs))[settings.reads])
    return teach(found, list(classes), settings, network)


def fine_tune_folder(
    network: AlexNet,
    folder: Path,
    taught: Taught,
    settings: TuneSettings,
    progress: Progress = lambda done, total: None,
) -> tuple[AlexNet, Taught]:
    """Let all layers of a network with a new last layer go on learning the photos in a folder.

    All inputs are in memory at the same time, 150 kB each where they are 227 x 227.

    Args:
        taught: what `teach_folder` returned for the same network and folder.
        progress: called with (steps done, steps in all).

    Returns:
        The network, and the last layer in it; its history goes on with the accuracy after each epoch.
    """
    parts: tuple[list[np.ndarray], list[np.ndarray]] = [], []
    labels: tuple[list[int], list[int]] = [], []
    seen = [0] * len(taught.classes)
    for label, photo in _photos(_classes(folder), lambda done, total: None):
        part = is_for_validation(seen[label])
        variations = "none" if part else taught.settings.variations
        parts[part].append(inputs_of(photo, network.architecture, variations, taught.settings.seed))
        labels[part].append(label)
        seen[label] += 1
    training, validation = (
        (np.stack(crops), torch.tensor(own)) for crops, own in zip(parts, labels, strict=True)
    )
    tuned, history = fine_tune(taught_network(network, taught), training, validation, settings, progress)
    weight, bias = (tuned.get_parameter(f"{TOP}.{name}").cpu() for name in ("weight", "bias"))
    crops, own = validation
    guesses = logits_of(tuned, crops[:, 0]).argmax(1)
    return tuned, replace(
        taught,
        weight=weight,
        bias=bias,
        changes={},  # all layers have changed now, and the network has them
        history=(*taught.history, *history),
        confusion=confusion(own.numpy(), guesses.numpy(), len(taught.classes)),
    )


def _classes(folder: Path) -> dict[str, list[Path]]:
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}. Give --data a folder with a folder for each class.")
    return photos_by_class(folder)


def _photos(classes: dict[str, list[Path]], progress: Progress) -> Iterator[tuple[int, Photo]]:
    """Yield each photo with its label, class by class."""
    total, done = sum(map(len, classes.values())), 0
    for label, paths in enumerate(classes.values()):
        for path in paths:
            yield label, read_photo_file(path)
            done += 1
            progress(done, total)


def write(taught: Taught, base: tuple[str, str], out: Path) -> None:
    """Write what was learned, and beside it its history as CSV.

    Args:
        base: names of the architecture and the weights that were taught.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as partial:
        partial.write_bytes(as_file(taught, base))
    _write_history(taught, out)


def write_whole(
    network: AlexNet, taught: Taught, settings: TuneSettings, base: tuple[str, str], out: Path
) -> None:
    """Write all weights of a network that was fine-tuned, and beside them the history as CSV.

    Args:
        The same as returned by `fine_tune_folder`, and as for `write`.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    with replacing(out) as partial:
        save_file(state, partial, {**about(taught, base), "tuned": json.dumps(asdict(settings))})
    _write_history(taught, out)


def _write_history(taught: Taught, out: Path) -> None:
    rows = [["step", "layers", *(field.name for field in fields(Step))]]
    for number, step in enumerate(taught.history):
        layers = "last" if number <= taught.settings.steps else "all"
        rows.append([str(number), layers, *map(str, astuple(step))])
    with replacing(out.with_suffix(".csv")) as partial, partial.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
