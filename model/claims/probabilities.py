"""Tests of claims about the loss and the probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ..alexnet import AlexNet
from ..calibration import Calibration, calibration_of
from ..networks import get_source
from ..parameters import Number
from ..predict import labels
from ..preprocess import Photo
from .evidence import Bars, Evidence, Figure, Lines, Table, Test

SHOWN = 10  # classes in a figure


@torch.inference_mode()
def _cross_entropy(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    logits = network.logits(network.prepare(photo))[0].double().cpu()
    names, order = labels(network.architecture), logits.argsort(descending=True, stable=True)
    rank = min(int(settings["rank"]), len(logits))
    right = int(order[rank - 1])
    probabilities = logits.softmax(0)
    entropy = float(-probabilities[right].log())
    regression = float(logits.logsumexp(0) - logits[right])
    gradient = probabilities.clone()
    gradient[right] -= 1
    shown = order[:SHOWN].tolist()
    return Evidence(
        f"If **{names[right]}** is the right class, both formulas give a loss of **{entropy:.3f}**. A "
        f"network that gives all {len(logits)} classes the same probability has a loss of "
        f"{np.log(len(logits)):.3f}.",
        (
            Table(
                f"The loss for {names[right]}, computed in two ways.",
                ("name", "formula", "loss"),
                [
                    ("cross-entropy", "−log(probability of the right class)", f"{entropy:.6f}"),
                    (
                        "multinomial logistic regression",
                        "log(sum of exp(logits)) − logit of the right class",
                        f"{regression:.6f}",
                    ),
                ],
            ),
            Bars(
                "Loss for this photo if each of the best classes were the right class.",
                [names[i] for i in shown],
                [float(-probabilities[i].log()) for i in shown],
                digits=2,
            ),
            Bars(
                f"Gradient of the loss for each logit, if {names[right]} is the right class.",
                [names[i] for i in shown],
                [float(gradient[i]) for i in shown],
                digits=3,
            ),
        ),
        confirms=abs(entropy - regression) < 1e-9,  # both are computed with 64 bits
    )


def _reliability(measured: Calibration) -> Lines:
    bins = [one for one in measured.bins if one.probability is not None and one.right is not None]
    said = np.array([one.probability for one in bins], float) * 100
    return Lines(
        f"How often first guesses of the built-in weights are right, measured on {measured.photographs:,} "
        "photos.",
        "probability of the first guess, %",
        "right guesses, %",
        said,
        {
            "measured": np.array([one.right for one in bins], float) * 100,
            "if all probabilities were right": said,
        },
    )


@torch.inference_mode()
def _softmax(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    logits = network.logits(network.prepare(photo))[0].double().cpu()
    names, order = labels(network.architecture), logits.argsort(descending=True, stable=True)
    temperature = float(settings["temperature"])
    usual, changed = logits.softmax(0), (logits / temperature).softmax(0)
    # The order of the probabilities may only differ between classes that both round to the same number.
    keeps_order = bool((changed[order].diff() <= 0).all())
    first = int(order[0])
    measured = calibration_of(get_source("embedded").checksum)
    figures: list[Figure] = [
        Table(
            f"The best classes at a temperature of 1 and of {temperature:g}.",
            ("class", "logit", "at 1, %", f"at {temperature:g}, %"),
            [
                (
                    names[i],
                    round(float(logits[i]), 2),
                    *(round(100 * float(p[i]), 1) for p in (usual, changed)),
                )
                for i in order[:SHOWN].tolist()
            ],
        )
    ]
    if measured is not None:
        figures.append(_reliability(measured))
    return Evidence(
        f"At a temperature of {temperature:g}, **{names[first]}** has **{100 * float(changed[first]):.1f} "
        f"%** instead of {100 * float(usual[first]):.1f} %. In both cases all probabilities sum to "
        f"**{float(changed.sum()):.3f}**, and the order of the classes is the same.",
        tuple(figures),
        confirms=abs(float(changed.sum()) - 1) < 1e-9 and abs(float(usual.sum()) - 1) < 1e-9 and keeps_order,
    )


TESTS = (
    Test(
        "loss-cross-entropy",
        _cross_entropy,
        (Number("rank", "the right class, by its rank in the prediction", 1, 1, SHOWN),),
    ),
    Test(
        "softmax-probabilities",
        _softmax,
        (Number("temperature", "temperature by which all logits are divided", 2, 0.2, 5, 0.1),),
    ),
)
