"""Make picture files in memory, valid and damaged, and find the photos that come with scikit-image."""

from __future__ import annotations

import importlib.util
import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

EXIF_ORIENTATION = 0x0112
CHELSEA = "chelsea.png"  # a cat, 451 x 300

# How to turn an upright picture into the one that a camera stores with each EXIF orientation.
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def photograph(name: str = CHELSEA) -> Path:
    """Return the path of a photo that comes with scikit-image, without importing it."""
    spec = importlib.util.find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data" / name


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def colours(width: int = 48, height: int = 32, seed: int = 0) -> Image.Image:
    """Return a picture with other colours in every corner, so that turning or mirroring is noticed."""
    blocks = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), np.uint8)
    return Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC)


def png(width: int, height: int, bit_depth: int, colour_type: int, rows: bytes) -> bytes:
    """Return a PNG made by hand.

    Args:
        rows: the bytes of each row after its filter byte.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def png_bomb(side: int = 20_000) -> bytes:
    """Return a valid black PNG of side x side pixels of one bit: 400 megapixels take about 50 kB."""
    return png(side, side, 1, 0, bytes((1 + side // 8) * side))


def grey_16_bit(values: np.ndarray) -> bytes:
    """Return a 16-bit greyscale PNG of the values [height, width]."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return png(values.shape[1], values.shape[0], 16, 0, rows)


def with_orientation(upright: Image.Image, orientation: int, kind: str = "JPEG", **options) -> bytes:
    """Return the picture as a camera stores it when it is held in that orientation."""
    turned = STORED_AS[orientation]
    stored = upright if turned is None else upright.transpose(turned)
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    return encoded(stored, kind, exif=exif, **options)


def _moving(kind: str, **options) -> bytes:
    first, *others = (colours(seed=seed) for seed in range(3))
    return encoded(first, kind, save_all=True, append_images=others, **options)


def valid_files() -> dict[str, bytes]:
    """Return a small valid file of every format and of every unusual kind, by name."""
    image = colours()
    alpha = image.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(image.size))
    palette = image.quantize(16)
    return {
        "png": encoded(image),
        "png-alpha": encoded(alpha),
        "png-palette": encoded(palette, transparency=0),
        "png-16-bit": grey_16_bit(np.arange(48 * 32).reshape(32, 48) * 40),
        "png-animated": _moving("PNG"),
        "png-1-bit": encoded(image.convert("1")),
        "png-exif": with_orientation(image, 6, "PNG"),
        "jpeg": encoded(image, "JPEG"),
        "jpeg-progressive": encoded(image, "JPEG", progressive=True),
        "jpeg-cmyk": encoded(image.convert("CMYK"), "JPEG"),
        "jpeg-exif": with_orientation(image, 5),
        "jpeg-mpo": _moving("MPO"),
        "webp": encoded(image, "WEBP"),
        "webp-animated": _moving("WEBP", lossless=True),
        "gif": _moving("GIF"),
        "bmp": encoded(image, "BMP"),
        "bmp-palette": encoded(palette, "BMP"),
        "tiff": encoded(image, "TIFF"),
        "tiff-lzw": encoded(image, "TIFF", compression="tiff_lzw"),
        "tiff-jpeg": encoded(image, "TIFF", compression="jpeg"),
        "tiff-deflate": encoded(alpha, "TIFF", compression="tiff_adobe_deflate"),
        "tiff-group4": encoded(image.convert("1"), "TIFF", compression="group4"),
        "tiff-float": encoded(image.convert("F"), "TIFF"),
        "tiff-lab": encoded(Image.new("LAB", image.size, (128, 20, 20)), "TIFF"),
        "tiff-pages": _moving("TIFF"),
        "tiff-exif": with_orientation(image, 8, "TIFF"),
    }
