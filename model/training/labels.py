"""What the classifier learns from, computed once and kept on disk: for each crop the teacher's embedding
and the student's pool5."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model.training.crops import Batch
from model.training.engine import Run
from model.training.progress import Progress

CODES = 9216  # pool5, one byte a value


@dataclass(frozen=True)
class Table:
    """One row a crop.

    Attributes:
        codes: uint8 [n, 9216], pool5 by `encode`.  embedding: float16 [n, 1280], the teacher's.
        picture: int32 [n].  label: int16 [n] or -1.  done: int64 [1], how many rows are filled.
    """

    codes: np.ndarray
    embedding: np.ndarray
    picture: np.ndarray
    label: np.ndarray
    done: np.ndarray


def open_table(folder: Path, rows: int, embedding: int) -> Table:
    """Open the table in a folder, or make an empty one."""
    folder.mkdir(parents=True, exist_ok=True)

    def array(name: str, dtype: type, *shape: int) -> np.ndarray:
        path = folder / f"{name}.npy"
        if path.exists():
            return np.lib.format.open_memmap(path, mode="r+")
        return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)

    return Table(
        codes=array("codes", np.uint8, rows, CODES),
        embedding=array("embedding", np.float16, rows, embedding),
        picture=array("picture", np.int32, rows),
        label=array("label", np.int16, rows),
        done=array("done", np.int64, 1),
    )


def fill(
    table: Table, batches: Callable[[int], Iterable[Batch]], pool5: Run, teacher: Run, top: Tensor
) -> None:
    """Fill the table from where it stands; a run that was cut off goes on exactly there.

    Args:
        batches: from the first row to fill, the batches of all rows that follow.
        top: largest value of each pool5 channel, [256].
    """
    total = len(table.label)
    progress = Progress("labels", total, int(table.done[0]))
    for batch in batches(int(table.done[0])):
        rows = slice(int(table.done[0]), int(table.done[0]) + len(batch.label))
        table.codes[rows] = encode(pool5(batch.crops), top).flatten(1).cpu().numpy()
        table.embedding[rows] = teacher(batch.crops).cpu().numpy()
        table.picture[rows] = batch.picture.numpy()
        table.label[rows] = batch.label.numpy()
        table.done[0] = rows.stop
        progress.show(rows.stop)


def encode(maps: Tensor, top: Tensor) -> Tensor:
    """Non-negative maps [n, c, h, w] as bytes, 255 sqrt(x / top of the channel): small values keep detail."""
    share = (maps / top.view(-1, 1, 1)).clamp(0.0, 1.0)
    return (share.sqrt() * 255.0 + 0.5).to(torch.uint8)


def decode(codes: Tensor, top: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """The maps again, to half a step of the square root. uint8 [n, c, h, w] -> [n, c, h, w]"""
    root = codes.to(dtype) * (1.0 / 255.0)
    return root * root * top.to(dtype).view(-1, 1, 1)
