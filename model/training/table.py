"""What a stage learns from, computed once and kept on disk: one row a crop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from .crops import Batch
from .progress import Progress

Columns = Mapping[str, tuple[type, tuple[int, ...]]]  # of one row: {"label": (np.int16, ())}


@dataclass(frozen=True)
class Table:
    """Arrays of equal length, filled from the top.

    Attributes:
        name: of its folder.
        columns: memory-mapped arrays by name, [n, ...].
        done: int64 [1], how many rows are filled; on disk, as the columns are.
    """

    name: str
    columns: dict[str, np.ndarray]
    done: np.ndarray

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def rows(self, name: str, rows: np.ndarray) -> Tensor:
        """Some rows of a column."""
        return torch.from_numpy(self.columns[name][rows])


def open_table(folder: Path, rows: int, columns: Columns, keep: bool = True) -> Table:
    """Open the table in a folder, which keeps its length, or make an empty one.

    Args:
        keep: False makes an empty one in place of what is there.

    Raises:
        UserError: what is there has other columns.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def array(name: str, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
        path = folder / f"{name}.npy"
        if not keep or not path.exists():
            return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        found = np.lib.format.open_memmap(path, mode="r+")
        if found.dtype != dtype or found.shape[1:] != shape[1:]:
            raise UserError(
                f"{path} was made by another recipe. Go on without --resume, or choose another --out."
            )
        return found

    arrays = {name: array(name, dtype, (rows, *shape)) for name, (dtype, shape) in columns.items()}
    return Table(folder.name, arrays, array("done", np.int64, (1,)))


def fill(
    table: Table,
    batches: Callable[[int], Iterable[Batch]],
    compute: Callable[[Batch], dict[str, Tensor]],
) -> None:
    """Fill the table from where it stands; a run that was cut off goes on exactly there.

    Args:
        batches: from the first row to fill, the batches of all rows that follow.
        compute: a batch's part of every column.
    """
    progress = Progress(f"crops for {table.name}", len(table), int(table.done[0]))
    for batch in batches(int(table.done[0])):
        rows = slice(int(table.done[0]), int(table.done[0]) + len(batch.label))
        for column, part in compute(batch).items():
            table.columns[column][rows] = part.cpu().numpy()
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
