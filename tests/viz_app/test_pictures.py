"""Every tile of a mosaic is in its region, and colours are right."""

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from viz_app.draw import colours, pictures


def decoded(picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.data)))


@given(
    count=st.integers(1, 40), side=st.integers(1, 30), columns=st.integers(1, 12), blocks=st.integers(1, 2)
)
@settings(max_examples=60, deadline=None)
def test_every_tile_lies_in_its_region_and_no_two_overlap(count, side, columns, blocks):
    columns *= blocks
    tiles = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, side, side, 3), np.uint8)
    picture = pictures.mosaic(tiles, columns, blocks)
    pixels = decoded(picture)
    covered = np.zeros(pixels.shape[:2], int)
    for index, (x, y, w, h) in enumerate(picture.regions):
        assert (pixels[y : y + h, x : x + w, :3] == index).all()
        covered[y : y + h, x : x + w] += 1
    assert covered.max() == 1
    assert ((pixels[..., 3] > 0) == (covered == 1)).all()


def test_a_zero_weight_is_grey_and_the_strongest_reaches_the_end():
    kernel = np.zeros((1, 3, 2, 2), np.float32)
    kernel[0, 0, 0, 0], kernel[0, 1, 1, 1] = 0.5, -0.5
    tile = pictures.filter_tiles(kernel, common_scale=False)[0]
    assert tile[0, 1].tolist() == [128, 128, 128]
    assert tile[0, 0, 0] == 255
    assert tile[1, 1, 1] == 0


def test_one_scale_keeps_weak_filters_weak():
    kernels = np.zeros((2, 3, 1, 1), np.float32)
    kernels[0], kernels[1] = 1.0, 0.1
    common, own = (pictures.filter_tiles(kernels, common_scale=c) for c in (True, False))
    assert common[1].max() < 150
    assert own[1].min() == 255


def test_zero_is_white_among_signed_values_and_dark_among_magnitudes():
    signed = colours.paint(np.array([-1.0, 0.0, 1.0]), scope=np.array([-1.0, 1.0]))
    assert (signed[1] > 240).all()
    assert signed[0, 2] > signed[0, 0], "below zero is blue"
    assert signed[2, 0] > signed[2, 2], "above zero is red"
    magnitude = colours.paint(np.array([0.0, 1.0]), scope=np.array([0.0, 1.0])).astype(int).sum(-1)
    assert magnitude[0] < magnitude[1]


def test_a_feature_map_of_zeros_is_drawn_without_a_division_by_zero():
    with np.errstate(all="raise"):
        tiles = pictures.map_tiles(np.zeros((4, 3, 3), np.float32), common_scale=False)
        over = pictures.map_over(np.full((9, 9, 3), 200, np.uint8), np.zeros((3, 3), np.float32))
    assert len(np.unique(tiles.reshape(-1, 3), axis=0)) == 1
    assert over.shape == (9, 9, 3)


def test_only_the_pixels_outside_the_crop_are_pale():
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    shaded = pictures.shade_outside(photo, (10.0, 5.0, 40.0, 35.0))
    assert (shaded[5:35, 10:40] == photo[5:35, 10:40]).all()
    assert (shaded[:5] >= photo[:5]).all()
    assert shaded[:5].mean() > photo[:5].mean()
