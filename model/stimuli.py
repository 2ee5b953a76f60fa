"""Draw stimuli: gratings, checkerboards, bars, shapes and plain colours, used in place of photos.

Conventions for all of them:
    Orientation, in degrees, is that of the stripes, the bar or the shape's base: 0 is horizontal, 45 is "/",
        90 is vertical.
    Frequency is in cycles per pixel. The finest that pixels can show is 0.5: two pixels for each cycle.
    Lengths are in pixels. Positions are measured from the centre of the stimulus.
    Stimuli are square: uint8 [size, size, 3], RGB. If the size is the one to which a network scales photos
        (`Architecture.resize_to`), the network gets the stimulus unchanged.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from .errors import look_up
from .preprocess import Photo, read_photo

RGB = tuple[float, float, float]

# What is added to mid-grey where the wave is highest, and subtracted where it is lowest, for red, green and
# blue as shares of the range. The three are orthogonal: the last two do not change R + G + B.
COLOURS: dict[str, RGB] = {
    "black-white": (1.0, 1.0, 1.0),
    "red-green": (1.0, -1.0, 0.0),
    "blue-yellow": (-0.5, -0.5, 1.0),
}
MID_GREY = 127.5  # exactly in the middle of the range of pixels, 0 to 255
WHITE, BLACK = (255.0, 255.0, 255.0), (0.0, 0.0, 0.0)
SHAPES = ("disc", "square", "triangle", "cross")


def wave_vector(orientation: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the direction across stripes of that orientation, as its parts to the right and down.

    Horizontal stripes, 0 degrees -> (0, 1).
    """
    angle = np.deg2rad(orientation)
    return np.sin(angle), np.cos(angle)


def _axes(size: int, orientation: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each pixel's distance from the centre along the orientation and across it (downwards at 0)."""
    down, right = np.mgrid[:size, :size] - (size - 1) / 2
    across_right, across_down = wave_vector(orientation)
    along = right * across_down - down * across_right
    across = right * across_right + down * across_down
    return along, across


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _around_grey(pattern: np.ndarray, contrast: float, colour: str) -> np.ndarray:
    """Return a pattern of -1..1 in colour around mid-grey: float [H, W] -> uint8 [H, W, 3]."""
    direction = np.array(look_up(COLOURS, colour, "colour of gratings"))
    return _rounded(MID_GREY + MID_GREY * contrast * pattern[..., None] * direction)


def _on_ground(outside: np.ndarray, colour: RGB, ground: RGB) -> np.ndarray:
    """Return a figure with smooth edges on a ground: float [H, W] -> uint8 [H, W, 3].

    Args:
        outside: each pixel's distance from the figure's edge, negative inside the figure.
    """
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
    """Return a sinusoidal grating: 127.5 (1 + contrast * colour * cos(2 pi * frequency * d + phase)).

    d is a pixel's distance from the centre across the stripes.

    Args:
        orientation: of the stripes, in degrees.  frequency: cycles per pixel, 0..0.5.
        phase: in degrees; at 0 the wave is highest in the centre, at 180 lowest.
        contrast: 0 is plain grey, 1 uses the full range of the pixels.
        colour: a name in `COLOURS`.

    Raises:
        UserError: there is no such colour.

    >>> grating(4, orientation=0, frequency=0.25)[:, 0, 0].tolist()  # four pixels a cycle, from top to bottom
    [37, 218, 218, 37]
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
    """Return a checkerboard of squares with sides of `cell` pixels; four of them meet in the centre.

    Raises:
        UserError: there is no such colour.

    >>> checkerboard(4, cell=2)[:, :, 0].tolist()
    [[255, 255, 0, 0], [255, 255, 0, 0], [0, 0, 255, 255], [0, 0, 255, 255]]
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
    """Return a straight bar that reaches from edge to edge.

    Args:
        offset: distance of the bar's middle line from the centre, downwards for a horizontal bar and to
            the right for a vertical one.
        colour, ground: RGB, 0..255.
    """
    _, across = _axes(size, orientation)
    return _on_ground(np.abs(across - offset) - width / 2, colour, ground)


def uniform(size: int, colour: RGB = WHITE) -> np.ndarray:
    """Return a stimulus of one colour: RGB, 0..255."""
    return _rounded(np.broadcast_to(np.array(colour), (size, size, 3)))


def shape(
    size: int,
    kind: str = "disc",
    diameter: float = 128.0,
    orientation: float = 0.0,
    colour: RGB = WHITE,
    ground: RGB = BLACK,
) -> np.ndarray:
    """Return a filled shape in the centre.

    Args:
        kind: one of `SHAPES`.
        diameter: for a disc its diameter, for a square its side, for a triangle the diameter of the circle
            through its corners, for a cross the length of its two bars, which are a third as wide.
        orientation: of the base, in degrees; at 0 the triangle points up.

    Raises:
        UserError: there is no such shape.
    """
    figure = look_up(_DISTANCE, kind, "shape")
    along, across = _axes(size, orientation)
    return _on_ground(figure(along, across, diameter / 2), colour, ground)


def _disc(along: np.ndarray, across: np.ndarray, radius: float) -> np.ndarray:
    return np.hypot(along, across) - radius


def _square(along: np.ndarray, across: np.ndarray, radius: float) -> np.ndarray:
    return np.maximum(np.abs(along), np.abs(across)) - radius


def _triangle(along: np.ndarray, across: np.ndarray, radius: float) -> np.ndarray:
    # At orientation 0 `across` points down. Each side is half a radius away from the centre.
    sides = [np.sin(a) * along + np.cos(a) * across for a in np.deg2rad((0, 120, 240))]
    return np.maximum.reduce(sides) - radius / 2


def _cross(along: np.ndarray, across: np.ndarray, radius: float) -> np.ndarray:
    thin = radius / 3
    lying = np.maximum(np.abs(along) - radius, np.abs(across) - thin)
    standing = np.maximum(np.abs(along) - thin, np.abs(across) - radius)
    return np.minimum(lying, standing)


_DISTANCE = dict(zip(SHAPES, (_disc, _square, _triangle, _cross), strict=True))


def as_photo(pixels: np.ndarray, name: str) -> Photo:
    """Return the stimulus as a photo, as if it had been uploaded as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return read_photo(buffer.getvalue(), name)
