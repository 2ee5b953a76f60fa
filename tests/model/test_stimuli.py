"""The pixels of stimuli have the orientation, frequency, size and colour that was asked for."""

import numpy as np
import pytest

from model import stimuli
from model.architectures import ARCHITECTURES
from model.errors import UserError
from model.preprocess import network_crop

SIZE = 256


def share_of_white(pixels: np.ndarray) -> float:
    """Return the white area in pixels; a grey pixel of a smooth edge counts in part."""
    return float(pixels[..., 0].sum()) / 255


@pytest.mark.parametrize("orientation", [0, 30, 45, 90, 135, 170])
@pytest.mark.parametrize("frequency", [0.05, 0.125, 0.3])
def test_a_grating_has_the_frequency_and_orientation_it_says(orientation, frequency):
    pixels = stimuli.grating(SIZE, orientation, frequency)[..., 0].astype(float)
    window = np.hanning(SIZE)[:, None] * np.hanning(SIZE)
    spectrum = np.abs(np.fft.fft2((pixels - pixels.mean()) * window))
    row, column = np.unravel_index(spectrum.argmax(), spectrum.shape)
    down, right = np.fft.fftfreq(SIZE)[[row, column]]
    assert np.hypot(down, right) == pytest.approx(frequency, abs=1 / SIZE)
    # Stripes are perpendicular to the wave; the y axis of the screen points down.
    found = np.rad2deg(np.arctan2(right, down)) % 180
    off = abs(found - orientation) % 180
    assert min(off, 180 - off) < np.rad2deg(1 / SIZE / frequency)


def test_at_45_degrees_stripes_rise_to_the_right():
    pixels = stimuli.grating(SIZE, 45, 0.07)
    assert np.array_equal(pixels[1:, :-1], pixels[:-1, 1:])


def test_a_grating_is_brightest_in_the_centre_at_phase_0_and_darkest_at_180():
    assert (stimuli.grating(65, 20, 0.1)[32, 32] == 255).all()
    assert (stimuli.grating(65, 20, 0.1, phase=180)[32, 32] == 0).all()


def test_contrast_scales_the_range():
    assert np.ptp(stimuli.grating(SIZE, contrast=0)) == 0
    half = stimuli.grating(SIZE, frequency=0.01, contrast=0.5)
    assert int(half.max()) - int(half.min()) == pytest.approx(127.5, abs=1)


@pytest.mark.parametrize("colour", ["red-green", "blue-yellow"])
def test_coloured_gratings_keep_the_sum_of_red_green_and_blue(colour):
    sums = stimuli.grating(SIZE, 30, 0.1, colour=colour).astype(int).sum(2)
    assert np.ptp(sums) <= 2  # because of rounding
    assert np.ptp(stimuli.grating(SIZE, 30, 0.1, colour=colour), axis=(0, 1)).max() > 250


def test_the_colours_are_orthogonal():
    products = np.array(list(stimuli.COLOURS.values())) @ np.array(list(stimuli.COLOURS.values())).T
    assert not np.any(products - np.diag(np.diag(products)))


def test_a_checkerboard_alternates_from_square_to_square():
    board = stimuli.checkerboard(64, cell=8)[..., 0]
    cells = board.reshape(8, 8, 8, 8).transpose(0, 2, 1, 3).reshape(8, 8, -1)
    assert (np.ptp(cells, axis=2) == 0).all()
    assert (cells[:, 1:, 0] != cells[:, :-1, 0]).all()
    assert (cells[1:, :, 0] != cells[:-1, :, 0]).all()


def test_bars_have_their_width_and_orientation():
    lying, standing = stimuli.bar(SIZE, 0, 20), stimuli.bar(SIZE, 90, 20)
    assert share_of_white(lying) == share_of_white(standing) == 20 * SIZE
    assert (lying[SIZE // 2] == 255).all()
    assert (standing[:, SIZE // 2] == 255).all()
    below = stimuli.bar(SIZE, 0, 20, offset=50)
    assert (below[SIZE // 2 + 50] == 255).all()


@pytest.mark.parametrize(
    ("kind", "area"),
    [
        ("disc", np.pi * 50**2),
        ("square", 100**2),
        ("triangle", 3 * np.sqrt(3) / 4 * 50**2),
        ("cross", 2 * 100 * 100 / 3 - (100 / 3) ** 2),
    ],
)
@pytest.mark.parametrize("orientation", [0, 25])
def test_shapes_have_their_area(kind, area, orientation):
    assert share_of_white(stimuli.shape(SIZE, kind, 100, orientation)) == pytest.approx(area, rel=0.01)


def test_the_triangle_points_up():
    triangle = stimuli.shape(SIZE, "triangle", 100)[..., 0]
    widths = (triangle > 127).sum(1)
    assert widths[85] < widths[120] < widths[150]


def test_colours_are_drawn_as_given():
    red, blue = (255.0, 0.0, 0.0), (0.0, 0.0, 255.0)
    assert (stimuli.uniform(8, red) == red).all()
    drawn = stimuli.shape(SIZE, "disc", 100, colour=red, ground=blue)
    assert (drawn[SIZE // 2, SIZE // 2] == red).all()
    assert (drawn[0, 0] == blue).all()


def test_for_unknown_names_the_known_ones_are_listed():
    with pytest.raises(UserError, match="black-white"):
        stimuli.grating(SIZE, colour="plaid")
    with pytest.raises(UserError, match="triangle"):
        stimuli.shape(SIZE, "heart")


@pytest.mark.parametrize("name", ["alexnet-2012", "alexnet-cifar10"])
def test_a_stimulus_reaches_the_network_unchanged(name):
    architecture = ARCHITECTURES[name]
    pixels = stimuli.grating(architecture.resize_to, 30, 0.2)
    photo = stimuli.as_photo(pixels, "grating.png")
    margin = (architecture.resize_to - architecture.input_size) // 2
    inside = slice(margin, margin + architecture.input_size)
    assert np.array_equal(network_crop(photo, architecture), pixels[inside, inside])
