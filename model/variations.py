"""Variations of a photo, from which a network learns more than from the photo alone: data augmentation.

Nothing here imports PyTorch.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from .architectures import Architecture
from .preprocess import Photo, central_square, network_crop

Variations = Literal["none", "mirror", "all"]
VARIATIONS: dict[Variations, tuple[str, int]] = {
    "none": ("none", 1),
    "mirror": ("mirror images", 2),
    "all": ("mirror images, shifts and brightness", 8),
}
"""For each choice its name on screen, and how many inputs it makes of a photo."""

BRIGHTNESS, COLOUR = 0.2, 0.05  # largest change, as a share; of all colours together, and of each alone


def inputs_of(photo: Photo, architecture: Architecture, variations: Variations, seed: int = 0) -> np.ndarray:
    """Return the inputs that are made of a photo to learn from; the first is its `network_crop`.

    With "mirror", the second is its mirror image. With "all", six more are cut from the photo's central
    square at random places that are all different, as in section 4.1 of the paper. Every other one is
    mirrored. Brightness and colours change a little.

    Args:
        seed: the same photo and seed give the same inputs.

    Returns:
        uint8 [inputs, input_size, input_size, 3]
    """
    crop = network_crop(photo, architecture)
    made = [crop, crop[:, ::-1]][: VARIATIONS[variations][1]]
    if variations == "all":
        made += _shifted(photo, architecture, VARIATIONS[variations][1] - len(made), seed)
    return np.stack(made)


def _shifted(photo: Photo, architecture: Architecture, count: int, seed: int) -> list[np.ndarray]:
    """Return crops at random places of a photo's central square, with other brightness and colours."""
    rng = np.random.default_rng([seed, int(photo.sha256[:8], 16)])  # not the same places in all photos
    size = architecture.input_size
    # Where the network's input is the whole square, the square is enlarged, so that there are places.
    square = np.asarray(central_square(photo, max(architecture.resize_to, size * 9 // 8)))
    places = square.shape[0] - size + 1
    made = []
    for number, place in enumerate(rng.choice(places**2, count, replace=False)):
        top, left = divmod(int(place), places)
        gain = (1 + rng.uniform(-BRIGHTNESS, BRIGHTNESS)) * (1 + rng.uniform(-COLOUR, COLOUR, 3))
        crop = square[top : top + size, left : left + size, :]
        changed = np.rint((crop * gain).clip(0, 255)).astype(np.uint8)
        made.append(changed[:, ::-1] if number % 2 else changed)
    return made
