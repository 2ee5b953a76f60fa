"""Turn the bytes of a file into the input of the network, with Pillow and NumPy only.

`read_photo` checks the bytes and decodes them to the RGB photo that a person sees. `network_crop` scales it
and cuts the crop that the network sees. `normalize` shifts and scales the crop's values as the weights
require. Whatever predicts, captures or explains uses these three.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from .architectures import Architecture
from .colour import to_rgb
from .errors import UserError, cannot_read

Image.init()  # registers all formats, without which Image.open(formats=...) knows none
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")  # the MPO files of phones open as JPEG
EXTENSIONS = ("jpg", "jpeg", "jfif", "jpe", "png", "webp", "gif", "bmp", "tif", "tiff", "avif")
MAX_BYTES = 25 * 2**20
MAX_PIXELS = 80_000_000  # below the number at which Pillow itself starts to warn
MIN_SIDE = 16
LONGEST = 60  # times the shorter side; no format that browsers show allows more than 65,535 pixels
# Larger photos are shrunk when they are read: four times the network's input is more than any page shows.
KEPT_SIDE = 1024

JPEG_END = b"\xff\xd9"

# How to turn a photo upright, by the EXIF orientation that the camera has recorded; 1 is upright already.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = (5, 6, 7, 8)  # photos that lie on their side in the file

IMAGENET_MEAN = (123.675, 116.28, 103.53)


@dataclass(frozen=True)
class Normalization:
    """The mean and std of (pixel - mean) / std, for each of R, G, B, for pixels of 0..255."""

    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)


ZERO_TO_ONE = Normalization(mean=(0.0, 0.0, 0.0), std=(255.0, 255.0, 255.0))


@dataclass(frozen=True)
class Photo:
    """An RGB photo that has been checked.

    Attributes:
        name: its name on screen, usually the file's name.
        image: mode RGB, upright, shorter side at most `KEPT_SIDE` pixels.
        sha256: digest of the file's bytes; two photos with the same digest are the same.
        original_size: width and height before the photo was shrunk.
        notes: sentences on how the photo was changed, such as "Turned upright as the camera recorded it."
    """

    name: str
    image: Image.Image
    sha256: str
    original_size: tuple[int, int]
    notes: tuple[str, ...] = ()

    @cached_property
    def pixels(self) -> np.ndarray:
        """Return the pixels: uint8 [height, width, 3]."""
        return np.asarray(self.image)


def read_photo(data: bytes, name: str = "picture", max_bytes: int = MAX_BYTES) -> Photo:
    """Return the photo in a file's bytes as a person sees it: upright, opaque, 8-bit RGB.

    Raises:
        UserError: the bytes are not a photo, or the photo is too large, too small or damaged.
    """
    _check_bytes(data, name, max_bytes)
    image = _open(data, name)
    _check_size(image, name)
    is_turned = _orientation(image) in TURNS
    upright, original_size, ends_early = _decode(image, data, name)
    notes = []
    if ends_early:
        notes.append("The file ends early: what is missing below is grey.")
    if _holds_more(image):
        notes.append("This file contains more than one picture; the first one is used.")
    if is_turned:
        notes.append("Turned upright as the camera recorded it.")
    rgb, colour_notes = to_rgb(upright)
    notes += colour_notes
    return Photo(name, _reduce(rgb), hashlib.sha256(data).hexdigest(), original_size, tuple(notes))


def read_photo_file(path: str | Path) -> Photo:
    """Return the photo in a file, as `read_photo` does.

    Raises:
        UserError: as `read_photo`, or the file is missing or cannot be read.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            # One byte more shows that a file is too large, even an endless one.
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise cannot_read(path, error) from error
    return read_photo(data, path.name)


def _check_bytes(data: bytes, name: str, most: int) -> None:
    if not data:
        raise UserError(f"{name} is empty. Choose another file.")
    if len(data) > most:
        raise UserError(f"{name} is larger than {most >> 20} MB. Save it at a smaller size and try again.")


def _too_many_pixels(name: str) -> str:
    return (
        f"{name} has too many pixels: more than {MAX_PIXELS // 1_000_000} million. "
        "Save it at a smaller size and try again."
    )


def _check_size(image: Image.Image, name: str) -> None:
    """Check the photo's size in the file's header, before decoding: 17 kB can hold 400 megapixels.

    Raises:
        UserError: the photo is too large, too small, or too long and thin.
    """
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UserError(_too_many_pixels(name))
    if min(width, height) < MIN_SIDE:
        raise UserError(
            f"{name} is {width} x {height} pixels: too small to see anything in. "
            f"Use a photo of at least {MIN_SIDE} x {MIN_SIDE} pixels."
        )
    if max(width, height) > LONGEST * min(width, height):
        raise UserError(
            f"{name} is {width} x {height} pixels: too long and thin to be shown. "
            f"Cut it until its longer side is at most {LONGEST} times the shorter."
        )


# On damaged bytes Pillow raises almost any exception, from SyntaxError to KeyError. The next four functions
# call nothing but Pillow, so that catching all exceptions hides no bug of ours.


