"""Turn a decoded picture into the sRGB colours that a browser shows on white.

As in a browser, colours are converted first; then transparent parts are laid on white.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
UNUSABLE = "The file's colour profile cannot be used; its colours are shown as sRGB."
# Which kind of profile fits which mode; a browser, too, ignores a profile of another kind.
KINDS = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
SAME = 1  # of 255: profiles called sRGB differ by the rounding of their curves


def to_rgb(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """Return the picture in opaque sRGB as a person sees it, and sentences on what was changed.

    Raises:
        ValueError, OSError: Pillow cannot convert the picture's mode to RGB.
    """
    notes = []
    profile = image.info.get("icc_profile")
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        image = _eight_bits(image)
        notes.append("Reduced to 8 bits a pixel.")
    alpha = None
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        alpha = layer.getchannel("A")
        image = layer.convert("L" if image.mode in ("L", "LA", "La") else "RGB")
        notes.append("Transparent parts are white.")
    elif image.mode not in KINDS:
        image = image.convert("L" if image.mode == "1" else "RGB")
    was_cmyk = image.mode == "CMYK"
    rgb, note = _converted(image, profile) if profile else (image.convert("RGB"), "")
    if note:
        notes.append(note)
    if was_cmyk and not note.startswith("Converted"):
        notes.append("Converted from the printing colours CMYK.")
    if alpha is not None:
        white = Image.new("RGB", rgb.size, "white")
        rgb = Image.composite(rgb, white, alpha)
    return rgb, notes


def _converted(image: Image.Image, data: bytes) -> tuple[Image.Image, str]:
    """Return the picture of mode RGB, L or CMYK in sRGB, and a sentence if its profile changed anything."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        kind = profile.profile.xcolor_space
        if kind == "RGB " and image.mode == "L":
            image = image.convert("RGB")  # a grey picture in the colours of a screen
        if kind != KINDS[image.mode]:
            return image.convert("RGB"), UNUSABLE
        transform = ImageCms.buildTransform(profile, SRGB, image.mode, "RGB")
        if image.mode != "CMYK" and _changes_nothing(transform, image.mode):
            return image.convert("RGB"), ""
        converted = ImageCms.applyTransform(image, transform)
        # Only called with `inPlace` does it return None.
        assert converted is not None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.convert("RGB"), UNUSABLE
    name = " ".join((profile.profile.profile_description or "(no name)").split())[:80]
    return converted, f"Converted from the colour profile '{name}' to sRGB."


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Return whether the transform leaves a grid of 9 x 9 x 9 colours, or all greys, as they are."""
    if mode == "L":
        colours = np.arange(256, dtype=np.uint8)[None]
    else:
        steps = np.linspace(0, 255, 9).astype(np.uint8)
        colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    before = Image.fromarray(colours)
    after = ImageCms.applyTransform(before, transform)
    difference = np.asarray(after, int) - np.asarray(before.convert("RGB"), int)
    return bool(np.abs(difference).max() <= SAME)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a grey picture of more than 8 bits a pixel in mode L."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    top = 65535.0 if image.mode.startswith("I;16") else _white(values, image.mode)
    return Image.fromarray(np.clip(values * (255.0 / top) + 0.5, 0, 255).astype(np.uint8))


def _white(values: np.ndarray, mode: str) -> float:
    """Return the value of white in a file that does not say: the smallest usual one that no pixel exceeds.

    Pillow alone would cut off everything above 255.
    """
    brightest = float(values.max())
    usual = (1.0, 255.0, 65535.0) if mode == "F" else (255.0, 65535.0)
    return next((top for top in usual if brightest <= top), brightest)


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Return the luminance of colours, as Pillow computes it: uint8 [..., 3] -> uint8 [..., 1].

    0.299 red + 0.587 green + 0.114 blue, in whole numbers of 1/65536 (ITU-R BT.601).
    """
    weighted = pixels.astype(np.uint32) @ np.array([19595, 38470, 7471], np.uint32)
    return ((weighted + 0x8000) >> 16).astype(np.uint8)[..., None]
