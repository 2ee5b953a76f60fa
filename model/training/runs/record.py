"""The files in a run's folder: settings, history, filters after each epoch, predictions, weights."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file

from ...alexnet import AlexNet
from ...errors import UserError
from ...replacing import replacing
from .settings import RunSettings

SETTINGS, HISTORY, CURVES = "run.json", "history.csv", "curves.png"
FILTERS, PREDICTIONS, WEIGHTS = "filters.npz", "predictions.npz", "weights.safetensors"


@dataclass(frozen=True)
class Epoch:
    """What one pass over all training photos gave.

    Attributes:
        number: from 1.
        loss, accuracy: means over the epoch's batches, each before the step that learns from it, with
            dropout. So they lag behind what the network knows at the end of the epoch, as in Keras.
        validation_loss, validation_accuracy: at the end of the epoch, without dropout.
        seconds: of training, without validation.
    """

    number: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


def write_settings(
    folder: Path, settings: RunSettings, classes: Sequence[str], facts: dict[str, Any]
) -> None:
    """Write all that is needed to repeat a run.

    Args:
        facts: further facts, such as where the photos come from.
    """
    content = {"settings": settings.as_json(), "classes": list(classes), **facts}
    with replacing(folder / SETTINGS) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def read_settings(folder: Path) -> tuple[RunSettings, tuple[str, ...]]:
    """Return the settings and the classes of the run in a folder.

    Raises:
        UserError: the folder has no run.
    """
    try:
        stored = json.loads((folder / SETTINGS).read_text("utf-8"))
        return RunSettings(**stored["settings"]), tuple(stored["classes"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{folder} has no run that could be continued: {SETTINGS} is missing or damaged."
        ) from error


def write_history(folder: Path, history: Sequence[Epoch]) -> None:
    """Write one line for each epoch."""
    rows = [[field.name for field in fields(Epoch)], *map(list, map(astuple, history))]
    with replacing(folder / HISTORY) as partial, partial.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def read_history(folder: Path) -> list[Epoch]:
    """Return the epochs that `write_history` has written."""
    with (folder / HISTORY).open(newline="") as file:
        return [
            Epoch(int(row["number"]), *(float(row[field.name]) for field in fields(Epoch)[1:]))
            for row in csv.DictReader(file)
        ]


def write_filters(folder: Path, filters: Sequence[np.ndarray]) -> None:
    """Write conv1's weights before the first epoch and after each: float16 [epochs + 1, 96, 3, 3, 3]."""
    np.savez(folder / FILTERS, filters=np.stack(filters))


def write_predictions(folder: Path, probabilities: np.ndarray, labels: np.ndarray) -> None:
    """Write each validation photo's class, and the probabilities of all classes: float16 [n, classes]."""
    np.savez(folder / PREDICTIONS, probabilities=probabilities.astype(np.float16), labels=labels)


def write_weights(
    folder: Path, network: AlexNet, settings: RunSettings, classes: Sequence[str], right: float, photos: int
) -> None:
    """Write the weights. Their classes, settings and accuracy are in the file, too.

    Args:
        right: share of the validation photos whose class is the first guess, 0..1.
        photos: number of validation photos.
    """
    about = {
        "classes": json.dumps(list(classes)),
        "settings": json.dumps(settings.as_json()),
        "accuracy": json.dumps({"right": right, "photos": photos}),
    }
    state = {
        name: tensor.detach().float().cpu().contiguous() for name, tensor in network.state_dict().items()
    }
    with replacing(folder / WEIGHTS) as partial:
        save_file(state, partial, about)


def draw_curves(folder: Path, history: Sequence[Epoch]) -> None:
    """Draw loss and accuracy of training and validation, a panel for each."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    epochs = [one.number for one in history]
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for values, label, style in ((name, "training", "o-"), (f"validation_{name}", "validation", "s--")):
            axes.plot(epochs, [getattr(one, values) for one in history], style, label=label)
        axes.set(title=name, xlabel="epoch")
        axes.legend()
    figure.savefig(folder / CURVES, dpi=150)
