"""Pack pictures into small files, for a machine that accepts only small files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .pictures import Encoded, Pictures, write_npz
from .progress import Progress


def pack(pictures: Pictures, folder: Path, side: int, quality: int, part_bytes: int) -> list[Path]:
    """Encode all pictures as WebP, write them to numbered .npz files, and return the files in order.

    A part contains pictures of one group only and has its name, so that `augment.RULES` applies to it.

    Args:
        side: short side in pixels; smaller pictures keep their size.
        quality: of WebP, 1 to 100.
        part_bytes: largest size of a part.
    """
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress("pictures packed", len(pictures))
    files: list[Path] = []
    done = 0
    for group, name in enumerate(pictures.groups):
        part: list[Encoded] = []
        size = number = 0
        for i in np.flatnonzero(pictures.group == group):
            encoded = _encode(pictures, int(i), side, quality)
            if part and size + len(encoded.data) > part_bytes - 200_000:  # leaves room for the other columns
                files.append(write_npz(part, folder / f"{name}.{number}.npz"))
                part, size, number = [], 0, number + 1
            part.append(encoded)
            size += len(encoded.data)
            done += 1
            progress.show(done)
        if part:
            files.append(write_npz(part, folder / f"{name}.{number}.npz"))
    return files


def _encode(pictures: Pictures, index: int, side: int, quality: int) -> Encoded:
    pixels = pictures[index]
    height, width = pixels.shape[:2]
    factor = side / min(height, width)
    if factor < 1:
        smaller = (max(1, round(width * factor)), max(1, round(height * factor)))
        pixels = cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(
        ".webp", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, quality]
    )
    facts = {
        name: getattr(pictures, name)[index].item() for name in ("label", "split", "guess", "confidence")
    }
    return Encoded(data.tobytes(), **facts)
