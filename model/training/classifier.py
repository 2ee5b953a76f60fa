"""Trains fc6 to fc8 on cached pool5 features, towards the teacher's probabilities and the known labels."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.training.progress import Progress


@dataclass(frozen=True)
class Settings:
    """Everything that a run of this stage depends on, besides its data."""

    steps: int = 1000
    batch: int = 512
    learning_rate: float = 1.5e-4
    warm_up: int = 20
    weight_decay: float = 0.02
    label_share: float = 0.2  # of the target, where a label is known; the rest is the teacher's
    mixed_share: float = 0.3  # of samples blended with another one
    seed: int = 0
    save_every: int = 100


@dataclass(frozen=True)
class Samples:
    """features(rows) -> [n, inputs]; teacher float16 [rows, classes]; label int64 [rows] or -1."""

    features: Callable[[Tensor], Tensor]
    teacher: Tensor
    label: Tensor


def classifier(inputs: int = 9216, hidden: int = 4096, classes: int = 1000) -> nn.Sequential:
    """fc6 to fc8 with dropout, named as in the paper's network."""
    layers = nn.Sequential()
    for name, layer in (
        ("drop5", nn.Dropout(0.1)),
        ("fc6", nn.Linear(inputs, hidden)),
        ("relu6", nn.ReLU()),
        ("drop6", nn.Dropout(0.5)),
        ("fc7", nn.Linear(hidden, hidden)),
        ("relu7", nn.ReLU()),
        ("drop7", nn.Dropout(0.5)),
        ("fc8", nn.Linear(hidden, classes)),
    ):
        layers.add_module(name, layer)
    return layers


def train(
    net: nn.Sequential, samples: Samples, settings: Settings, folder: Path, resume: bool = False
) -> list[float]:
    """Train in place; returns the losses, which folder/curve.csv also holds.

    Step i draws its rows, mixture and dropout from seed and i alone, so a resumed run continues
    exactly as if it had never stopped.
    """
    device = next(net.parameters()).device
    optimizer = torch.optim.AdamW(
        net.parameters(), settings.learning_rate, (0.9, 0.98), weight_decay=settings.weight_decay
    )
    losses = _load(net, optimizer, folder) if resume else []
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress("classifier", settings.steps, len(losses))
    for step in range(len(losses), settings.steps):
        torch.manual_seed(settings.seed * 1_000_003 + step)
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * _schedule(step, settings)
        x, target = _batch(samples, settings, device)
        with torch.autocast(device.type, torch.bfloat16):
            scores = net.train()(x)
        loss = _divergence(scores.float(), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        progress.show(step + 1, f"loss {loss.item():.3f}")
        if (step + 1) % settings.save_every == 0 or step + 1 == settings.steps:
            _save(net, optimizer, losses, folder)
    return losses


def _schedule(step: int, settings: Settings) -> float:
    return min(1.0, (step + 1) / settings.warm_up) * (0.5 + 0.5 * math.cos(math.pi * step / settings.steps))


def _batch(samples: Samples, settings: Settings, device: torch.device) -> tuple[Tensor, Tensor]:
    n = settings.batch
    rows = torch.randint(len(samples.label), (n,))
    x, target, label = samples.features(rows), samples.teacher[rows].float(), samples.label[rows]
    known = (label >= 0).nonzero()[:, 0]
    target[known] *= 1 - settings.label_share
    target[known, label[known]] += settings.label_share
    weight = torch.where(torch.rand(n, 1) < settings.mixed_share, torch.rand(n, 1) / 2 + 0.5, 1.0)
    other = torch.randperm(n)
    x, target = (weight * v + (1 - weight) * v[other] for v in (x, target))
    return x.to(device), target.to(device)


def _divergence(scores: Tensor, target: Tensor) -> Tensor:
    return F.kl_div(scores.log_softmax(1), target, reduction="batchmean")


def _save(net: nn.Module, optimizer: torch.optim.Optimizer, losses: list[float], folder: Path) -> None:
    partial = folder / "checkpoint.partial"
    torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "losses": losses}, partial)
    partial.replace(folder / "checkpoint.pt")
    with (folder / "curve.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("step", "loss"), *enumerate(losses, start=1)])


def _load(net: nn.Module, optimizer: torch.optim.Optimizer, folder: Path) -> list[float]:
    stored = torch.load(folder / "checkpoint.pt", weights_only=True)
    net.load_state_dict(stored["net"])
    optimizer.load_state_dict(stored["optimizer"])
    return list(stored["losses"])
