"""The two tables that stages learn from: crops with the source's pool5, pool5 with the teacher's answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from model.training.augment import RULES, SHARP_RULES, Rules
from model.training.crops import CROP, LABELS, POOL5, TOWERS, Batch, Crops
from model.training.engine import Run, compile_frozen
from model.training.loop import rank, wait_for_all
from model.training.source import Kernels, SourceMaps
from model.training.student import Convolutions
from model.training.table import Columns, Table, encode, fill, open_table
from model.training.teacher import Teacher

CODES = 9216  # pool5, one byte a value
BATCH = 64


class Pool5(nn.Module):
    """Of all maps that a network gives, the last."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor) -> Tensor:
        maps: dict[str, Tensor] = self.network(crops)
        return maps["pool5"]


@dataclass(frozen=True)
class Tables:
    """Makes them, and goes on where one was left.

    Args:
        folder: of the run; each table has its own in it.
        resume: keep the rows that are there.
    """

    folder: Path
    crops: Crops
    device: torch.device
    resume: bool

    def sharp(self, rows: int, kernels: Kernels, order: Tensor) -> tuple[Table, Tensor]:
        """Crops mostly of sharp pictures, with the source's pool5.

        Args:
            order: which source channel each of the student's stands for.

        Returns:
            Columns "crops" and "codes" (pool5 in the student's order), and each channel's largest value.
        """
        source = self._compiled(Pool5(SourceMaps(kernels)))
        largest = self._largest(source)
        order = order.to(largest.device)

        def compute(batch: Batch) -> dict[str, Tensor]:
            codes = encode(source(batch.crops), largest)[:, order]
            return {"crops": batch.crops, "codes": codes.flatten(1)}

        columns = {"crops": (np.uint8, (CROP, CROP, 3)), "codes": (np.uint8, (CODES,))}
        table = self._filled("sharp", rows, columns, POOL5, SHARP_RULES, compute)
        return table, largest[order].to(self.device)

    def labelled(self, rows: int, student: Convolutions, teacher: Teacher) -> tuple[Table, Tensor]:
        """Crops of all pictures, with the student's pool5 and what the teacher says.

        Returns:
            Columns "codes" (pool5), "embedding" (the teacher's), "picture" and "label" (-1 if none),
            and each channel's largest value.
        """
        pool5, answers = self._compiled(Pool5(student)), self._compiled(teacher)
        largest = self._largest(pool5)

        def compute(batch: Batch) -> dict[str, Tensor]:
            codes = encode(pool5(batch.crops), largest).flatten(1)
            given = {"picture": batch.picture, "label": batch.label}
            return {"codes": codes, "embedding": answers(batch.crops), **given}

        columns = {
            "codes": (np.uint8, (CODES,)),
            "embedding": (np.float16, (teacher.head[0].shape[1],)),
            "picture": (np.int32, ()),
            "label": (np.int16, ()),
        }
        table = self._filled("labels", rows, columns, LABELS, RULES, compute)
        return table, largest.to(self.device)

    def _compiled(self, network: nn.Module) -> Run:
        return compile_frozen(network, BATCH, CROP, self.device)

    def _largest(self, pool5: Run) -> Tensor:
        """Each channel's largest value on a few crops, and some room above it."""
        return pool5(self.crops.some(TOWERS, BATCH)).amax((0, 2, 3)) * 1.2 + 1e-3

    def _filled(
        self,
        name: str,
        rows: int,
        columns: Columns,
        offset: int,
        rules: Rules,
        compute: Callable[[Batch], dict[str, Tensor]],
    ) -> Table:
        folder = self.folder / name
        if rank() == 0:
            table = open_table(folder, rows, columns, keep=self.resume)
            end = offset + len(table)

            def remaining(first: int) -> Iterator[Batch]:
                starts = range(offset + first, end, BATCH)
                return self.crops.batches([range(i, min(i + BATCH, end)) for i in starts], rules)

            fill(table, remaining, compute)
        wait_for_all()
        return open_table(folder, rows, columns)
