"""What a run has done so far: everything in a checkpoint but the weights and the optimizer's state."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from .record import Epoch, Point, Snapshot


@dataclass
class Sums:
    """Sums over photos that the network has learned from."""

    photos: int = 0
    loss: float = 0.0
    right: int = 0

    def add(self, photos: int, loss: float, right: int) -> None:
        """Add a batch: its number of photos, their mean loss, and how many of them were right."""
        self.photos += photos
        self.loss += loss * photos
        self.right += right

    @property
    def means(self) -> tuple[float, float]:
        """Return the mean loss, and the share of the photos that was right."""
        return self.loss / self.photos, self.right / self.photos


@dataclass
class Done:
    """What a run has done.

    Attributes:
        history: the finished epochs.
        points: means over parts of epochs.
        snapshots: conv1 at the start, and several times in each epoch.
        batches: of the epoch that is being trained.
        epoch: sums over the photos in these batches.
        part: sums over the photos since the last point.
        seconds: that these batches took.
    """

    history: list[Epoch] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    batches: int = 0
    epoch: Sums = field(default_factory=Sums)
    part: Sums = field(default_factory=Sums)
    seconds: float = 0.0

    def as_state(self) -> dict[str, Any]:
        """Return all of it as plain values and tensors, which `torch.load(weights_only=True)` reads."""
        return {
            **vars(self),
            "history": [asdict(one) for one in self.history],
            "points": [asdict(one) for one in self.points],
            "snapshots": [
                (one.epoch, torch.from_numpy(one.weight), torch.from_numpy(one.bias))
                for one in self.snapshots
            ],
            "epoch": asdict(self.epoch),
            "part": asdict(self.part),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Done:
        """Return what `as_state` was called on."""
        return cls(
            [Epoch(**row) for row in state["history"]],
            [Point(**row) for row in state["points"]],
            [Snapshot(at, *(one.numpy() for one in arrays)) for at, *arrays in state["snapshots"]],
            state["batches"],
            Sums(**state["epoch"]),
            Sums(**state["part"]),
            state["seconds"],
        )
