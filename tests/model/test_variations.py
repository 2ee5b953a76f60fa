"""Variations of a photo are what they are said to be, and can be made again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from model.architectures import ARCHITECTURES
from model.preprocess import network_crop
from model.variations import BRIGHTNESS, COLOUR, VARIATIONS, inputs_of


@pytest.mark.parametrize("name", ["alexnet-2012", "alexnet-cifar10"])
def test_all_inputs_are_different_and_the_first_is_the_crop(photo, name):
    architecture = ARCHITECTURES[name]
    crop = network_crop(photo, architecture)
    for variations, (_, count) in VARIATIONS.items():
        made = inputs_of(photo, architecture, variations)
        assert made.shape == (count, *crop.shape) and made.dtype == np.uint8
        np.testing.assert_array_equal(made[0], crop)
        if count > 1:
            np.testing.assert_array_equal(made[1], crop[:, ::-1])
        assert len({one.tobytes() for one in made}) == count


def test_the_same_photo_and_seed_give_the_same_inputs(photo):
    architecture = ARCHITECTURES["alexnet-2012"]
    made = inputs_of(photo, architecture, "all", seed=1)
    np.testing.assert_array_equal(made, inputs_of(photo, architecture, "all", seed=1))
    assert not np.array_equal(made, inputs_of(photo, architecture, "all", seed=2))
    other = inputs_of(replace(photo, sha256="f" * 64), architecture, "all", seed=1)
    assert not np.array_equal(made[2:], other[2:])  # other places in each photo


def test_shifts_stay_in_the_photo_s_square(photo):
    """Each pixel of the photo says where it is, so a crop tells its place, whatever its brightness."""
    across = np.broadcast_to(np.arange(256) / 2 + 20, (256, 256))
    pixels = np.stack([across, across.T, np.full((256, 256), 100)], axis=2).astype(np.uint8)
    positions = replace(photo, image=Image.fromarray(pixels))
    made = inputs_of(positions, ARCHITECTURES["alexnet-2012"], "all")[2:].astype(float)
    size, places = made.shape[1], set()
    for number, crop in enumerate(made):
        assert abs(crop[..., 2].mean() / 100 - 1) <= (1 + BRIGHTNESS) * (1 + COLOUR) - 1
        red, green = crop[0, :, 0], crop[:, 0, 1]
        red = red[::-1] if number % 2 else red
        place = []
        for values in (red, green):
            # Values are gain * ((start + i) / 2 + 20): the slope is half the gain.
            slope, first = np.polyfit(np.arange(size), values, 1)
            assert slope > 0  # only every other input is mirrored, and none stands on its head
            place.append(round(first / slope - 40))
        # The photo is of whole numbers, which moves a place by at most one pixel.
        assert all(-1 <= one <= 256 - size + 1 for one in place)
        places.add(tuple(place))
    assert len(places) == len(made)
