"""The crops that everything learns from: seeds, and what the teacher says of each, kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.training.augment import Mixing, Sampler, crop_batch

CROP = 227
EMBEDDING = 1280


@dataclass(frozen=True)
class CropTable:
    """One row a crop; crop i is made again by `make_crop(sampler, i, ...)`.

    Attributes:
        embedding: float16 [n, 1280], the teacher's.  picture: int32 [n].  label: int16 [n] or -1.
        done: int64 [1], how many rows are filled; it grows while a labelling process runs.
    """

    embedding: np.ndarray
    picture: np.ndarray
    label: np.ndarray
    done: np.ndarray


def open_table(folder: Path, capacity: int) -> CropTable:
    """Open the table in a folder, or make an empty one."""
    folder.mkdir(parents=True, exist_ok=True)

    def array(name: str, dtype: type, *shape: int) -> np.ndarray:
        path = folder / f"{name}.npy"
        if path.exists():
            return np.lib.format.open_memmap(path, mode="r+")
        return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)

    return CropTable(
        embedding=array("embedding", np.float16, capacity, EMBEDDING),
        picture=array("picture", np.int32, capacity),
        label=array("label", np.int16, capacity),
        done=array("done", np.int64, 1),
    )


def crop_batches(
    sampler: Sampler, seeds: range, batch: int, mixing: Mixing, workers: int = 2
) -> Iterator[tuple[range, np.ndarray, np.ndarray, np.ndarray]]:
    """Batches of crops (seeds, crops, pictures, labels), made ahead by threads: OpenCV frees the GIL."""
    parts = [seeds[i : i + batch] for i in range(0, len(seeds), batch)]
    with ThreadPoolExecutor(workers) as pool:
        ahead = [pool.submit(crop_batch, sampler, part, CROP, mixing) for part in parts[:workers]]
        for i, part in enumerate(parts):
            made = ahead.pop(0).result()
            if i + workers < len(parts):
                ahead.append(pool.submit(crop_batch, sampler, parts[i + workers], CROP, mixing))
            yield part, *made


def label_crops(
    table: CropTable,
    sampler: Sampler,
    embed: Callable[[np.ndarray], np.ndarray],
    until: int,
    batch: int = 64,
    mixing: Mixing | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Fill the table from where it stands; a cut-off run goes on exactly there."""
    seeds = range(int(table.done[0]), until)
    for part, crops, pictures, labels in crop_batches(sampler, seeds, batch, mixing or Mixing()):
        rows = slice(part.start, part.stop)
        table.embedding[rows] = embed(crops)
        table.picture[rows] = pictures
        table.label[rows] = labels
        table.done[0] = part.stop
        report(part.stop, until)
