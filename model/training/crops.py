"""Make batches of training crops in worker processes. A crop depends on nothing but its number."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .augment import RULES, Augmentation, Rules, Sampler, make_crop
from .loop import Schedule, rank, world_size
from .pictures import Pictures

CROP = 227

# Each stage has its own range of numbers, so that no two stages see the same crops.
LABELS, TOWERS, FEATURES, WHOLE, CLOSING, POOL5 = (k * 1_000_000_000 for k in range(6))


@dataclass(frozen=True)
class Batch:
    """A batch of crops.

    Attributes:
        crops: uint8 [n, 227, 227, 3].
        picture: index of each crop's picture, int64 [n].
        label: class of each crop, or -1 if there is none, int64 [n].
    """

    crops: Tensor
    picture: Tensor
    label: Tensor

    def pin_memory(self) -> Batch:
        """Return the batch in pinned memory, so that a GPU can fetch it while it computes.

        A DataLoader calls this.
        """
        return Batch(self.crops.pin_memory(), self.picture, self.label.pin_memory())


class _Crops(Dataset[tuple[np.ndarray, int, int]]):
    def __init__(self, sampler: Sampler, augmentation: Augmentation) -> None:
        self.sampler, self.augmentation = sampler, augmentation

    def __getitem__(self, seed: int) -> tuple[np.ndarray, int, int]:
        crop, picture, label = make_crop(self.sampler, seed, CROP, self.augmentation)
        return np.ascontiguousarray(crop), picture, label


def _collate(made: list[tuple[np.ndarray, int, int]]) -> Batch:
    crops, pictures, labels = zip(*made, strict=True)
    return Batch(torch.from_numpy(np.stack(crops)), torch.tensor(pictures), torch.tensor(labels))


@dataclass(frozen=True)
class Crops:
    """All crops that can be made of some pictures, by their numbers.

    Attributes:
        workers: number of processes that make crops; 0 for this process; None for one less than this
            process's share of the cores.
    """

    pictures: Pictures
    augmentation: Augmentation
    workers: int | None = None

    def batches(self, numbers: Sequence[Sequence[int]], rules: Rules = RULES) -> Iterator[Batch]:
        """Yield one batch for each sequence of numbers."""
        cores = (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        loader = DataLoader(
            _Crops(Sampler(self.pictures, rules), self.augmentation),
            batch_sampler=[list(part) for part in numbers],
            collate_fn=_collate,
            num_workers=max(1, cores - 1) if self.workers is None else self.workers,
            pin_memory=torch.cuda.is_available(),
            # PyTorch's global generator must not be used, or a resumed step would draw other numbers.
            generator=torch.Generator(),
        )
        return iter(loader)

    def of_steps(self, offset: int, schedule: Schedule, first: int) -> Iterator[Batch]:
        """Yield the crops of each step from `first` on. Each process gets its part of them."""
        n = schedule.batch // world_size()
        starts = (offset + (step * world_size() + rank()) * n for step in range(first, schedule.steps))
        return self.batches([range(start, start + n) for start in starts])

    def some(self, offset: int, count: int) -> Tensor:
        """Return `count` crops from number `offset` on: uint8 [count, 227, 227, 3]."""
        return torch.cat([b.crops for b in self.batches([[offset + i] for i in range(count)])])
