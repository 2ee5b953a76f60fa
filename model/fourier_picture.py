"""A picture made of waves: what feature visualisation changes instead of pixels.

A step of the same size in every amplitude, divided by the wave's frequency, changes a picture as
photographs differ: coarse shapes much, fine grain little. Pixels that are changed one by one end in
noise instead. Olah, Mordvintsev and Schubert, "Feature Visualization" (2017); the constants are those
of lucid, the library that came with it.
"""

from __future__ import annotations

import torch
from torch import Tensor

# Red, green and blue (rows) of three colours that vary independently in photographs: light and dark,
# warm and cold, green and magenta. Lucid's square root of ImageNet's colour covariance.
COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
SPREAD = 0.01  # of the first amplitudes: grey with a hint of clouds
CONTRAST = 0.25


def noise(size: int, generator: torch.Generator) -> Tensor:
    """Random amplitudes for a square picture: [3 colours, size, size // 2 + 1, real and imaginary part]."""
    return SPREAD * torch.randn(3, size, size // 2 + 1, 2, generator=generator)


def frequencies(size: int) -> Tensor:
    """Waves per pixel of every amplitude, the constant's being 0: [size, size // 2 + 1]."""
    return torch.hypot(torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)[None])


def to_rgb(spectrum: Tensor) -> Tensor:
    """Amplitudes as a picture: [3, n, n // 2 + 1, 2] -> red, green, blue from 0 to 1, [3, n, n].

    It is periodic: its left edge goes on where its right one ends, and so do top and bottom.
    """
    size = spectrum.shape[1]
    by_frequency = size / frequencies(size).clamp(min=1 / size)
    waves = torch.view_as_complex(spectrum) * by_frequency.to(spectrum.device)
    independent = CONTRAST * torch.fft.irfft2(waves, s=(size, size))
    colours = torch.tensor(COLOURS, device=spectrum.device)
    colours = colours / colours.norm(dim=0).max()
    return torch.einsum("rc,chw->rhw", colours, independent).sigmoid()
