"""Pictures for training, decoded once and kept as uint8 in one memory-mapped file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from model.preprocess import EXTENSIONS

Image.MAX_IMAGE_PIXELS = None  # a user's own pictures, at any size
KEPT_SIDE = 640  # short side of a large photograph: leaves room for crops, and fits in memory

Decoded = tuple[np.ndarray, int, int]  # pixels [h, w, 3], label or -1, split (0 train, 1 validation)


@dataclass(frozen=True)
class Pictures:
    """Pictures of any sizes, with label, split and the group that each comes from.

    Attributes:
        pixels: uint8, all pictures one after the other; a memory map, so that processes share it.
        offset: int64 [n], where each starts.  size: int32 [n, 2], height and width.
        label: int16 [n], class or -1.  split: uint8 [n], 0 train, 1 validation.
        group: uint8 [n], index into `groups`, the names of files and folders.
    """

    pixels: np.ndarray
    offset: np.ndarray
    size: np.ndarray
    label: np.ndarray
    split: np.ndarray
    group: np.ndarray
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.offset)

    def __getitem__(self, index: int) -> np.ndarray:
        height, width = self.size[index]
        start = self.offset[index]
        return self.pixels[start : start + 3 * height * width].reshape(height, width, 3)


def read_npz(path: Path) -> Iterator[Decoded]:
    """The pictures of one file of ../shared/data; see its README."""
    stored = np.load(path)
    data, offset = stored["data"], stored["offset"]
    for i, (label, split) in enumerate(zip(stored["label"], stored["split"], strict=True)):
        encoded = io.BytesIO(data[offset[i] : offset[i + 1]].tobytes())
        yield np.asarray(Image.open(encoded).convert("RGB")), int(label), int(split)


def read_folder(folder: Path) -> Iterator[Decoded]:
    """All pictures below a folder. One folder per class, named by WordNet id, gives labels.

    With exactly 1,000 subfolders, the sorted names are the class indices, as in ImageNet on disk.
    """
    classes = sorted(p.name for p in folder.iterdir() if p.is_dir())
    index = {name: i for i, name in enumerate(classes)} if len(classes) == 1000 else {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower().lstrip(".") in EXTENSIONS):
        try:
            image = Image.open(path)
            image.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
            pixels = _flatten(image)
        except (OSError, ValueError, SyntaxError):
            continue  # a damaged file among a million is no reason to stop
        yield pixels, index.get(path.relative_to(folder).parts[0], -1), 0


def _flatten(image: Image.Image) -> np.ndarray:
    """RGB at a short side of at most KEPT_SIDE; transparent parts become mid grey."""
    factor = KEPT_SIDE / min(image.size)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, (128, 128, 128, 255)), layer)
    image = image.convert("RGB")
    if factor < 1:
        width, height = (max(1, round(side * factor)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(image)


def build(sources: list[Path], folder: Path, min_side: int = 24) -> Pictures:
    """Decode every source (an .npz file or a folder) into `folder`; done once, then only opened."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [str(source) for source in sources]
    index = folder / "index.npz"
    if not index.exists() or json.loads((folder / "sources.json").read_text()) != wanted:
        _decode(sources, folder, min_side)
        (folder / "sources.json").write_text(json.dumps(wanted))
    return open_pictures(folder)


def _decode(sources: list[Path], folder: Path, min_side: int) -> None:
    rows: list[tuple[int, int, int, int, int, int]] = []
    position = 0
    with (folder / "pixels.bin").open("wb") as file:
        for group, source in enumerate(sources):
            for pixels, label, split in read_folder(source) if source.is_dir() else read_npz(source):
                if min(pixels.shape[:2]) < min_side:
                    continue
                rows.append((position, *pixels.shape[:2], label, split, group))
                position += file.write(np.ascontiguousarray(pixels).tobytes())
    table = np.array(rows, np.int64)
    names = np.array([source.stem if source.suffix == ".npz" else source.name for source in sources])
    np.savez(folder / "index.npz", table=table, groups=names)


def open_pictures(folder: Path) -> Pictures:
    """What `build` has left in a folder."""
    stored = np.load(folder / "index.npz")
    table = stored["table"]
    return Pictures(
        pixels=np.memmap(folder / "pixels.bin", np.uint8, mode="r"),
        offset=table[:, 0],
        size=table[:, 1:3].astype(np.int32),
        label=table[:, 3].astype(np.int16),
        split=table[:, 4].astype(np.uint8),
        group=table[:, 5].astype(np.uint8),
        groups=tuple(str(name) for name in stored["groups"]),
    )
