"""Measure how good a file of weights is, on validation photos."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..activations import capture
from ..alexnet import AlexNet, LocalResponseNorm
from ..architectures import ARCHITECTURES
from ..attribution import explain
from ..calibration import Calibration, measure
from ..layer_specs import PAPER_LRN
from ..weights.formats import read_weights
from .distill import Distillation
from .filters import correlations
from .gate import logits, network_view, photographs_of_classes, sure_rows
from .pictures import Pictures
from .source import Kernels, SourceMaps
from .teacher import Teacher
from .towers import relative_change

SAMPLE = 2000  # number of validation photos, evenly spread over the collection
CLOSE_LOOK = 200  # number of them for which Grad-CAM is tested


def read_student(path: Path) -> AlexNet:
    """Return the paper's network with the weights in a file."""
    network = AlexNet(ARCHITECTURES["alexnet-2012"], PAPER_LRN)
    network.load_state_dict(read_weights(path))
    return network.freeze()


def report(path: Path, pictures: Pictures, run: Distillation) -> dict[str, Any]:
    """Return all measurements of the weights in a file, for report.json."""
    network = read_student(path)
    rows = validation_rows(pictures, SAMPLE)
    found: dict[str, Any] = {
        "file_bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "steps": {name: len(losses) for name, losses in run.losses.items()},
        "largest_filter_correlation": float(correlations(network.get_parameter("conv1.weight")).max()),
    }
    found |= agreement(path, pictures)
    if not len(rows):
        return {**found, "note": "no labelled validation pictures"}
    views = [network_view(network, pictures[i]) for i in rows]
    labels, groups = pictures.label[rows].astype(int), np.array(pictures.groups)[pictures.group[rows]]
    crops = [(network.to_input(view[None]), int(label)) for view, label in zip(views, labels, strict=True)]
    return {
        **found,
        "validation_pictures": len(rows),
        "validation_classes": len(set(labels)),
        **accuracy(rankings(network, crops), labels, groups),
        "teacher": accuracy(teacher_rankings(run.teacher, views), labels, groups),
        **features(
            network, run.kernels, run.order["relu5"], [x for x, _ in crops[:: max(1, len(crops) // 500)]]
        ),
        **deletion(network, crops[:: max(1, len(crops) // CLOSE_LOOK)]),
    }


def agreement(path: Path, pictures: Pictures) -> dict[str, object]:
    """Return how often the teacher's first guess is the student's first guess or among its first five.

    Only photos on which the teacher is sure count. The result is also given by the number of training photos
    of the class, since few of them make predictions poor.
    """
    rows = sure_rows(pictures)
    if not len(rows):
        return {}
    truth = pictures.guess[rows].astype(int)
    best = np.argsort(-logits(read_student(path), pictures, rows), axis=1)[:, :5]
    shown = photographs_of_classes(pictures)[truth]
    names = np.array(["none", "1", "2 to 4", "5 to 19", "20 and more"])
    found = accuracy(best, truth, names[np.searchsorted([1, 2, 5, 20], shown, side="right")])
    found["by_photographs_of_the_class"] = found.pop("by_group")
    return {"agreement_with_a_sure_teacher": {"photographs": len(rows), **found}}


def calibration(path: Path, pictures: Pictures) -> Calibration | None:
    """Return how far the weights' probabilities can be trusted, on photos on which the teacher is sure.

    Return None if there are no such photos.
    """
    rows = sure_rows(pictures)
    if not len(rows):
        return None
    scores = logits(read_student(path), pictures, rows)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    return measure(scores, pictures.guess[rows].astype(int), f"sha256:{checksum}")


def validation_rows(pictures: Pictures, count: int) -> np.ndarray:
    """Return the indices of about `count` labelled validation photos, evenly spread."""
    rows = np.flatnonzero((pictures.split == 1) & (pictures.label >= 0))
    return rows[:: max(1, len(rows) // count)]


@torch.inference_mode()
def rankings(network: AlexNet, crops: list[tuple[Tensor, int]]) -> np.ndarray:
    """Return the student's five most probable classes for each photo: [n, 5]."""
    return np.array([network(x)[0].topk(5).indices.tolist() for x, _ in crops])


@torch.inference_mode()
def teacher_rankings(teacher: Teacher, views: list[np.ndarray], batch: int = 50) -> np.ndarray:
    """Return the teacher's five most probable classes for each crop: [n, 5]."""
    weight, bias = teacher.head
    parts = [torch.from_numpy(np.stack(views[i : i + batch])) for i in range(0, len(views), batch)]
    return torch.cat([(teacher(part) @ weight.T + bias).topk(5).indices for part in parts]).numpy()


def accuracy(guesses: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> dict[str, object]:
    """Return the share of photos whose class is the first guess or among the first five, also by group.

    Args:
        guesses: [n, 5], the most probable first.  labels: [n].  groups: [n], name of each photo's group.
    """
    hits = guesses == labels[:, None]

    def shares(hits: np.ndarray) -> dict[str, float]:
        return {"top1": float(hits[:, 0].mean()), "top5": float(hits.any(1).mean())}

    by_group = {str(name): shares(hits[groups == name]) for name in sorted(set(groups))}
    return {**shares(hits), "by_group": by_group}


def features(network: AlexNet, kernels: Kernels, order: Tensor, inputs: list[Tensor]) -> dict[str, object]:
    """Return the number of dead channels, LRN's effect, and pool5's correlation with the source's pool5."""
    largest: dict[str, Tensor] = {}
    changes: dict[str, list[float]] = {"norm1": [], "norm2": []}
    ours, theirs = [], []
    source = SourceMaps(kernels).convolutions
    for x in inputs:
        maps = capture(network, x)
        for name in ("relu1", "relu2", "relu3", "relu4", "relu5", "relu6", "relu7"):
            peak = maps[name].view(len(maps[name]), -1).amax(1)
            largest[name] = torch.maximum(largest.get(name, peak), peak)
        for name, seen in changes.items():
            layer = network.get_submodule(name)
            assert isinstance(layer, LocalResponseNorm)
            seen.append(relative_change(layer, maps[f"relu{name[-1]}"][None]))
        ours.append(maps["pool5"])
        with torch.inference_mode():
            theirs.append(source.preactivations(x)["pool5"][0, order])
    return {
        "channels_that_never_fire": {name: int((peak <= 0).sum()) for name, peak in largest.items()},
        "lrn_changes_its_input_by": {name: float(np.mean(seen)) for name, seen in changes.items()},
        "pool5_correlation": channel_correlation(torch.stack(ours), torch.stack(theirs)),
    }


def channel_correlation(ours: Tensor, theirs: Tensor) -> float:
    """Return Pearson's correlation, averaged over channels. [n, c, h, w], [n, c, h, w] -> float"""
    a, b = (maps.transpose(0, 1).flatten(1).double() for maps in (ours, theirs))
    a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
    r = (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp_min(1e-12)
    return float(r.mean())


def deletion(network: AlexNet, crops: list[tuple[Tensor, int]], area: float = 0.2) -> dict[str, float]:
    """Return how far the first guess's probability falls when its brightest area in Grad-CAM is covered."""
    drops = []
    for x, _ in crops:
        heatmap = explain(network, x, "grad-cam", int(network(x)[0].argmax())).heatmap
        drops.append(_drop(network, x, heatmap, area))
    return {"gradcam_deletion_drop": float(np.mean(drops))}


@torch.inference_mode()
def _drop(network: AlexNet, x: Tensor, heat: np.ndarray, area: float) -> float:
    before = network(x)[0]
    target = int(before.argmax())
    covered = torch.from_numpy(heat >= np.quantile(heat, 1 - area))
    return float(before[target] - network(x.masked_fill(covered, 0.0))[0, target])  # 0 is the mean colour
