"""The colours of heat maps."""

from __future__ import annotations

import numpy as np

from model.overlay import BLUE_RED, VIRIDIS, colorize, outlined, overlay

from .pictures import colours


def test_colours_equal_the_published_ones_and_are_interpolated_linearly():
    for anchors, low, signed in ((VIRIDIS, 0, False), (BLUE_RED, -1, True)):
        published = np.array([list(bytes.fromhex(colour[1:])) for colour in anchors])
        positions = np.linspace(low, 1, len(anchors))
        assert np.array_equal(colorize(positions, signed=signed), published)
        between = colorize((positions[:-1] + positions[1:]) / 2, signed=signed)
        assert np.abs(between - (published[:-1] + published[1:]) / 2).max() <= 0.5
        assert np.array_equal(colorize(np.array([low - 5, 7]), signed=signed), published[[0, -1]])


def test_viridis_gets_lighter_from_end_to_end():
    luminance = colorize(np.linspace(0, 1, 100)) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(luminance) > 0).all()


def test_overlay_mixes_photo_and_colour():
    pixels = np.asarray(colours())
    everywhere, nowhere = np.ones(pixels.shape[:2]), np.zeros(pixels.shape[:2])
    assert np.array_equal(overlay(pixels, everywhere, 0), pixels)
    assert np.array_equal(overlay(pixels, everywhere, 1), colorize(everywhere))
    assert np.array_equal(overlay(pixels, nowhere, 1), pixels), "no evidence, no colour"
    half = (pixels.astype(float) + colorize(everywhere)) / 2
    assert np.abs(overlay(pixels, everywhere, 0.5) - half).max() <= 0.5


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Return the relative luminance of WCAG 2.2: uint8 [..., 3] -> float [...]."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    bright, dark = np.maximum(luminance(one), luminance(other)), np.minimum(luminance(one), luminance(other))
    return (bright + 0.05) / (dark + 0.05)


def blob(size: int = 227) -> np.ndarray:
    """Return a heat map with one smooth maximum: float [size, size]."""
    y, x = np.mgrid[0:size, 0:size] / size
    return np.exp(-20 * ((x - 0.4) ** 2 + (y - 0.6) ** 2))


def test_an_outline_can_be_seen_on_a_photo_of_any_colour():
    heatmap = blob()
    for colour in np.random.default_rng(0).integers(0, 256, (50, 3), np.uint8):
        plain = np.broadcast_to(colour, (227, 227, 3))
        drawn = outlined(plain, heatmap)
        changed = (drawn != plain).any(-1)
        lines = drawn[changed]
        assert contrast(lines, colour).max() >= 4.58 - 0.01  # the smallest possible, for a middle grey
        # The line lies around half of the maximum. A pixel's step of the heat map is below 0.04.
        assert np.abs(heatmap[changed] - 0.5).max() < 0.04


def test_scattered_and_uniform_heat_maps_have_no_outline():
    photo = np.asarray(colours(227, 227))
    scattered = np.zeros((227, 227))
    scattered[::5, ::7] = 1
    for heatmap in (scattered, np.ones((227, 227)), np.zeros((227, 227))):
        assert np.array_equal(outlined(photo, heatmap), photo)
