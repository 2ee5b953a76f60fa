"""Compute which orientation, frequency and colour each filter of conv1 responds to most.

The result is exact and needs no search, because conv1 is linear. A grating of orientation t, frequency f,
colour d and phase p has the pixels
    127.5 + 127.5 d_c cos(2 pi f (x sin t + y cos t) + p),        c = red, green, blue,
the network sees (pixel - mean_c) / std_c, and the response of a filter with weights w_c(x, y) and bias b is
    rest + amplitude * cos(p + constant), where
    rest      = b + sum_c (127.5 - mean_c) / std_c * sum_xy w_c(x, y)       the response to plain grey,
    amplitude = 127.5 |sum_c d_c / std_c * sum_xy w_c(x, y) exp(2 pi i f (x sin t + y cos t))|,
which is the magnitude of the filter's Fourier transform. So the maximum over all phases is rest + amplitude.
At a contrast below 1 the amplitude is multiplied by the contrast. If conv1 has padding, this is true for all
windows that lie inside the input.
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
FREQUENCIES = np.arange(1, 41) / 80  # up to 0.5, without 0: a grating of frequency 0 has no orientation
COLOUR_SELECTIVE = 0.5  # a filter with a larger colourfulness counts as colour-selective


@dataclass(frozen=True)
class Tuning:
    """The responses of all filters of conv1 to gratings of full contrast, before ReLU.

    Attributes:
        orientations: in degrees, [O]; 0 is horizontal.
        frequencies: cycles per pixel, [F].
        colours: names in `stimuli.COLOURS`, K of them.
        amplitude: half of the difference between the strongest and the weakest response over all phases,
            float32 [K, filters, O, F].
        rest: the response to plain mid-grey, float32 [filters].
        colourfulness: the share of each filter's energy that no grey photo can excite, [filters].
    """

    orientations: np.ndarray
    frequencies: np.ndarray
    colours: tuple[str, ...]
    amplitude: np.ndarray
    rest: np.ndarray
    colourfulness: np.ndarray

    @cached_property
    def best(self) -> np.ndarray:
        """Return colour, orientation and frequency of each filter's best grating, as indices [3, filters]."""
        per_filter = self.amplitude.swapaxes(0, 1)
        strongest = per_filter.reshape(len(per_filter), -1).argmax(1)
        shape = (len(self.colours), len(self.orientations), len(self.frequencies))
        return np.stack(np.unravel_index(strongest, shape))

    @property
    def preferred_colour(self) -> list[str]:
        return [self.colours[index] for index in self.best[0]]

    @property
    def preferred_orientation(self) -> np.ndarray:
        """Return each filter's preferred orientation in degrees, [filters]; arbitrary if selectivity is 0."""
        return self.orientations[self.best[1]]

    @property
    def preferred_frequency(self) -> np.ndarray:
        """Return each filter's preferred frequency in cycles per pixel, [filters]."""
        return self.frequencies[self.best[2]]

    @cached_property
    def selectivity(self) -> np.ndarray:
        """Return each filter's orientation selectivity: 0 if it responds to all orientations alike, 1 to one.

        At the preferred frequency and colour it is |sum_t A(t) exp(2it)| / sum_t A(t), which is one minus the
        circular variance (Ringach et al. 2002).
        """
        colour, _, frequency = self.best
        curves = self.amplitude[colour, np.arange(len(colour)), :, frequency]
        vector = np.abs(curves @ np.exp(2j * np.deg2rad(self.orientations)))
        total = curves.sum(1)
        return vector / np.where(total > 0, total, 1)

    def colour_selective(self, towers: int) -> list[int]:
        """Return for each tower how many filters have more than half of their energy in colour."""
        return [int((part > COLOUR_SELECTIVE).sum()) for part in np.split(self.colourfulness, towers)]


def tuning(
    network: AlexNet, orientations: np.ndarray = ORIENTATIONS, frequencies: np.ndarray = FREQUENCIES
) -> Tuning:
    """Return the tuning of all filters of conv1.

    Args:
        orientations: in degrees, evenly spaced over 180, [O].  frequencies: cycles per pixel, [F].
    """
    weights, bias = (
        network.get_parameter(f"conv1.{name}").detach().cpu().numpy().astype(np.float64)
        for name in ("weight", "bias")
    )
    mean, std = np.array(network.normalization.mean), np.array(network.normalization.std)
    # The weights for pixels from 0 to 255, before preprocessing divides by the standard deviation.
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
    """Return the Fourier transform at each orientation and frequency: [..., h, w] -> complex [..., O, F]."""
    height, width = planes.shape[-2:]
    down, right = np.mgrid[:height, :width].reshape(2, -1)
    to_right, to_down = wave_vector(orientations)
    distance = np.outer(right, to_right) + np.outer(down, to_down)
    waves = np.exp(2j * np.pi * distance[..., None] * frequencies)
    transform = planes.reshape(-1, height * width) @ waves.reshape(height * width, -1)
    return transform.reshape(*planes.shape[:-2], len(orientations), len(frequencies))


def colourfulness(weights: np.ndarray) -> np.ndarray:
    """Return the share of each filter's energy that no grey photo can excite: [N, 3, h, w] -> [N], 0..1.

    It is 0 for a filter with equal weights for red, green and blue, 1 if they cancel, 2/3 for a filter of one
    colour alone and, on average, for random weights, and 0 for a filter of zeros. A grey photo has R = G = B,
    so it excites only the sum of the three weights at each position. Its share of the energy sum w^2 is
    sum_xy (w_R + w_G + w_B)^2 / 3.

    Args:
        weights: for pixels of 0..255; if preprocessing divides by std, weights must be divided by it, too.

    >>> grey, opposed = np.ones((3, 1, 1)), np.array([1.0, -1.0, 0.0]).reshape(3, 1, 1)
    >>> colourfulness(np.stack([grey, opposed])).tolist()
    [0.0, 1.0]
    """
    energy = np.square(weights).sum((1, 2, 3))
    grey = np.square(weights.sum(1)).sum((1, 2)) / 3
    share = 1 - grey / np.where(energy > 0, energy, 1)
    return np.where(energy > 0, np.clip(share, 0, 1), 0.0)
