"""The shell takes files of weights from other programs, with --weights FILE and weights import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from model.architectures import ARCHITECTURES
from model.assets import ASSETS
from model.errors import UserError
from model.own.labels import read_labels
from model.own.opening import open_weights
from model.own.settings import normalization_from
from model.preprocess import network_crop, read_photo_file

from ..own_network import own_network
from .command_line import Run
from .own_files import Plain, saved, write_other_names

MINE = Plain(classes=3)
NAMES = ("apple", "pear", "plum")
SAMPLE = ASSETS / "samples" / "astronaut.jpg"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def mine(tmp_path) -> Path:
    saved()(tmp_path / "mine.pth", MINE)
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    return tmp_path / "mine.pth"


def logits(run: Callable[..., Run], *options: object) -> dict[str, float]:
    found = run("predict", SAMPLE, "--format", "json", "--top", 3, *options).json
    return {one["label"]: one["logit"] for one in found[0]["predictions"]}


def test_a_file_of_weights_predicts_with_its_own_labels(run, mine, tmp_path):
    found = logits(run, "--weights", mine, "--labels", tmp_path / "names.txt")
    x = normalized(SAMPLE, (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
    expected = MINE.logits(x)[0].tolist()
    assert found == pytest.approx(dict(zip(NAMES, expected, strict=True)), abs=1e-4)


def normalized(
    path: Path, mean: tuple[float, ...], std: tuple[float, ...], grey: bool = False
) -> torch.Tensor:
    """Return the input of 224 x 224 for a photo, with Pillow's own luminance if it is grey."""
    pixels = network_crop(read_photo_file(path), ARCHITECTURES["alexnet-torchvision"])
    values = torch.from_numpy(pixels.copy()).float()
    if grey:
        values = torch.from_numpy(np.asarray(Image.fromarray(pixels).convert("L")).copy()).float()[..., None]
    return ((values - torch.tensor(mean)) / torch.tensor(std)).permute(2, 0, 1)[None]


def test_normalization_and_channel_order_change_the_input(run, mine):
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)
    found = logits(run, "--weights", mine, "--normalization", "0.5,0.4,0.3/0.2,0.25,0.3")
    x = normalized(SAMPLE, tuple(255 * m for m in mean), tuple(255 * s for s in std))
    assert sorted(found.values()) == pytest.approx(sorted(MINE.logits(x)[0].tolist()), abs=1e-4)
    found = logits(run, "--weights", mine, "--normalization", "minus-one-to-one", "--channel-order", "BGR")
    x = normalized(SAMPLE, (127.5,) * 3, (127.5,) * 3).flip(1)
    assert sorted(found.values()) == pytest.approx(sorted(MINE.logits(x)[0].tolist()), abs=1e-4)


def test_a_network_for_grey_photos_gets_the_luminance(run, tmp_path):
    grey = replace(MINE, inputs=1)
    saved()(tmp_path / "grey.pth", grey)
    found = logits(run, "--weights", tmp_path / "grey.pth", "--normalization", "minus-one-to-one")
    x = normalized(SAMPLE, (127.5,), (127.5,), grey=True)
    assert sorted(found.values()) == pytest.approx(sorted(grey.logits(x)[0].tolist()), abs=1e-4)


def test_a_file_under_a_name_is_in_every_list(run, mine, tmp_path):
    options = ("--labels", tmp_path / "names.txt", "--normalization", "zero-to-one")
    added = run("weights", "import", mine, "--as", "fruit", *options)
    assert added.status == 0
    assert "features.10.weight" in added.out  # which tensor became which layer
    assert "fruit" in run("weights", "list").out
    # Sums of float32 numbers may be added up in another order where weights lie otherwise in memory.
    expected = pytest.approx(logits(run, "--weights", mine, *options), abs=1e-5)
    assert logits(run, "--architecture", "fruit") == expected
    layers = run("describe", "--architecture", "fruit", "--format", "json").json
    assert sum(layer["parameters"] for layer in layers) == sum(t.numel() for t in MINE.state().values())
    mine.unlink()  # the copy is enough
    assert len(logits(run, "--architecture", "fruit")) == 3
    assert run("weights", "remove", "fruit").status == 0


def test_an_architecture_decides_where_shapes_do_not(run, tmp_path):
    path = tmp_path / "unknown.pth"
    write_other_names(path, MINE)
    assert "would also fit" in run("predict", SAMPLE, "--weights", path).err
    told = run("predict", SAMPLE, "--weights", path, "--architecture", "alexnet-torchvision")
    assert "would also fit" not in told.err
    assert told.status == 0


def test_heat_maps_of_a_file_are_those_of_the_network_under_a_name(run, mine, tmp_path):
    run("weights", "import", mine, "--as", "fruit")
    one, other = tmp_path / "one.npy", tmp_path / "other.npy"
    assert run("explain", SAMPLE, "--weights", mine, "--target", 1, "--out", one).status == 0
    assert run("explain", SAMPLE, "--architecture", "fruit", "--target", 1, "--out", other).status == 0
    # As above: another order of sums.
    np.testing.assert_allclose(np.load(one), np.load(other), atol=1e-5 * np.load(other).max() + 1e-12)
    refused = run("explain", SAMPLE, "--weights", mine, "--out", tmp_path / "maps.zip")
    assert refused.status == 2
    assert "weights import FILE --as NAME" in refused.err
    gone = run("predict", SAMPLE, "--architecture", "yours-0123456789abcdef")
    assert "no longer known" in gone.err


def test_a_file_that_was_trained_here_is_added_under_a_name_only(run, tmp_path):
    own_network(tmp_path, "trained")
    path = tmp_path / "weights.safetensors"
    with pytest.raises(
        UserError, match=r"^my upload was made by this program.*weights import FILE --as NAME"
    ):
        open_weights(path, name="my upload")
    assert "weights.safetensors was made by this program" in run("predict", SAMPLE, "--weights", path).err
    refused = run("weights", "import", path, "--as", "again", "--normalization", "caffe")
    assert "is known: leave out" in refused.err


@pytest.mark.parametrize(
    ("command", "part"),
    [
        (("--weights", "{folder}/none.pth"), "cannot be read: no such file"),
        (("--labels", "{folder}/names.txt"), "give it by --weights FILE"),
        (("--weights", "{folder}/mine.pth", "--labels", "{folder}/none.txt"), "cannot be read"),
        (("--weights", "{folder}/mine.pth", "--labels", "{folder}/mine.pth"), "no text in UTF-8"),
        (("--weights", "{folder}/mine.pth", "--architecture", "mine"), "There is no architecture"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(run, mine, tmp_path, command, part):
    done = run("predict", SAMPLE, *(one.format(folder=tmp_path) for one in command))
    assert done.status == 2
    assert part in done.error_lines[-1]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("apple\r\npear\r\n", ("apple", "pear")),
        ("\ufeffapple\npear", ("apple", "pear")),
        ('["apple", "pear"]', ("apple", "pear")),
        ('{"1": "pear", "0": "apple"}', ("apple", "pear")),
        ('{"pear": 1, "apple": 0}', ("apple", "pear")),
        ('{"0": ["n1", "apple"], "1": ["n2", "pear"]}', ("apple", "pear")),
    ],
)
def test_labels_are_read_as_they_are_usually_written(text, names):
    assert read_labels(text.encode(), "labels") == names


def test_numbers_of_a_normalization_are_those_of_torchvision():
    found = normalization_from("0.485,0.456,0.406/0.229,0.224,0.225")
    assert found.mean == pytest.approx((123.675, 116.28, 103.53))
    assert found.std == pytest.approx((58.395, 57.12, 57.375))
