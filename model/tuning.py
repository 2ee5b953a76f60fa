"""To which orientation, frequency and colour each filter of conv1 is tuned: exactly, in closed form.

conv1 is linear. A grating of orientation t, frequency f, colour d and phase p has the pixels
    127.5 + 127.5 d_c cos(2 pi f (x sin t + y cos t) + p),        c = red, green, blue,
the network sees (pixel - mean_c) / std_c, and a filter with the weights w_c(x, y) and bias b answers
    rest + amplitude * cos(p + a phase of its own), where
    rest      = b + sum_c (127.5 - mean_c) / std_c * sum_xy w_c(x, y)       its answer to plain grey,
    amplitude = 127.5 |sum_c d_c / std_c * sum_xy w_c(x, y) exp(2 pi i f (x sin t + y cos t))|,
the magnitude of the filter's Fourier transform. So the maximum over all phases is rest + amplitude,
and nothing has to be searched. At a contrast below 1 the amplitude is multiplied by it. Where conv1
is padded, this holds for the positions whose window lies inside the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .stimuli import COLOURS, MID_GREY, wave_vector

if TYPE_CHECKING:
    from .alexnet import AlexNet

ORIENTATIONS = np.arange(0.0, 180.0, 5.0)
FREQUENCIES = np.arange(1, 41) / 80  # up to 0.5; zero would have no orientation
COLOUR_SELECTIVE = 0.5  # more than half of the filter's energy


@dataclass(frozen=True)
class Tuning:
    """Answers of all filters of conv1 to gratings of full contrast, before ReLU.

    Attributes:
        orientations: degrees, [O]; see `model.stimuli` for what 0 is.
        frequencies: cycles per pixel, [F].
        colours: names in `stimuli.COLOURS`, K of them.
        amplitude: half of the swing between the best and the worst phase, float32 [K, filters, O, F].
        rest: the answer to plain mid-grey, float32 [filters].
        colourfulness: the share of each filter's energy that a grey picture cannot excite, [filters].
    """

    orientations: np.ndarray
    frequencies: np.ndarray
    colours: tuple[str, ...]
    amplitude: np.ndarray
    rest: np.ndarray
    colourfulness: np.ndarray

    @cached_property
    def best(self) -> np.ndarray:
        """Indices of each filter's strongest grating: colour, orientation, frequency, int [3, filters]."""
        per_filter = self.amplitude.swapaxes(0, 1)
        strongest = per_filter.reshape(len(per_filter), -1).argmax(1)
        shape = (len(self.colours), len(self.orientations), len(self.frequencies))
        return np.stack(np.unravel_index(strongest, shape))

    @property
    def preferred_colour(self) -> list[str]:
        return [self.colours[index] for index in self.best[0]]

    @property
    def preferred_orientation(self) -> np.ndarray:
        """Degrees, [filters]; arbitrary where the selectivity is zero."""
        return self.orientations[self.best[1]]

    @property
    def preferred_frequency(self) -> np.ndarray:
        """Cycles per pixel, [filters]."""
        return self.frequencies[self.best[2]]

    @cached_property
    def selectivity(self) -> np.ndarray:
        """Orientation selectivity at the preferred frequency and colour: 0 for all alike, 1 for one only.

        |sum_t A(t) exp(2it)| / sum_t A(t), one minus the circular variance (Ringach et al. 2002).
        """
        colour, _, frequency = self.best
        curves = self.amplitude[colour, np.arange(len(colour)), :, frequency]
        vector = np.abs(curves @ np.exp(2j * np.deg2rad(self.orientations)))
        total = curves.sum(1)
        return vector / np.where(total > 0, total, 1)

    def colour_selective(self, towers: int) -> list[int]:
        """How many filters of each tower have more than half of their energy in colour."""
        return [int((part > COLOUR_SELECTIVE).sum()) for part in np.split(self.colourfulness, towers)]


def tuning(
    model: AlexNet, orientations: np.ndarray = ORIENTATIONS, frequencies: np.ndarray = FREQUENCIES
) -> Tuning:
    """The tuning of all filters of conv1, for the weights and the preprocessing of this network.

    Args:
        orientations: degrees, evenly spaced over 180, [O].  frequencies: cycles per pixel, [F].
    """
    weights, bias = (
        model.get_parameter(f"conv1.{name}").detach().cpu().numpy().astype(np.float64)
        for name in ("weight", "bias")
    )
    mean, std = np.array(model.normalization.mean), np.array(model.normalization.std)
    # What one step of a pixel's value changes.
    per_pixel = weights / std[:, None, None]
    per_colour = np.einsum("kc,nchw->knhw", np.array(list(COLOURS.values())), per_pixel)
    amplitude = MID_GREY * np.abs(_fourier(per_colour, orientations, frequencies))
    rest = bias + per_pixel.sum((2, 3)) @ (MID_GREY - mean)
    return Tuning(
        orientations,
        frequencies,
        tuple(COLOURS),
        amplitude.astype(np.float32),
        rest.astype(np.float32),
        colourfulness(per_pixel),
    )


def _fourier(planes: np.ndarray, orientations: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """The Fourier transform of planes at polar coordinates: [..., h, w] -> complex [..., O, F]."""
    height, width = planes.shape[-2:]
    down, right = np.mgrid[:height, :width].reshape(2, -1)
    to_right, to_down = wave_vector(orientations)
    distance = np.outer(right, to_right) + np.outer(down, to_down)
    waves = np.exp(2j * np.pi * distance[..., None] * frequencies)
    found = planes.reshape(-1, height * width) @ waves.reshape(height * width, -1)
    return found.reshape(*planes.shape[:-2], len(orientations), len(frequencies))


def colourfulness(weights: np.ndarray) -> np.ndarray:
    """The share of a filter's energy that a grey picture cannot excite: [N, 3, h, w] -> [N], 0..1.

    A grey picture has R = G = B, so at each position it only meets the sum of the three weights; its
    energy is sum_xy (w_R + w_G + w_B)^2 / 3 of sum w^2. Zero for a filter with equal planes, one if
    the planes cancel, 2/3 for one colour alone and, on average, for random weights. Weights are per
    step of a pixel's value, so those of a network that divides by std have to be divided too. A
    filter of zeros has no colour: 0.
    """
    energy = np.square(weights).sum((1, 2, 3))
    grey = np.square(weights.sum(1)).sum((1, 2)) / 3
    share = 1 - grey / np.where(energy > 0, energy, 1)
    return np.where(energy > 0, np.clip(share, 0, 1), 0.0)
