"""Batches of training crops, made ahead by worker processes; a crop is a function of its number."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from model.training.augment import Mixing, Sampler, make_crop

CROP = 227


@dataclass(frozen=True)
class Batch:
    """crops uint8 [n, 227, 227, 3]; picture int64 [n]; label int64 [n], -1 where there is none."""

    crops: Tensor
    picture: Tensor
    label: Tensor


class _Crops(Dataset[tuple[np.ndarray, int, int]]):
    def __init__(self, sampler: Sampler, mixing: Mixing) -> None:
        self.sampler, self.mixing = sampler, mixing

    def __getitem__(self, seed: int) -> tuple[np.ndarray, int, int]:
        crop, picture, label = make_crop(self.sampler, seed, CROP, self.mixing)
        return np.ascontiguousarray(crop), picture, label


def _collate(made: list[tuple[np.ndarray, int, int]]) -> Batch:
    crops, pictures, labels = zip(*made, strict=True)
    return Batch(torch.from_numpy(np.stack(crops)), torch.tensor(pictures), torch.tensor(labels))


def batches(
    sampler: Sampler, seeds: Sequence[Sequence[int]], mixing: Mixing, workers: int | None = None
) -> Iterator[Batch]:
    """One batch for each sequence of crop numbers. workers=0 makes them in this process."""
    cores = os.cpu_count() or 1
    loader = DataLoader(
        _Crops(sampler, mixing),
        batch_sampler=[list(part) for part in seeds],
        collate_fn=_collate,
        num_workers=max(1, cores - 1) if workers is None else workers,
        pin_memory=torch.cuda.is_available(),
    )
    return iter(loader)
