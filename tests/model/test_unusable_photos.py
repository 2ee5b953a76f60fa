"""Files that are no photos, or only a part of one, end in a sentence or are read as far as they go."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.errors import UserError
from model.preprocess import MAX_BYTES, read_photo, read_photo_file

from .pictures import colours, encoded, png_bomb


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"Dear diary, this is no picture.\n" * 40, "not a photo"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawings have no pixels"),
        (encoded(colours(1, 1)), "1 x 1 pixels: too small"),
        (encoded(colours(400, 15)), "400 x 15 pixels: too small"),
        (encoded(colours(16, 961)), "16 x 961 pixels: too long and thin"),
        (png_bomb(), "more than 80 million"),
        (encoded(colours(300, 200), "JPEG")[:2000], "damaged or cut off"),
        (encoded(colours())[:600], "damaged or cut off"),
        (b"\xff\xd8\xff\xe0" + bytes(400), "not a photo"),
        (bytes(MAX_BYTES + 1), "larger than 25 MB"),
    ],
    ids=[
        "empty",
        "text",
        "svg",
        "1x1",
        "15 high",
        "strip",
        "bomb",
        "cut jpeg",
        "cut png",
        "jpeg head",
        "26 MB",
    ],
)
def test_an_unusable_file_raises_a_user_error_that_names_it(data, words):
    with pytest.raises(UserError) as error:
        read_photo(data, "holiday.jpg")
    message = str(error.value)
    assert message.startswith("holiday.jpg ")
    assert words in message
    assert message.endswith(".")
    assert "\n" not in message


def test_a_jpeg_that_lacks_its_end_is_shown_as_far_as_it_goes():
    data = encoded(photo_like(300, 200), "JPEG", quality=90)
    whole = read_photo(data).pixels
    cut = read_photo(data[: int(len(data) * 0.8)])
    assert cut.notes == ("The file ends early: what is missing below is grey.",)
    rows = int((cut.pixels == whole).all(axis=(1, 2)).argmin())  # equal down to where the file ends
    assert 100 < rows < 199
    assert (cut.pixels[-8:] == 128).all()
    with pytest.raises(UserError, match="damaged or cut off"):
        read_photo(data[: int(len(data) * 0.3)])  # most is missing


def photo_like(width: int, height: int) -> Image.Image:
    """Return noise, whose rows take about the same number of bytes each."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(noise)


def test_picture_bombs_are_refused_by_their_header_alone():
    assert len(png_bomb()) < 100_000
    # The file has only a header, so no pixel can have been decoded.
    with pytest.raises(UserError, match="more than 80 million"):
        read_photo(png_bomb(9_000)[:60])
    # 8,888 x 8,888 is just below 80 million, so this file is refused for another reason than its size.
    with pytest.raises(UserError, match="damaged or cut off"):
        read_photo(png_bomb(8_888)[:60])


@pytest.mark.parametrize("path", ["missing.jpg", ".", "a/b.png"])
def test_files_that_cannot_be_read_are_named(path, tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_photo_file(tmp_path / path)


def test_a_file_without_end_is_not_read_to_its_end():
    endless = Path("/dev/zero")
    if endless.exists():
        with pytest.raises(UserError, match="larger than 25 MB"):
            read_photo_file(endless)
