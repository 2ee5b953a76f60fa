"""Training pictures, stored encoded in one memory-mapped file and decoded when they are used.

150,000 photos with a short side of 224 pixels take 2 GB this way, and 30 GB as pixels. To decode one takes
less than a millisecond; to train on it takes 15.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ..preprocess import EXTENSIONS

Image.MAX_IMAGE_PIXELS = None  # a user's own pictures may have any size
FACTS = {"label": np.int16, "split": np.uint8, "guess": np.int16, "confidence": np.float32}
KEPT_SIDE = 320  # short side to which large photos are shrunk: leaves room for crops of 227


@dataclass(frozen=True)
class Encoded:
    """A stored picture.

    Attributes:
        data: a JPEG, PNG or WebP file.
        label: ImageNet class, or -1 if it is not known.
        split: 0 for training, 1 for validation.
        guess, confidence: the teacher's first guess for the central crop and its probability; -1 and 0 if
            they are not known.
    """

    data: bytes
    label: int = -1
    split: int = 0
    guess: int = -1
    confidence: float = 0.0


@dataclass(frozen=True)
class Pictures:
    """Stored pictures of any size, and what is known about each.

    Attributes:
        data: uint8, all files one after the other; a memory map, so that processes share it.
        offset: int64 [n + 1], the start of each file, and the end of the last.
        label, split, guess, confidence: [n], as in `Encoded`.
        group: uint8 [n], index into `groups`.
        groups: names of the files and folders that the pictures come from.
    """

    data: np.ndarray
    offset: np.ndarray
    label: np.ndarray
    split: np.ndarray
    guess: np.ndarray
    confidence: np.ndarray
    group: np.ndarray
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, index: int) -> np.ndarray:
        """Return one picture, decoded: uint8 RGB [height, width, 3]."""
        encoded = np.asarray(self.data[self.offset[index] : self.offset[index + 1]])
        decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
        assert decoded is not None, "`build` lets no damaged picture in"
        return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


def read_npz(path: Path) -> Iterator[Encoded]:
    """Yield the pictures in an .npz file.

    Its arrays are `data`, uint8, all pictures one after the other; `offset`, int64 [n + 1], the start of each
    picture and the end of the last; and any of `label`, `split`, `guess` and `confidence`.
    """
    stored = np.load(path)
    data, offset = stored["data"], stored["offset"]
    known = {name: stored[name] for name in FACTS if name in stored}
    for i in range(len(offset) - 1):
        facts = {name: column[i].item() for name, column in known.items()}
        yield Encoded(data[offset[i] : offset[i + 1]].tobytes(), **facts)


def write_npz(pictures: Sequence[Encoded], path: Path) -> Path:
    """Write a file that `read_npz` can read, and return its path."""
    offset = np.cumsum([0, *(len(one.data) for one in pictures)], dtype=np.int64)
    data = np.frombuffer(b"".join(one.data for one in pictures), np.uint8)
    facts = {name: np.array([getattr(one, name) for one in pictures], kind) for name, kind in FACTS.items()}
    np.savez(path, allow_pickle=False, data=data, offset=offset, **facts)
    return path


def read_folder(folder: Path) -> Iterator[Encoded]:
    """Yield all pictures in a folder and the folders below it.

    If there are exactly 1,000 subfolders, each is a class, numbered in the order of their names. ImageNet is
    stored like this, with WordNet ids as names.
    """
    classes = sorted(p.name for p in folder.iterdir() if p.is_dir())
    index = {name: i for i, name in enumerate(classes)} if len(classes) == 1000 else {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower().lstrip(".") in EXTENSIONS):
        try:
            opened = Image.open(path)
            opened.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
            image = _flatten(opened)
        except (OSError, ValueError, SyntaxError):
            continue  # skip a damaged file: there may be one among a million
        file = io.BytesIO()
        image.save(file, "JPEG", quality=92)
        yield Encoded(file.getvalue(), index.get(path.relative_to(folder).parts[0], -1))


def _flatten(image: Image.Image) -> Image.Image:
    """Return the picture in RGB, its short side at most KEPT_SIDE, transparent parts grey."""
    factor = KEPT_SIDE / min(image.size)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, (128, 128, 128, 255)), layer)
    image = image.convert("RGB")
    if factor < 1:
        width, height = (max(1, round(side * factor)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return image


def build(sources: list[Path], folder: Path, min_side: int = 24) -> Pictures:
    """Copy the pictures of all sources (.npz files or folders) into `folder`, once, and open them."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [str(source) for source in sources]
    index = folder / "index.npz"
    if not index.exists() or json.loads((folder / "sources.json").read_text()) != wanted:
        _gather(sources, folder, min_side)
        (folder / "sources.json").write_text(json.dumps(wanted))
    return open_pictures(folder)


def _gather(sources: list[Path], folder: Path, min_side: int) -> None:
    kept: list[tuple[int, int, int, float, int]] = []
    offset = [0]
    with (folder / "pictures.bin").open("wb") as file:
        for group, source in enumerate(sources):
            for one in read_folder(source) if source.is_dir() else read_npz(source):
                if min(Image.open(io.BytesIO(one.data)).size) < min_side:
                    continue
                kept.append((one.label, one.split, one.guess, one.confidence, group))
                offset.append(offset[-1] + file.write(one.data))
    names = np.array([_group_name(source) for source in sources])
    kinds = {**FACTS, "group": np.uint8}
    facts = {
        name: np.array(column, kind)
        for (name, kind), column in zip(kinds.items(), zip(*kept, strict=True), strict=True)
    }
    facts |= {"offset": np.array(offset, np.int64), "groups": names}
    np.savez(folder / "index.npz", allow_pickle=False, **facts)


def _group_name(source: Path) -> str:
    """Return the name of a source's group: dogs/ -> "dogs", dogs.0.npz -> "dogs", dogs.1.npz -> "dogs"."""
    return source.name.partition(".")[0] if source.suffix == ".npz" else source.name


def open_pictures(folder: Path) -> Pictures:
    """Open the pictures that `build` has stored in a folder."""
    stored = np.load(folder / "index.npz")
    columns = {name: stored[name] for name in stored if name != "groups"}
    return Pictures(
        data=np.memmap(folder / "pictures.bin", np.uint8, mode="r"),
        groups=tuple(str(name) for name in stored["groups"]),
        **columns,
    )
