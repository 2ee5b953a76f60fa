"""Every kind of file becomes the RGB photo that a person sees, or a clear error message."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.architectures import ARCHITECTURES
from model.errors import UserError
from model.preprocess import (
    KEPT_SIDE,
    Photo,
    read_photo,
)

from .pictures import (
    STORED_AS,
    colours,
    encoded,
    grey_16_bit,
    valid_files,
    with_orientation,
)

PAPER = ARCHITECTURES["alexnet-2012"]
FILES = valid_files()


def pixels_of(data: bytes) -> np.ndarray:
    return read_photo(data).pixels.astype(int)


def photo_of(image: Image.Image) -> Photo:
    return read_photo(encoded(image))


# --- every kind of file becomes the RGB photo that a person sees -----------------------------------


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_valid_file_gives_a_photo(kind):
    photo = read_photo(FILES[kind], kind)
    assert photo.image.mode == "RGB"
    assert photo.pixels.shape == (32, 48, 3)
    assert photo.pixels.dtype == np.uint8


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "tiff-lzw", "png-animated", "tiff-pages"])
def test_lossless_files_keep_every_pixel_and_have_no_wrong_notes(kind):
    assert np.array_equal(pixels_of(FILES[kind]), np.asarray(colours()))
    several = kind in ("png-animated", "tiff-pages")
    notes = ("This file contains more than one picture; the first one is used.",) if several else ()
    assert read_photo(FILES[kind]).notes == notes


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_the_first_frame_of_an_animation_is_used(kind):
    red, blue = (Image.new("RGB", (20, 20), colour) for colour in ("red", "blue"))
    photo = read_photo(encoded(red, kind, save_all=True, append_images=[blue], duration=100))
    assert np.abs(photo.pixels.astype(int) - (255, 0, 0)).max() <= (
        0 if kind == "GIF" else 2
    )  # WebP is lossy
    assert photo.notes == ("This file contains more than one picture; the first one is used.",)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", STORED_AS)
def test_all_eight_exif_orientations_give_the_upright_picture(orientation, kind):
    upright = colours(64, 48)
    options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    options = {"lossless": True} if kind == "WEBP" else options
    photo = read_photo(with_orientation(upright, orientation, kind, **options))
    difference = np.abs(photo.pixels.astype(int) - np.asarray(upright))
    # JPEG at quality 95 changes a few levels; a photo that is turned or mirrored wrongly differs by far more.
    assert difference.max() <= (12 if kind == "JPEG" else 0)
    assert photo.original_size == (64, 48)  # width and height of the upright photo, not of the stored one
    assert bool(photo.notes) == (orientation != 1)


def test_a_photo_with_damaged_exif_data_can_be_read():
    data = with_orientation(colours(), 1)
    start = data.index(b"Exif\0\0") + 6
    damaged = data[:start] + b"??" + data[start + 2 :]
    assert np.array_equal(pixels_of(damaged), pixels_of(data))


def test_16_bit_grey_ramps_come_out_right():
    ramp = np.tile(np.arange(256), (16, 1))
    pixels = pixels_of(grey_16_bit(257 * ramp))
    for channel in range(3):
        assert np.array_equal(pixels[:, :, channel], ramp)


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0])
def test_float_tiffs_are_scaled_by_the_range_they_use(top):
    ramp = np.tile(np.linspace(0, top, 256, dtype=np.float32), (16, 1))
    pixels = pixels_of(encoded(Image.fromarray(ramp), "TIFF"))
    assert np.array_equal(pixels[:, :, 0], np.tile(np.arange(256), (16, 1)))


@pytest.mark.parametrize("top", [255, 65535, 2_550_000])
def test_32_bit_tiffs_are_scaled_by_the_range_they_use(top):
    ramp = np.tile(np.linspace(0, top, 256).astype(np.int32), (16, 1))
    pixels = pixels_of(encoded(Image.fromarray(ramp), "TIFF"))
    assert np.array_equal(pixels[:, :, 0], np.tile(np.arange(256), (16, 1)))


@pytest.mark.filterwarnings("error")
def test_float_tiffs_with_undefined_values_are_black_there():
    values = np.full((16, 16), 255, np.float32)
    values[0, 0] = np.nan
    pixels = pixels_of(encoded(Image.fromarray(values), "TIFF"))
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[1, 1].tolist() == [255, 255, 255]


def test_cmyk_is_converted():
    # Full cyan ink reflects no red; paper without ink is white.
    inks = Image.new("CMYK", (32, 32), (0, 0, 0, 0))
    inks.paste((255, 0, 0, 0), (0, 0, 16, 32))
    photo = read_photo(encoded(inks, "JPEG", quality=100))
    assert np.abs(photo.pixels[8, 4].astype(int) - (0, 255, 255)).max() <= 4
    assert photo.pixels[8, 28].min() >= 251
    assert "CMYK" in photo.notes[0]


def test_transparent_pixels_become_white():
    red = Image.new("RGBA", (16, 16), (255, 0, 0, 0))
    red.paste((255, 0, 0, 255), (0, 0, 8, 16))
    red.putpixel((15, 15), (255, 0, 0, 51))  # a fifth of red on white
    pixels = pixels_of(encoded(red))
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert pixels[0, 12].tolist() == [255, 255, 255]
    assert pixels[15, 15].tolist() == [255, 204, 204]


def test_a_transparent_colour_of_a_palette_is_white():
    image = Image.new("P", (16, 16), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(0, (8, 0, 16, 16))
    for data in (encoded(image, transparency=0), encoded(image, transparency=b"\x00\xff")):
        pixels = pixels_of(data)
        assert pixels[0, 0].tolist() == [200, 100, 50]
        assert pixels[0, 12].tolist() == [255, 255, 255]


def test_grey_with_alpha_and_one_bit_pictures():
    half = Image.new("LA", (16, 16), (0, 0))
    half.paste((100, 255), (0, 0, 8, 16))
    assert pixels_of(encoded(half))[0, [0, 12]].tolist() == [[100] * 3, [255] * 3]
    bits = Image.new("1", (16, 16), 0)
    bits.paste(1, (0, 0, 8, 16))
    assert pixels_of(encoded(bits))[0, [0, 12]].tolist() == [[255] * 3, [0] * 3]


def test_large_photos_are_reduced_once_and_remember_their_size():
    photo = read_photo(encoded(colours(3000, 2000), "JPEG"))
    assert photo.original_size == (3000, 2000)
    assert min(photo.image.size) == KEPT_SIDE
    assert photo.image.size[0] / photo.image.size[1] == pytest.approx(1.5, abs=0.002)


def test_photos_with_the_same_bytes_are_the_same():
    first, again, other = (read_photo(encoded(colours(seed=seed))) for seed in (0, 0, 1))
    assert first.sha256 == again.sha256 != other.sha256


# --- damage of any kind -------------------------------------------------------------------------

pillow_remarks = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def photo_or_user_error(data: bytes) -> None:
    try:
        photo = read_photo(data, "any")
    except UserError as error:
        assert str(error).startswith("any ")
    else:
        assert photo.image.mode == "RGB"
        assert photo.pixels.ndim == 3


kinds = st.sampled_from(sorted(FILES))
# Half of the damage is in the first bytes, since headers are short and most important.
places = st.integers(0, 200) | st.integers(0, 20_000)
mutations = st.lists(
    st.tuples(places, st.sampled_from(["set", "insert", "delete"]), st.integers(0, 255)),
    min_size=1,
    max_size=12,
)


def mutated(data: bytes, changes) -> bytes:
    damaged = bytearray(data)
    for place, how, value in changes:
        place %= len(damaged)
        if how == "set":
            damaged[place] = value
        elif how == "insert":
            damaged.insert(place, value)
        elif len(damaged) > 1:
            del damaged[place]
    return bytes(damaged)


@pillow_remarks
@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000))
def test_random_bytes(data):
    photo_or_user_error(data)


@pillow_remarks
@settings(max_examples=300, deadline=None)
@given(kinds, st.binary(max_size=200))
def test_random_bytes_after_a_valid_beginning(kind, data):
    photo_or_user_error(FILES[kind][:40] + data)


@pillow_remarks
@settings(max_examples=500, deadline=None)
@given(kinds, st.floats(0, 1))
def test_cut_off_files(kind, fraction):
    data = FILES[kind]
    photo_or_user_error(data[: int(fraction * len(data))])


@pillow_remarks
@settings(max_examples=1000, deadline=None)
@given(kinds, mutations)
def test_damaged_files(kind, changes):
    photo_or_user_error(mutated(FILES[kind], changes))
