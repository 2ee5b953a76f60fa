"""Signs that a network of unknown origin gets other inputs than those that it was trained with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ..alexnet import AlexNet
from ..assets import ASSETS
from ..preprocess import network_crop, read_photo_file

SAMPLES = ASSETS / "samples"
ALIKE = 1.2  # times the probability of guessing: no sample photo gets more for any class
BLOWN_UP = 1e4  # a plain grey photo gives a trained conv1 activations of 0.1 to a few hundred


@torch.inference_mode()
def doubts(network: AlexNet, photos: Path = SAMPLES) -> tuple[str, ...]:
    """Return what looks wrong in a network's numbers on sample photos and on plain grey, as sentences.

    Args:
        photos: a folder of photos that show different things.
    """
    architecture = network.architecture
    files = sorted(path for path in photos.iterdir() if path.suffix in (".jpg", ".png"))
    crops = np.stack([network_crop(read_photo_file(path), architecture) for path in files])
    probabilities = network(network.to_input(crops)).cpu()
    size, first = architecture.input_size, architecture.convolutions[0].name
    plain = network.to_input(np.full((1, size, size, 3), 128, np.uint8))
    strongest = float(network.run(plain, until=first).abs().max())
    most, classes = float(probabilities.max()), probabilities.shape[1]
    found = []
    if not torch.isfinite(probabilities).all():
        found.append("Some probabilities are not numbers (NaN): the activations grow beyond all bounds.")
    elif most < min(1.0, ALIKE / classes):
        found.append(
            f"All {classes:,} classes are about equally probable on every sample photo (at most {most:.2%}): "
            "the network has learned nothing, or the weights or the normalization are others than it needs."
        )
    elif classes > 2 and len(set(probabilities.argmax(1).tolist())) == 1:
        found.append(
            f"All {len(files)} sample photos get the same class: the normalization may be another one than "
            "in training."
        )
    if strongest > BLOWN_UP:
        found.append(
            f"On a plain grey photo {first} gives {strongest:,.0f}: the pixels are probably expected on "
            "another scale, for example 0 to 1."
        )
    return tuple(found)
