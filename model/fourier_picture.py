"""Pictures as sums of waves, whose amplitudes feature visualization changes instead of pixels.

If pixels were changed one by one, the result would be noise. Amplitudes are divided by the frequency of their
wave, so that a step changes coarse shapes much and fine details little, in the proportion in which photos
contain them. Olah, Mordvintsev and Schubert, "Feature Visualization" (2017); the constants are those of
lucid, the library that came with it.
"""

from __future__ import annotations

import torch
from torch import Tensor

# Three colours that vary independently in photos: light to dark, warm to cold, green to magenta. Rows are
# red, green and blue. This is lucid's square root of ImageNet's colour covariance.
COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
SPREAD = 0.01  # standard deviation of the amplitudes at the start: grey with a hint of clouds
CONTRAST = 0.25


def noise(size: int, generator: torch.Generator) -> Tensor:
    """Return random amplitudes of a picture: [3 colours, size, size // 2 + 1, real and imaginary part]."""
    return SPREAD * torch.randn(3, size, size // 2 + 1, 2, generator=generator)


def frequencies(size: int) -> Tensor:
    """Return the frequency of every amplitude's wave, in waves per pixel: [size, size // 2 + 1]."""
    return torch.hypot(torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)[None])


def to_rgb(spectrum: Tensor) -> Tensor:
    """Return the picture with these amplitudes: [3, n, n // 2 + 1, 2] -> RGB from 0 to 1, [3, n, n].

    The picture is periodic: its left edge fits to its right edge, and its top to its bottom.
    """
    size = spectrum.shape[1]
    by_frequency = size / frequencies(size).clamp(min=1 / size)
    waves = torch.view_as_complex(spectrum) * by_frequency.to(spectrum.device)
    independent = CONTRAST * torch.fft.irfft2(waves, s=(size, size))
    colours = torch.tensor(COLOURS, device=spectrum.device)
    colours = colours / colours.norm(dim=0).max()
    return torch.einsum("rc,chw->rhw", colours, independent).sigmoid()
