"""Fill the two tables that stages learn from, one from the source and one from the teacher."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .augment import RULES, SHARP_RULES, Rules
from .crops import CROP, LABELS, POOL5, TOWERS, Batch, Crops
from .engine import Run, compile_frozen
from .loop import rank, wait_for_all
from .source import Kernels, SourceMaps
from .table import Columns, Table, encode, fill, open_table
from .teacher import Teacher

SHAPES = {"pool2": (256, 13, 13), "pool5": (256, 6, 6)}  # stored with one byte for each value
BATCH = 64


class SideBySide(nn.Module):
    """A network whose outputs are flattened into one tensor, since a compiled network returns only one."""

    def __init__(self, network: nn.Module, *names: str) -> None:
        super().__init__()
        self.network, self.names = network, names

    def forward(self, crops: Tensor) -> Tensor:
        """[n, 227, 227, 3] -> [n, all values]"""
        maps: dict[str, Tensor] = self.network(crops)
        return torch.cat([maps[name].flatten(1) for name in self.names], 1)

    def split(self, values: Tensor) -> dict[str, Tensor]:
        """Return the outputs by name, the reverse of `forward`. [n, all values] -> {name: [n, c, h, w]}"""
        parts = values.split([math.prod(SHAPES[name]) for name in self.names], 1)
        return {name: part.reshape(-1, *SHAPES[name]) for name, part in zip(self.names, parts, strict=True)}


@dataclass(frozen=True)
class Tables:
    """The two tables of a run, which are filled when a stage needs them.

    Args:
        folder: of the run; each table has a folder in it.
        resume: continue to fill a table that is there.
    """

    folder: Path
    crops: Crops
    device: torch.device
    resume: bool

    def sharp(self, rows: int, kernels: Kernels, order: Tensor) -> tuple[Table, Tensor]:
        """Return a table of crops, mostly of sharp pictures, with the source's pool5.

        Args:
            order: for each channel of the student, the matching channel of the source.

        Returns:
            A table with the columns "crops" and "codes" (pool5 in the student's order of channels), and each
            channel's largest value.
        """
        wanted = SideBySide(SourceMaps(kernels), "pool5")
        source = self._compiled(wanted)
        largest = self._largest(wanted, source)["pool5"]
        order = order.to(largest.device)

        def compute(batch: Batch) -> dict[str, Tensor]:
            maps = wanted.split(source(batch.crops))
            return {"crops": batch.crops, "codes": encode(maps["pool5"], largest)[:, order]}

        columns = {"crops": (np.uint8, (CROP, CROP, 3)), "codes": (np.uint8, SHAPES["pool5"])}
        table = self._filled("sharp", rows, columns, POOL5, SHARP_RULES, compute)
        return table, largest[order].to(self.device)

    def labelled(
        self, rows: int, student: nn.Module, teacher: Teacher, names: tuple[str, ...] = ("pool5",)
    ) -> tuple[Table, dict[str, Tensor]]:
        """Return a table of what student and teacher compute for crops of all pictures.

        Args:
            student: returns a dictionary of outputs by layer.
            names: the layers whose outputs are stored.

        Returns:
            Two things. First, a table with a row for each crop. It has a column for the student's output of
            each layer in `names`, "embedding" (the teacher's), "picture" (its index), and "label" (its
            class, -1 if that is not known). Second, each channel's largest value over a few crops, by layer.
        """
        wanted = SideBySide(student, *names)
        maps, answers = self._compiled(wanted), self._compiled(teacher)
        largest = self._largest(wanted, maps)

        def compute(batch: Batch) -> dict[str, Tensor]:
            found = wanted.split(maps(batch.crops))
            codes = {name: encode(found[name], largest[name]) for name in names}
            given = {"picture": batch.picture, "label": batch.label}
            return {**codes, "embedding": answers(batch.crops), **given}

        columns = {
            **{name: (np.uint8, SHAPES[name]) for name in names},
            "embedding": (np.float16, (teacher.head[0].shape[1],)),
            "picture": (np.int32, ()),
            "label": (np.int16, ()),
        }
        table = self._filled("labels", rows, columns, LABELS, RULES, compute)
        return table, {name: top.to(self.device) for name, top in largest.items()}

    def _compiled(self, network: nn.Module) -> Run:
        return compile_frozen(network, BATCH, CROP, self.device)

    def _largest(self, wanted: SideBySide, run: Run) -> dict[str, Tensor]:
        """Return a little more than each channel's largest value on a few crops."""
        maps = wanted.split(run(self.crops.some(TOWERS, BATCH)))
        return {name: part.amax((0, 2, 3)) * 1.2 + 1e-3 for name, part in maps.items()}

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
