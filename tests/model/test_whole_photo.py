"""`explain --whole` draws the heat map where the network's crop lies in the photo."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from model.attribution import explain
from model.attribution.picture import over_photo
from model.cli.whole_photo import frame_line, over_whole_photo
from model.preprocess import Photo, crop_box, read_photo, read_photo_file

from .command_line import CAT, TOY
from .pictures import colours, encoded


def photo_of(width: int, height: int) -> Photo:
    return read_photo(encoded(colours(width, height)))


@pytest.mark.parametrize(("method", "size"), [("grad-cam", (256, 256)), ("saliency", (400, 256))])
def test_where_a_pixel_of_the_photo_is_one_of_the_crop_the_part_is_the_picture_of_the_crop(
    network, method, size
):
    photo = photo_of(*size)
    found = explain(network, network.prepare(photo), method, 7)
    picture = over_whole_photo(photo, network.architecture, found)
    left, top, right, bottom = (int(edge) for edge in crop_box(photo, network.architecture))
    assert (right - left, bottom - top) == (227, 227)
    assert np.array_equal(picture[top:bottom, left:right], over_photo(photo, network.architecture, found))


@pytest.mark.parametrize("size", [(640, 480), (300, 900), (1024, 1024), (61, 47), (16, 16)])
def test_beyond_the_frame_the_photo_is_unchanged(network, size):
    photo = photo_of(*size)
    found = explain(network, network.prepare(photo), "grad-cam", 7)
    picture = over_whole_photo(photo, network.architecture, found)
    assert picture.shape == photo.pixels.shape
    left, top, right, bottom = (round(edge) for edge in crop_box(photo, network.architecture))
    line = frame_line(photo.pixels[top:bottom, left:right])
    rows, columns = np.mgrid[: photo.pixels.shape[0], : photo.pixels.shape[1]]
    # How far a pixel lies outside the crop: 1 for those beside it, 0 or less in the crop.
    away = np.max([top - rows, rows - bottom + 1, left - columns, columns - right + 1], axis=0)
    beyond, white, black = away > 2 * line, (away > 0) & (away <= line), (away > line) & (away <= 2 * line)
    assert np.array_equal(picture[beyond], photo.pixels[beyond])
    assert (picture[white] == 255).all()
    assert (picture[black] == 0).all()
    if min(size) > 100:
        assert beyond.any()


def test_the_strongest_place_is_where_the_heat_map_is_strongest(network):
    photo = read_photo_file(CAT)
    found = explain(network, network.prepare(photo), "grad-cam", 281)
    picture = over_whole_photo(photo, network.architecture, found).astype(int)
    row, column = np.unravel_index(found.heatmap.argmax(), found.heatmap.shape)
    left, top, right, _ = crop_box(photo, network.architecture)
    scale = (right - left) / len(found.heatmap)
    y, x = round(top + (row + 0.5) * scale), round(left + (column + 0.5) * scale)
    # There the colour is half yellow, by the usual opacity.
    yellow = np.array([0xFD, 0xE7, 0x25])
    assert np.abs(picture[y, x] - (yellow + photo.pixels[y, x]) / 2).max() <= 10


def test_the_shell_writes_it(run, tmp_path):
    photo = read_photo_file(CAT)
    alone, folder = tmp_path / "map.png", tmp_path / "maps"
    chosen = ("--method", "saliency", "--target", "3", "--whole", *TOY)
    for out in (alone, f"{folder}/"):
        assert run("explain", CAT, *chosen, "--out", out).status == 0
    [picture] = folder.iterdir()
    assert picture.read_bytes() == alone.read_bytes()
    assert Image.open(alone).size == photo.image.size
    said = run("explain", CAT, *chosen, "--out", tmp_path / "map.npy")
    assert said.error_lines == [
        "--whole is for pictures only: give --out map.png, or --out maps/ for several."
    ]
