"""Stimuli drawn to order instead of photographs: gratings, checkerboards, bars, shapes, plain colours.

Conventions, for all of them:
    Orientation, in degrees, is that of the stripes, the bar or the shape's base: 0 is horizontal, 90
        vertical, and between them it turns counter-clockwise as seen on the screen, so 45 is "/".
    Frequency is in cycles per pixel; 0.5, two pixels a cycle, is the finest that pixels can show.
    Lengths are in pixels. Positions are measured from the picture's centre.
    Pictures are square: uint8 [size, size, 3], RGB. A picture of the size to which a network scales
        photos (`Architecture.resize_to`) reaches it pixel by pixel.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from .errors import look_up
from .preprocess import Photo, read_photo

RGB = tuple[float, float, float]

# What is added to mid-grey for red, green and blue at a crest, and taken away in a trough, as a share
# of the range. The three are orthogonal: the last two add nothing to R + G + B.
COLOURS: dict[str, RGB] = {
    "black-white": (1.0, 1.0, 1.0),
    "red-green": (1.0, -1.0, 0.0),
    "blue-yellow": (-0.5, -0.5, 1.0),
}
MID_GREY = 127.5  # so that the range above and below is the same
WHITE, BLACK = (255.0, 255.0, 255.0), (0.0, 0.0, 0.0)
SHAPES = ("disc", "square", "triangle", "cross")


def wave_vector(orientation: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The direction in which stripes of that orientation alternate: its parts to the right and down."""
    angle = np.deg2rad(orientation)
    return np.sin(angle), np.cos(angle)


def _axes(size: int, orientation: float) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each pixel from the centre along the orientation and across it (downwards at 0)."""
    down, right = np.mgrid[:size, :size] - (size - 1) / 2
    across_right, across_down = wave_vector(orientation)
    along = right * across_down - down * across_right
    across = right * across_right + down * across_down
    return along, across


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _around_grey(pattern: np.ndarray, contrast: float, colour: str) -> np.ndarray:
    """A pattern of -1..1 as a picture around mid-grey."""
    direction = np.array(look_up(COLOURS, colour, "colour of gratings"))
    return _rounded(MID_GREY + MID_GREY * contrast * pattern[..., None] * direction)


def _on_ground(outside: np.ndarray, colour: RGB, ground: RGB) -> np.ndarray:
    """A figure given by each pixel's distance from its edge, negative inside; the edge is smooth."""
    coverage = np.clip(0.5 - outside, 0, 1)[..., None]
    return _rounded(coverage * np.array(colour) + (1 - coverage) * np.array(ground))


def grating(
    size: int,
    orientation: float = 0.0,
    frequency: float = 0.1,
    phase: float = 0.0,
    contrast: float = 1.0,
    colour: str = "black-white",
) -> np.ndarray:
    """A sinusoidal grating: 127.5 (1 + contrast * colour * cos(2 pi * frequency * d + phase)).

    d is a pixel's distance from the centre across the stripes.

    Args:
        orientation: of the stripes, degrees.  frequency: cycles per pixel, 0..0.5.
        phase: degrees; 0 puts a crest on the picture's centre, 180 a trough.
        contrast: 0 is plain grey, 1 uses the full range of the pixels.
        colour: a name in `COLOURS`.

    Raises:
        UserError: no such colour.
    """
    _, across = _axes(size, orientation)
    wave = np.cos(2 * np.pi * frequency * across + np.deg2rad(phase))
    return _around_grey(wave, contrast, colour)


def checkerboard(
    size: int,
    cell: float = 16.0,
    orientation: float = 0.0,
    contrast: float = 1.0,
    colour: str = "black-white",
) -> np.ndarray:
    """Squares with sides of `cell` pixels; four of them meet in the centre.

    Raises:
        UserError: no such colour.
    """
    along, across = _axes(size, orientation)
    odd = (np.floor(along / cell) + np.floor(across / cell)) % 2
    return _around_grey(1 - 2 * odd, contrast, colour)


def bar(
    size: int,
    orientation: float = 0.0,
    width: float = 16.0,
    offset: float = 0.0,
    colour: RGB = WHITE,
    ground: RGB = BLACK,
) -> np.ndarray:
    """A straight bar from edge to edge.

    Args:
        offset: of its middle from the picture's centre, downwards for a horizontal bar and to the
            right for a vertical one.
        colour, ground: RGB, 0..255.
    """
    _, across = _axes(size, orientation)
    return _on_ground(np.abs(across - offset) - width / 2, colour, ground)


def uniform(size: int, colour: RGB = WHITE) -> np.ndarray:
    """One colour everywhere: RGB, 0..255."""
    return _rounded(np.broadcast_to(np.array(colour), (size, size, 3)))


def shape(
    size: int,
    kind: str = "disc",
    diameter: float = 128.0,
    orientation: float = 0.0,
    colour: RGB = WHITE,
    ground: RGB = BLACK,
) -> np.ndarray:
    """A filled shape in the centre.

    Args:
        kind: one of `SHAPES`.
        diameter: of the disc; the side of the square; of the circle through the triangle's corners;
            the length of the cross's arms from end to end, which are a third as wide.
        orientation: of the base, degrees; the triangle points up at 0.

    Raises:
        UserError: no such shape.
    """
    figure = look_up(_DISTANCE, kind, "shape")
    along, across = _axes(size, orientation)
    return _on_ground(figure(along, across, diameter / 2), colour, ground)


def _disc(along: np.ndarray, across: np.ndarray, radius: float) -> np.ndarray:
    return np.hypot(along, across) - radius


def _square(along: np.ndarray, across: np.ndarray, radius: float) -> np.ndarray:
    return np.maximum(np.abs(along), np.abs(across)) - radius


def _triangle(along: np.ndarray, across: np.ndarray, radius: float) -> np.ndarray:
    # `across` points down at orientation 0; the centre is half a radius from each side.
    sides = [np.sin(a) * along + np.cos(a) * across for a in np.deg2rad((0, 120, 240))]
    return np.maximum.reduce(sides) - radius / 2


def _cross(along: np.ndarray, across: np.ndarray, radius: float) -> np.ndarray:
    thin = radius / 3
    lying = np.maximum(np.abs(along) - radius, np.abs(across) - thin)
    standing = np.maximum(np.abs(along) - thin, np.abs(across) - radius)
    return np.minimum(lying, standing)


_DISTANCE = dict(zip(SHAPES, (_disc, _square, _triangle, _cross), strict=True))


def as_photo(pixels: np.ndarray, name: str) -> Photo:
    """A stimulus in the place of a photo, as if it had been uploaded as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return read_photo(buffer.getvalue(), name)