def _open(data: bytes, name: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise UserError(_too_many_pixels(name)) from error
    except Exception as error:
        svg = " SVG drawings have no pixels." if b"<svg" in data[:4096].lower() else ""
        raise UserError(
            f"{name} is not a photo that can be read.{svg} "
            "Use a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF file."
        ) from error


def _decode(image: Image.Image, data: bytes, name: str) -> tuple[Image.Image, tuple[int, int], bool]:
    """Return a file's first picture, upright, its size before it was shrunk, and whether it ends early."""
    try:
        return *_upright(image), False
    except Exception as error:
        if image.format == "JPEG" and (found := _decode_start(data)):
            return *found, True
        raise UserError(
            f"{name} is damaged or cut off: it cannot be decoded. "
            "Copy or download the file again, or use another one."
        ) from error


def _upright(image: Image.Image) -> tuple[Image.Image, tuple[int, int]]:
    width, height = image.size
    image.draft("RGB", (KEPT_SIDE, KEPT_SIDE))  # lets a JPEG decode at a reduced size
    image.load()
    # Read the orientation again: if the file is a TIFF, loading has turned it upright.
    orientation = _orientation(image)
    size = (height, width) if orientation in LYING else (width, height)
    turn = TURNS.get(orientation)
    return image.copy() if turn is None else image.transpose(turn), size


def _decode_start(data: bytes) -> tuple[Image.Image, tuple[int, int]] | None:
    """Return the picture in a JPEG file that was cut off, as browsers show it; None if most is missing.

    With the mark that ends a JPEG file, the decoder fills what is missing with grey.
    """
    try:
        image = Image.open(io.BytesIO(data + JPEG_END), formats=("JPEG",))
        found = _upright(image)
        pixels = np.asarray(image)  # still as in the file, whose last rows are those that are missing
        is_grey = (pixels == pixels[-1]).all(axis=tuple(range(1, pixels.ndim)))
        return None if is_grey[len(pixels) // 2 :].all() else found
    except Exception:
        return None


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1  # the recorded orientation is damaged, but the photo may be fine


def _holds_more(image: Image.Image) -> bool:
    """Return whether the file has more frames or pages. Previews in a phone's MPO file do not count."""
    try:
        return getattr(image, "is_animated", False) and image.format != "MPO"
    except Exception:
        return False  # the other pictures are damaged, and they are not shown anyway


def _reduce(image: Image.Image) -> Image.Image:
    factor = KEPT_SIDE / min(image.size)
    if factor >= 1:
        return image
    width, height = (max(1, round(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)


def central_square(photo: Photo, size: int) -> Image.Image:
    """Return the photo's central square, scaled to size x size pixels (section 2 of the paper)."""
    return ImageOps.fit(photo.image, (size, size), Image.Resampling.BILINEAR)


def network_crop(photo: Photo, architecture: Architecture) -> np.ndarray:
    """Return the crop that the network sees: uint8 [input_size, input_size, 3], RGB.

    The photo's central square is scaled to `resize_to`, 256 for ImageNet, and the centre of that is cut out.
    """
    size = architecture.input_size
    square = central_square(photo, max(architecture.resize_to, size))
    margin = (square.width - size) // 2
    return np.asarray(square.crop((margin, margin, margin + size, margin + size)))


def ten_crops(photo: Photo, architecture: Architecture) -> np.ndarray:
    """Return ten crops: four corners and the centre of the 256 x 256 square, and their mirror images.

    If the network's input is the whole square, the first five are the same.

    Returns:
        uint8 [10, input_size, input_size, 3], the mirror images last. (Section 4.1 of the paper)
    """
    size = architecture.input_size
    square = np.asarray(central_square(photo, max(architecture.resize_to, size)))
    far = square.shape[0] - size
    corners = ((0, 0), (0, far), (far, 0), (far, far), (far // 2, far // 2))
    crops = np.stack([square[top : top + size, left : left + size] for top, left in corners])
    return np.concatenate([crops, crops[:, :, ::-1]])


def normalize(pixels: np.ndarray, normalization: Normalization) -> np.ndarray:
    """Return (pixel - mean) / std: uint8 [N, H, W, C] -> float32 [N, C, H, W], C 3, or 1 if grey."""
    channels = pixels.shape[-1]
    mean = np.asarray(normalization.mean[:channels], np.float32)
    std = np.asarray(normalization.std[:channels], np.float32)
    values = (pixels.astype(np.float32) - mean) / std
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2))


def denormalize(values: np.ndarray, normalization: Normalization) -> np.ndarray:
    """Return pixels, the reverse of `normalize`: float32 [N, 3, H, W] -> uint8 [N, H, W, 3]."""
    mean = np.asarray(normalization.mean, np.float32)
    std = np.asarray(normalization.std, np.float32)
    return np.rint(np.clip(values.transpose(0, 2, 3, 1) * std + mean, 0, 255)).astype(np.uint8)


def crop_box(photo: Photo, architecture: Architecture) -> tuple[float, float, float, float]:
    """Return the position of `network_crop` in the photo: left, top, right, bottom in its pixels."""
    size, (width, height) = architecture.input_size, photo.image.size
    square = max(architecture.resize_to, size)
    scale, margin = min(width, height) / square, (square - size) // 2  # rounded down as in `network_crop`
    left = (width - min(width, height)) / 2 + margin * scale
    top = (height - min(width, height)) / 2 + margin * scale
    return (left, top, left + size * scale, top + size * scale)
