"""Tests of claims about training, on the runs that come with this project and the page Training shows.

Whatever the network and the photo, they find the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..alexnet import AlexNet
from ..errors import UserError
from ..parameters import Choice
from ..preprocess import Photo
from ..training.runs import record
from ..training.runs.shelf import RECORDED
from .evidence import Evidence, Lines, Table, Test

RELU, TANH, DECAY = "relu", "tanh", "weight-decay"
WINDOW = 10  # points of a run, a fifth of an epoch, over which a curve is smoothed
PHOTOS = 50_000  # of an epoch of CIFAR-10
PAPER = 6  # times fewer iterations, the paper says


def smoothed(name: str, quantity: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a curve of a recorded run in training, as means over a fifth of an epoch.

    Args:
        quantity: "loss" or "accuracy".

    Returns:
        Where each mean's part of the run ends, in epochs, and the means: float64 [n] each.
    """
    points = record.read_points(RECORDED / name)
    if not points:
        raise UserError(f"The recorded run {name} is missing. Restore it with: git checkout assets")
    values = np.array([getattr(point, quantity) for point in points])
    means = np.convolve(values, np.ones(WINDOW) / WINDOW, mode="valid")
    return np.array([point.epoch for point in points])[WINDOW - 1 :], means


def _together(runs: Mapping[str, str], quantity: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the smoothed curves of some runs, by title, as far as the shortest run goes."""
    curves = {title: smoothed(name, quantity) for title, name in runs.items()}
    epochs = min((epochs for epochs, _ in curves.values()), key=len)
    return epochs, {title: means[: len(epochs)] for title, (_, means) in curves.items()}


def first_below(epochs: np.ndarray, errors: np.ndarray, target: float) -> float | None:
    """Return the epoch at which a curve is below the target for the first time; None if it never is."""
    below = np.flatnonzero(errors < target)
    return float(epochs[below[0]]) if len(below) else None


def _relu_faster(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    target = float(settings["error"])
    x, curves = _together({"ReLU": RELU, "tanh": TANH}, "accuracy")
    errors = {title: 100 * (1 - means) for title, means in curves.items()}
    relu_at, tanh_at = (first_below(x, one, target) for one in errors.values())
    lines = Lines(
        "Error on the training photos in two recorded runs of the network for CIFAR-10. Only the activation "
        "function differs. Each point is a mean over a fifth of an epoch, with dropout.",
        "epoch",
        "training error in %",
        x,
        errors,
    )
    batch = record.read_settings(RECORDED / RELU)[0].batch_size
    told = [
        f"with {title} after **{at * PHOTOS / batch:,.0f} iterations**"
        if at
        else f"with {title} not within {x[-1]:.0f} epochs"
        for title, at in zip(errors, (relu_at, tanh_at), strict=True)
    ]
    finding = f"The training error falls below {target:.0f} %: {', '.join(told)}. "
    ratio = tanh_at / relu_at if relu_at and tanh_at else None
    if ratio:
        finding += f"So tanh needs **{ratio:.1f} times** as many as ReLU; in the paper it was {PAPER} times. "
    finding += (
        "Unlike in the paper, both runs use Adam, the same learning rate, and initial weights that were made "
        "for tanh (Glorot's)."
    )
    # A run without an end says nothing about a factor, but it shows who is ahead.
    return Evidence(finding, (lines,), confirms=ratio < PAPER / 2 if ratio else relu_at is not None)


def _weight_decay(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    quantity = settings["quantity"]
    runs = {"without weight decay": RELU, "with weight decay": DECAY}
    x, curves = _together(runs, quantity)
    percent = 100 if quantity == "accuracy" else 1
    lines = Lines(
        "Two recorded runs with the network for CIFAR-10. Only the weight decay differs.",
        "epoch",
        "training accuracy in %" if percent == 100 else "training loss",
        x,
        {title: percent * means for title, means in curves.items()},
    )
    last = min(len(record.read_history(RECORDED / name)) for name in runs.values())
    rows, sizes = [], {}
    for title, name in runs.items():
        epoch = record.read_history(RECORDED / name)[last - 1]
        conv1 = next(s for s in record.read_snapshots(RECORDED / name) if s.epoch >= last).weight
        sizes[title] = float(np.sqrt(np.mean(np.square(conv1.astype(np.float64)))))
        rows.append(
            (title, 100 * epoch.accuracy, 100 * epoch.validation_accuracy, epoch.loss, round(sizes[title], 4))
        )
    table = Table(
        f"The same runs after {last} epochs.",
        ("run", "training, % right", "validation, % right", "training loss", "typical weight of conv1"),
        rows,
    )
    own = record.read_settings(RECORDED / DECAY)[0]
    steps = last * PHOTOS / own.batch_size
    kept = (1 - own.learning_rate * own.weight_decay) ** steps
    paper = (1 - 0.01 * 0.0005) ** steps
    (_, before, valid_before, *_), (_, after, valid_after, *_) = rows
    finding = (
        f"After {last} epochs without weight decay, {before:.1f} % of the training photos and "
        f"{valid_before:.1f} % of the validation photos are right; with it, **{after:.1f} %** and "
        f"**{valid_after:.1f} %**. A weight decay of {own.weight_decay:g} alone would shrink every weight to "
        f"{kept:.0%} in these {steps:,.0f} steps. The paper's 0.0005 with its learning rate of 0.01 would "
        f"leave {paper:.0%} after so few: too little to see."
    )
    smaller = sizes["with weight decay"] < sizes["without weight decay"]
    return Evidence(finding, (lines, table), confirms=smaller)


TESTS = (
    Test(
        "relu-six-times-faster",
        _relu_faster,
        (
            Choice(
                "error",
                "training error to reach",
                tuple((str(error), f"{error} %") for error in (40, 60, 50, 28)),
            ),
        ),
    ),
    Test(
        "weight-decay",
        _weight_decay,
        (Choice("quantity", "curve", (("loss", "loss"), ("accuracy", "accuracy"))),),
    ),
)
