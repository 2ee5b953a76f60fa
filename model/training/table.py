"""Tables on disk that a stage learns from, with one row for each crop."""

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

Columns = Mapping[str, tuple[type, tuple[int, ...]]]  # type and shape of one row: {"label": (np.int16, ())}


@dataclass(frozen=True)
class Table:
    """Columns of equal length, filled from the first row on.

    Attributes:
        name: name of the folder.
        columns: memory-mapped arrays by name, [n, ...].
        done: number of rows that are filled, int64 [1]; memory-mapped, too.
    """

    name: str
    columns: dict[str, np.ndarray]
    done: np.ndarray

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def rows(self, name: str, rows: np.ndarray) -> Tensor:
        """Return some rows of a column."""
        return torch.from_numpy(self.columns[name][rows])


def open_table(folder: Path, rows: int, columns: Columns, keep: bool = True) -> Table:
    """Open the table in a folder, or create an empty one.

    Args:
        rows: length of a new table; one that is there keeps its length.
        keep: False replaces a table that is there by an empty one.

    Raises:
        UserError: the table that is there has other columns.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def array(name: str, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
        path = folder / f"{name}.npy"
        if not keep or not path.exists():
            return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        found = np.lib.format.open_memmap(path, mode="r+")
        if found.dtype != dtype or found.shape[1:] != shape[1:]:
            raise UserError(
                f"{path} was made with another recipe. Leave --resume out, or choose another --out."
            )
        return found

    arrays = {name: array(name, dtype, (rows, *shape)) for name, (dtype, shape) in columns.items()}
    return Table(folder.name, arrays, array("done", np.int64, (1,)))


def fill(
    table: Table,
    batches: Callable[[int], Iterable[Batch]],
    compute: Callable[[Batch], dict[str, Tensor]],
) -> None:
    """Fill the rows of a table that are still empty.

    Args:
        batches: given the number of the first empty row, returns the batches for it and all rows after it.
        compute: given a batch, returns its rows of every column.
    """
    progress = Progress(f"crops for {table.name}", len(table), int(table.done[0]))
    for batch in batches(int(table.done[0])):
        rows = slice(int(table.done[0]), int(table.done[0]) + len(batch.label))
        for column, part in compute(batch).items():
            table.columns[column][rows] = part.cpu().numpy()
        table.done[0] = rows.stop
        progress.show(rows.stop)


def encode(maps: Tensor, top: Tensor) -> Tensor:
    """Return non-negative feature maps as bytes: 255 sqrt(x / top). [n, c, h, w] -> uint8 [n, c, h, w]

    The square root keeps more detail for small values.

    Args:
        top: largest value of each channel, [c].
    """
    share = (maps / top.view(-1, 1, 1)).clamp(0.0, 1.0)
    return (share.sqrt() * 255.0 + 0.5).to(torch.uint8)


def decode(codes: Tensor, top: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return feature maps from bytes, the reverse of `encode`. uint8 [n, c, h, w] -> [n, c, h, w]"""
    root = codes.to(dtype) * (1.0 / 255.0)
    return root * root * top.to(dtype).view(-1, 1, 1)
