"""The files in a run's folder: settings, history, conv1 as it changes, predictions, weights."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import UserError
from ...replacing import replacing
from ...validation import confusion
from .settings import RunSettings

if TYPE_CHECKING:  # pages read these files without waiting for PyTorch
    from torch import Tensor

    from ...alexnet import AlexNet

SETTINGS, HISTORY, POINTS, CURVES = "run.json", "history.csv", "points.csv", "curves.png"
FILTERS, PREDICTIONS, WEIGHTS = "filters.npz", "predictions.npz", "weights.safetensors"
MISTAKES, DRAWN = 40, 60  # photos whose pixels are kept for the page


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


@dataclass(frozen=True)
class Point:
    """Means over a part of an epoch, each batch before the step that learns from it, with dropout.

    Attributes:
        epoch: where the part ends: 2.5 is in the middle of the third epoch.
    """

    epoch: float
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Snapshot:
    """conv1 at a moment of the run. With it, conv1's feature maps of any photo can be computed.

    Attributes:
        epoch: as in `Point`; 0 is before the first step.
        weight: float16 [96, 3, 3, 3]
        bias: float16 [96]
    """

    epoch: float
    weight: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Predictions:
    """What the network says about the validation photos.

    Attributes:
        probabilities: of every class for each photo, float16 [photos, classes].
        labels: each photo's class, int16 [photos].
        shown: indices of the photos whose pixels are stored, int32 [shown].
        pixels: uint8 [shown, height, width, 3].
    """

    probabilities: np.ndarray
    labels: np.ndarray
    shown: np.ndarray
    pixels: np.ndarray

    @property
    def guesses(self) -> np.ndarray:
        """Return the most probable class of each photo. int64 [photos]"""
        return self.probabilities.argmax(1)

    @property
    def confusion(self) -> np.ndarray:
        """Return how often a photo of the row's class was given the column's. int64 [classes, classes]"""
        return confusion(self.labels, self.guesses, self.probabilities.shape[1])


def write_settings(
    folder: Path, settings: RunSettings, classes: Sequence[str], facts: dict[str, Any]
) -> None:
    """Write all that is needed to repeat a run.

    Args:
        facts: further facts, such as where the photos come from.
    """
    content = {**facts, "settings": settings.as_json(), "classes": list(classes)}
    with replacing(folder / SETTINGS) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def read_settings(folder: Path) -> tuple[RunSettings, tuple[str, ...], dict[str, Any]]:
    """Return the settings, the classes and the further facts that `write_settings` has written.

    Raises:
        UserError: the folder has no run.
    """
    try:
        facts = json.loads((folder / SETTINGS).read_text("utf-8"))
        return RunSettings(**facts.pop("settings")), tuple(facts.pop("classes")), facts
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{folder} has no run: {SETTINGS} is missing or damaged.") from error


def write_history(folder: Path, history: Sequence[Epoch]) -> None:
    """Write one line for each epoch."""
    _write_rows(folder / HISTORY, Epoch, history)


def read_history(folder: Path) -> list[Epoch]:
    """Return the epochs that `write_history` has written; none if there is no such file yet."""
    return [Epoch(int(number), *rest) for number, *rest in _read_rows(folder / HISTORY, Epoch)]


def write_points(folder: Path, points: Sequence[Point]) -> None:
    """Write one line for each part of an epoch."""
    _write_rows(folder / POINTS, Point, points)


def read_points(folder: Path) -> list[Point]:
    """Return the points that `write_points` has written; none if there is no such file yet."""
    return [Point(*row) for row in _read_rows(folder / POINTS, Point)]


def _write_rows(path: Path, kind: type[Any], rows: Sequence[Any]) -> None:
    with replacing(path) as partial, partial.open("w", newline="") as file:
        csv.writer(file).writerows([[one.name for one in fields(kind)], *map(astuple, rows)])


def _read_rows(path: Path, kind: type[Any]) -> list[list[float]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [[float(row[one.name]) for one in fields(kind)] for row in csv.DictReader(file)]


def write_snapshots(folder: Path, snapshots: Sequence[Snapshot]) -> None:
    """Write conv1's weights and biases at every moment that was kept."""
    with replacing(folder / FILTERS) as partial, partial.open("wb") as file:
        np.savez_compressed(
            file,
            epochs=np.array([one.epoch for one in snapshots]),
            weights=np.stack([one.weight for one in snapshots]),
            biases=np.stack([one.bias for one in snapshots]),
        )


def read_snapshots(folder: Path) -> list[Snapshot]:
    """Return the snapshots that `write_snapshots` has written; none if there is no such file yet."""
    if not (folder / FILTERS).exists():
        return []
    with np.load(folder / FILTERS) as stored:
        columns = (stored[name] for name in ("epochs", "weights", "biases"))
        return [Snapshot(float(at), weight, bias) for at, weight, bias in zip(*columns, strict=True)]


def write_predictions(folder: Path, probabilities: np.ndarray, labels: np.ndarray, pixels: Tensor) -> None:
    """Write what the network says about each validation photo, and some of the photos.

    Args:
        probabilities: of all classes, [photos, classes].
        labels: each photo's class, int64 [photos].
        pixels: of all photos, uint8 [photos, 3, height, width].
    """
    shown = worth_showing(probabilities, labels)
    with replacing(folder / PREDICTIONS) as partial, partial.open("wb") as file:
        np.savez_compressed(
            file,
            probabilities=probabilities.astype(np.float16),
            labels=labels.astype(np.int16),
            shown=shown.astype(np.int32),
            pixels=pixels[shown].permute(0, 2, 3, 1).numpy(),
        )


def worth_showing(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the indices of the most confident mistakes, then of photos drawn at random.

    [photos, classes] and [photos] -> [at most MISTAKES + DRAWN]
    """
    guesses, confidence = probabilities.argmax(1), probabilities.max(1)
    wrong = np.flatnonzero(guesses != labels)
    mistakes = wrong[np.argsort(-confidence[wrong], kind="stable")][:MISTAKES]
    others = np.setdiff1d(np.arange(len(labels)), mistakes)
    return np.concatenate([mistakes, np.random.default_rng(0).permutation(others)[:DRAWN]])


def read_predictions(folder: Path) -> Predictions | None:
    """Return what `write_predictions` has written, or None if the run has not ended yet."""
    if not (folder / PREDICTIONS).exists():
        return None
    with np.load(folder / PREDICTIONS) as stored:
        return Predictions(*(stored[one.name] for one in fields(Predictions)))


def write_weights(
    folder: Path, network: AlexNet, settings: RunSettings, classes: Sequence[str], right: float, photos: int
) -> None:
    """Write the weights. Their classes, settings and accuracy are in the file, too.

    Args:
        right: share of the validation photos whose class is the first guess, 0..1.
        photos: number of validation photos.
    """
    from safetensors.torch import save_file

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
