"""Photos for a run are read as they are, and wrong photos and settings are refused with a sentence."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torchvision import datasets

from model.errors import UserError
from model.training.runs.loop import SHIFT, moved
from model.training.runs.photos import read
from model.training.runs.photos_here import CIFAR10
from model.training.runs.settings import RunSettings

from .generated import textures


def test_a_moved_picture_is_part_of_the_picture_with_an_empty_edge():
    pixels = torch.randint(1, 256, (40, 3, 12, 12), dtype=torch.uint8)
    torch.manual_seed(0)
    places = set()
    for before, after in zip(pixels, moved(pixels), strict=True):
        padded = F.pad(before, (SHIFT,) * 4)
        options = {
            (top, left, mirrored): padded[:, top : top + 12, left : left + 12].flip(2 if mirrored else ())
            for top in range(2 * SHIFT + 1)
            for left in range(2 * SHIFT + 1)
            for mirrored in (False, True)
        }
        [place] = [name for name, option in options.items() if torch.equal(option, after)]
        places.add(place)
    assert len({mirrored for *_, mirrored in places}) == 2
    assert len(places) > 30  # of 162, drawn 40 times


def test_folders_with_and_without_parts_are_read(tmp_path, photos):
    whole = read(photos, 32, tmp_path)
    assert whole.classes == ("dots", "lines", "rungs")
    assert (len(whole.training), len(whole.validation)) == (24, 6)
    assert whole.training.pixels.shape == (24, 3, 32, 32)
    textures(tmp_path / "parts/train", 7)
    textures(tmp_path / "parts/test", 2)
    parts = read(tmp_path / "parts", 32, tmp_path)
    assert (len(parts.training), len(parts.validation)) == (21, 6)
    assert parts.validation.labels.tolist() == [0, 0, 1, 1, 2, 2]


def test_cifar10_s_own_files_are_read(tmp_path, monkeypatch):
    """Files of CIFAR-10's format with other photos; torchvision would refuse their checksums."""
    monkeypatch.setattr(datasets.CIFAR10, "_check_integrity", lambda _self: True)
    monkeypatch.setattr(datasets.cifar, "check_integrity", lambda _path, _md5: True)
    folder = tmp_path / CIFAR10
    folder.mkdir()
    for number, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        data = np.full((2, 3072), 10 * number, np.uint8)
        data[:, 0] = 200  # red of the upper left pixel
        (folder / name).write_bytes(pickle.dumps({"data": data, "labels": [number, 9]}))
    names = (Path(__file__).parents[2] / "assets/cifar10_classes.txt").read_text().split()
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": names}))
    found = read(tmp_path, 32, tmp_path)
    assert found.training.labels.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    assert found.validation.labels.tolist() == [5, 9]
    assert found.validation.pixels[0, :, 0, 0].tolist() == [200, 50, 50]
    assert found.classes == tuple(names)


def refused(tmp_path: Path, data: Path) -> str:
    with pytest.raises(UserError) as raised:
        read(data, 32, tmp_path)
    return str(raised.value)


def test_wrong_photos_are_refused_with_a_sentence(tmp_path, photos):
    assert "There is no folder" in refused(tmp_path, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "at least two. It has 0" in refused(tmp_path, tmp_path / "empty")
    (tmp_path / "cut" / CIFAR10).mkdir(parents=True)
    assert "no complete copy of CIFAR-10" in refused(tmp_path, tmp_path / "cut")
    textures(tmp_path / "odd/train", 2)
    textures(tmp_path / "odd/test", 2)
    (tmp_path / "odd/test/rungs").rename(tmp_path / "odd/test/waves")
    assert "rungs, waves" in refused(tmp_path, tmp_path / "odd")
    for path in (photos / "dots").glob("0[4-9].png"):
        path.unlink()
    assert "The class dots in" in refused(tmp_path, photos)
    (photos / "lines/00.png").write_bytes(b"no picture")
    assert "00.png" in refused(tmp_path, photos) or "dots" in refused(tmp_path, photos)


def test_wrong_settings_are_refused_with_a_sentence():
    with pytest.raises(UserError, match="Batch size must be at least 1, not 0"):
        RunSettings(batch_size=0)
    with pytest.raises(UserError, match=r"begun with learning rate 0\.001, not 0\.1"):
        RunSettings().resumed_with({"learning_rate": 0.1})
    assert RunSettings(seed=4).resumed_with({"epochs": 12, "seed": None}) == RunSettings(epochs=12, seed=4)
