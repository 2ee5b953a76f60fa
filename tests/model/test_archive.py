"""Archives of attributions: reading returns what was written, and other files raise a `UserError`."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.attribution import explain
from model.attribution.archive import SETTINGS, Explained, read, write
from model.attribution.picture import alone, over_photo
from model.errors import UserError
from model.overlay import colorize, outlined, overlay
from model.preprocess import Photo, network_crop


@pytest.fixture(scope="module")
def explained(network, photo) -> list[Explained]:
    x = network.prepare(photo)
    return [
        Explained(photo, explain(network, x, "grad-cam", 281, "relu3"), "tabby"),
        Explained(photo, explain(network, x, "smoothgrad", 7, settings={"samples": 3, "seed": 5}), "cock"),
    ]


@pytest.fixture
def file(explained, tmp_path) -> Path:
    path = tmp_path / "maps.zip"
    with path.open("wb") as stream:
        write(stream, "alexnet-2012", "embedded", explained, side=300)
    return path


def test_reading_an_archive_returns_what_was_written(file, explained, network, photo):
    found = read(file)
    assert (found.architecture, found.weights) == ("alexnet-2012", "embedded")
    for recorded, item in zip(found.recorded, explained, strict=True):
        of = item.attribution
        assert np.array_equal(recorded.photo.pixels, photo.pixels)
        assert recorded.question == of.question
        assert recorded.values is not None
        assert np.array_equal(recorded.values, of.values)


def test_the_photo_is_stored_once_and_versions_are_named(file):
    with zipfile.ZipFile(file) as archive:
        pictures = [name for name in archive.namelist() if name.endswith(".png")]
        settings = json.loads(archive.read(SETTINGS))
    assert len(pictures) == 1 + 2
    assert {"python", "torch", "captum"} <= settings["versions"].keys()


def rewritten(file: Path, change) -> Path:
    """Return a copy of an archive with other settings."""
    copy = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == SETTINGS else data)
    return copy


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: b"[]",
        lambda data: data[:-20],
        lambda data: data.replace(b'"method"', b'"magic"'),
        lambda data: data.replace(b'"target": 281', b'"target": null'),
        lambda data: data.replace(b'"samples": 3.0', b'"samples": "many"'),
        lambda data: data.replace(b'"image": "chelsea.png"', b'"image": "../chelsea.png"'),
        lambda data: data.replace(b'"image": "chelsea.png"', b'"image": "1-grad-cam-281.npy"'),
    ],
)
def test_damaged_settings_raise_a_user_error(file, change):
    with pytest.raises(UserError, match=r"\.$"):
        read(rewritten(file, change))


def test_a_file_that_is_not_an_archive_raises_a_user_error(tmp_path):
    for name, data in {"empty.zip": b"", "text.zip": b"no zip", "settings.json": b"{}"}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UserError, match=r"readable ZIP|written by this program"):
            read(tmp_path / name)
    with pytest.raises(UserError):
        read(tmp_path / "missing.zip")


def test_a_name_that_leads_out_of_the_folder_is_not_followed(file, tmp_path):
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "inside")
    (tmp_path / "inside" / "chelsea.png").rename(tmp_path / "chelsea.png")
    settings = tmp_path / "inside" / SETTINGS
    settings.write_text(settings.read_text().replace('"chelsea.png"', '"../chelsea.png"'))
    with pytest.raises(UserError, match="not beside"):
        read(settings)


def test_a_heat_map_over_the_photo_is_sharper_when_it_is_larger(explained, network, photo):
    found = explained[0].attribution
    architecture = network.architecture
    small = over_photo(photo, architecture, found, opacity=0.5)
    mixed = overlay(network_crop(photo, architecture), found.normalized, 0.5)
    assert np.array_equal(small, outlined(mixed, found.normalized))
    large = over_photo(photo, architecture, found, side=681, opacity=0.5)
    assert large.shape == (681, 681, 3)
    shrunk = np.asarray(Image.fromarray(large).resize((227, 227), Image.Resampling.BOX)).astype(int)
    # It must be the same part of the photo: not equal, since sharper, but nearer than one pixel beside it.
    moved = [np.abs(np.roll(shrunk, 1, axis) - small).mean() for axis in (0, 1)]
    assert np.abs(shrunk - small).mean() < 0.8 * min(moved)


def test_without_the_photo_each_value_is_a_square_of_its_colour(explained):
    found = explained[0].attribution
    picture = alone(found, side=130)
    assert picture.shape == (130, 130, 3)
    assert np.array_equal(picture[::10, ::10], colorize(np.clip(found.values / found.peak, -1, 1)))


def test_with_a_common_peak_equal_values_have_equal_colours(explained):
    found = explained[0].attribution
    half = alone(found, side=13, peak=2 * found.peak)
    assert np.array_equal(half, colorize(np.clip(found.values / (2 * found.peak), -1, 1)))


def test_a_photo_whose_png_is_larger_than_an_upload_may_be_can_be_read_again(explained, tmp_path):
    """For example, a JPEG of a panorama with 6 MB becomes a PNG with 35 MB."""
    noise = np.random.default_rng(0).integers(0, 256, (1024, 9000, 3), np.uint8)
    long = replace(explained[0], photo=Photo("pano.jpg", Image.fromarray(noise), "0" * 64, (9000, 1024)))
    path = tmp_path / "long.zip"
    with path.open("wb") as stream:
        write(stream, "alexnet-2012", "embedded", [long])
    assert np.array_equal(read(path).recorded[0].photo.pixels, noise)
