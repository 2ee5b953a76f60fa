"""The colours of heatmaps."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from pictures import colours

from model.overlay import BLUE_RED, VIRIDIS, colorize, overlay


def test_colours_meet_their_published_anchors_and_run_straight_between_them():
    for anchors, low, signed in ((VIRIDIS, 0, False), (BLUE_RED, -1, True)):
        published = np.array([list(bytes.fromhex(colour[1:])) for colour in anchors])
        positions = np.linspace(low, 1, len(anchors))
        assert np.array_equal(colorize(positions, signed=signed), published)
        between = colorize((positions[:-1] + positions[1:]) / 2, signed=signed)
        assert np.abs(between - (published[:-1] + published[1:]) / 2).max() <= 0.5
        assert np.array_equal(colorize(np.array([low - 5, 7]), signed=signed), published[[0, -1]])


def test_viridis_grows_lighter_all_the_way():
    luminance = colorize(np.linspace(0, 1, 100)) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(luminance) > 0).all()


def test_overlay_mixes_picture_and_colour():
    pixels = np.asarray(colours())
    everywhere, nowhere = np.ones(pixels.shape[:2]), np.zeros(pixels.shape[:2])
    assert np.array_equal(overlay(pixels, everywhere, 0), pixels)
    assert np.array_equal(overlay(pixels, everywhere, 1), colorize(everywhere))
    assert np.array_equal(overlay(pixels, nowhere, 1), pixels), "no evidence, no colour"
    half = (pixels.astype(float) + colorize(everywhere)) / 2
    assert np.abs(overlay(pixels, everywhere, 0.5) - half).max() <= 0.5
