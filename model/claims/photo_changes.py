"""Tests of claims about the photo: shifts, augmentation, and the scale of the pixel values."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np
import torch
from PIL import Image

from ..alexnet import AlexNet
from ..parameters import Number
from ..predict import labels
from ..preprocess import IMAGENET_MEAN, Normalization, Photo, central_square, network_crop, normalize
from .evidence import Bars, Evidence, Figure, Lines, Maps, Pictures, Table, Test

FARTHEST = 60  # pixels by which a photo is moved
SMALL = 12  # shifts below this are tried one by one
STEP = 4  # between larger shifts
BATCH = 24  # crops that are computed together
PAPER_SQUARE, PAPER_CROP = 256, 224
IMAGENET_STD = (58.395, 57.12, 57.375)  # of pixel values of 0..255, as torchvision's weights need them


def shifted_crops(photo: Photo, network: AlexNet, shifts: list[int]) -> np.ndarray:
    """Return the network's crop, moved to the right by each number of pixels: uint8 [n, size, size, 3].

    Where the photo ends, its mirror image continues it.
    """
    size, far = network.architecture.input_size, max(shifts)
    square = max(network.architecture.resize_to, size)
    width, height = photo.image.size
    scale = min(width, height) / square  # pixels of the photo for each pixel of the square
    margin = ceil(far * scale)
    wide = Image.fromarray(np.pad(photo.pixels, ((0, 0), (margin, margin), (0, 0)), mode="symmetric"))
    # The same scaling as in `central_square`, of a box that is wider on both sides.
    left, top = (width - min(width, height)) / 2 + margin - far * scale, (height - min(width, height)) / 2
    box = (left, top, left + (square + 2 * far) * scale, top + square * scale)
    scaled = np.asarray(wide.resize((square + 2 * far, square), Image.Resampling.BILINEAR, box))
    edge = (square - size) // 2
    return np.stack([scaled[edge : edge + size, far + edge + s : far + edge + s + size] for s in shifts])


@torch.inference_mode()
def _logits(network: AlexNet, crops: np.ndarray) -> torch.Tensor:
    """Return the logits of crops: [n, classes]. They are computed in batches, which need little memory."""
    batches = [network.to_input(crops[first : first + BATCH]) for first in range(0, len(crops), BATCH)]
    return torch.cat([network.logits(batch) for batch in batches]).cpu()


def _shift(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    farthest = min(FARTHEST, network.architecture.input_size // 3)
    chosen = min(int(settings["shift"]), farthest)
    shifts = [s for s in range(farthest + 1) if s < SMALL or s % STEP == 0]
    crops = shifted_crops(photo, network, [*shifts, chosen])
    logits = _logits(network, crops)
    target = int(logits[0].argmax())
    label = labels(network.architecture)[target]
    probabilities = logits.double().softmax(1)[:, target]
    others = logits.double().index_fill(1, torch.tensor([target]), -torch.inf)
    # Dividing probability by its complement would divide by 0 where the network is very sure.
    odds = (logits[:, target].double() - others.logsumexp(1)).exp().numpy()
    own = 100 * probabilities.numpy()
    curve, small, first = own[:-1], own[:SMALL], int(logits[-1].argmax())
    return Evidence(
        f"When the crop moves by **{chosen}** pixels, the probability of **{label}** is **{own[-1]:.1f} %** "
        f"instead of {own[0]:.1f} %, and the first guess is {labels(network.architecture)[first]}. For "
        f"shifts below {SMALL} pixels, the probability of {label} lies between **{small.min():.1f} % and "
        f"{small.max():.1f} %**.",
        (
            Pictures(
                "The crop before and after the shift.",
                {"no shift": crops[0], f"{chosen} pixels": crops[-1]},
            ),
            Lines(
                f"Probability of {label} when the crop moves to the right.",
                "shift, pixels",
                "probability, %",
                np.array(shifts),
                {label: curve},
            ),
            Lines(
                f"Odds of {label}: they show changes even where the probability is near 100 %.",
                "shift, pixels",
                "probability / (100 % − probability)",
                np.array(shifts),
                {label: odds[:-1]},
            ),
        ),
        confirms=bool(odds[:SMALL].max() > 1.25 * odds[:SMALL].min()),
    )


def principal_components(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard deviations along the principal components of RGB values, and the components.

    Args:
        pixels: uint8 [..., 3].

    Returns:
        [3], the largest first, and [3 components, RGB].
    """
    variances, vectors = np.linalg.eigh(np.cov(pixels.reshape(-1, 3).T.astype(float)))
    components = vectors.T[::-1]
    signs = np.where(components.sum(1, keepdims=True) < 0, -1.0, 1.0)  # the first one makes a photo brighter
    return np.sqrt(variances[::-1].clip(min=0)), components * signs


def with_colour(pixels: np.ndarray, amounts: tuple[float, float, float]) -> np.ndarray:
    """Return the photo with one colour added to all pixels: uint8 [H, W, 3] -> uint8 [H, W, 3].

    Args:
        amounts: how far to move along each principal component, in its standard deviations.
    """
    deviations, components = principal_components(pixels)
    colour = (np.array(amounts) * deviations) @ components
    return _as_pixels(pixels + colour)


def _as_pixels(values: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = np.rint(values.clip(0, 255)).astype(np.uint8)
    return rounded


def _with_contrast(pixels: np.ndarray, factor: float) -> np.ndarray:
    mean = pixels.mean((0, 1))
    return _as_pixels(mean + factor * (pixels - mean))


def _contrast(pixels: np.ndarray) -> float:
    """Return the standard deviation of each colour's values, averaged over the three colours."""
    return float(pixels.std((0, 1)).mean())


def _augmentation(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    amount = float(settings["amount"])
    size = network.architecture.input_size
    crop = network_crop(photo, network.architecture)
    square = np.asarray(central_square(photo, max(network.architecture.resize_to, size)))
    pictures = {
        "centre": crop,
        "upper left crop": square[:size, :size],
        "mirror image": np.ascontiguousarray(crop[:, ::-1]),
        "first component": with_colour(crop, (amount, 0, 0)),
        "second component": with_colour(crop, (0, amount, 0)),
        "contrast, not in the paper": _with_contrast(crop, 1 + amount),
    }
    logits = _logits(network, np.stack(list(pictures.values())))
    target = int(logits[0].argmax())
    own = (100 * logits.softmax(1)[:, target]).tolist()
    label = labels(network.architecture)[target]
    before, brighter, stronger = (
        pictures[name] for name in ("centre", "first component", "contrast, not in the paper")
    )
    added, scaled = (
        100 * (_contrast(one) / max(_contrast(before), 1e-6) - 1) for one in (brighter, stronger)
    )
    light = float(brighter.mean() - before.mean())
    return Evidence(
        f"Adding the first principal component makes the pixels brighter by **{light:.0f}** of 255 on "
        f"average. It changes the contrast by **{abs(added):.0f} %**. In the last picture, the contrast "
        f"changes by **{abs(scaled):.0f} %**.",
        (
            Pictures("The crop with each change. The last change is not in the paper.", pictures),
            Bars(f"Probability of {label} after each change.", list(pictures), own, "%", digits=1),
            Table(
                "The principal components of this crop's RGB values; the paper takes those of all "
                "training photos.",
                ("component", "standard deviation", "red", "green", "blue"),
                [
                    (name, round(float(deviation), 1), *(round(float(v), 2) for v in component))
                    for name, deviation, component in zip(
                        ("first", "second", "third"), *principal_components(crop), strict=True
                    )
                ],
            ),
        ),
        # Where values are cut off at 0 and 255, adding a colour changes the contrast a little.
        confirms=light > 1 and abs(added) < abs(scaled) / 2,
    )


def places(square: int, crop: int) -> int:
    """Return at how many places a square crop fits into a larger square: (256, 224) -> 1089."""
    return (square - crop + 1) ** 2


def _crops(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    size = network.architecture.input_size
    square = np.asarray(central_square(photo, max(network.architecture.resize_to, size)))
    far = len(square) - size
    offsets = np.unique(np.linspace(0, far, int(settings["places"])).round().astype(int)).tolist()
    crops = np.stack([square[y : y + size, x : x + size] for y in offsets for x in offsets])
    logits = _logits(network, np.concatenate([crops, crops[:, :, ::-1]]))
    target = int(_logits(network, network_crop(photo, network.architecture)[None])[0].argmax())
    label = labels(network.architecture)[target]
    own = 100 * logits.softmax(1)[:, target].double().numpy()
    straight, mirrored = own.reshape(2, len(offsets), len(offsets))
    common = 100 * max(0, size - far) ** 2 / size**2
    paper = 2 * places(PAPER_SQUARE, PAPER_CROP)
    return Evidence(
        f"The paper's crops of 224 pixels have 33 × 33 × 2 = **{paper:,}** possibilities; crops of {size} "
        f"pixels have {2 * places(len(square), size):,}. Over {len(own)} crops, the probability of "
        f"**{label}** lies between **{own.min():.0f} % and {own.max():.0f} %**. Still, the crops are much "
        f"alike: the pixels that all of them share fill {common:.0f} % of each crop.",
        (
            Maps(
                f"Probability of {label} in percent for each place of the crop, from the upper left to the "
                "lower right.",
                {"crops": straight, "mirror images": mirrored},
            ),
            Bars(
                f"Lowest, mean and highest probability of {label} over {len(own)} crops.",
                ("lowest", "mean", "highest"),
                (float(own.min()), float(own.mean()), float(own.max())),
                "%",
                digits=1,
            ),
        ),
        confirms=paper == 2178 and common > 50,
    )


SCALES: dict[str, Normalization] = {
    "mean subtracted, as in the paper": Normalization(),
    "divided by the deviation too": Normalization(IMAGENET_MEAN, IMAGENET_STD),
    "scaled to 0..1": Normalization((0.0, 0.0, 0.0), (255.0, 255.0, 255.0)),
    "0..255, no mean subtracted": Normalization((0.0, 0.0, 0.0)),
}


@torch.inference_mode()
def _scales(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    crop, names = network_crop(photo, network.architecture)[None], labels(network.architecture)
    scales = {"as these weights need it": network.normalization, **SCALES}
    inputs = torch.cat([torch.from_numpy(normalize(crop, one)) for one in scales.values()])
    probabilities = network(inputs.to(network.device)).cpu()
    found = {name: 100 * float(one.max()) for name, one in zip(scales, probabilities, strict=True)}
    rows = [
        (
            name,
            round(float(x.min()), 2),
            round(float(x.max()), 2),
            names[int(one.argmax())],
            round(found[name], 1),
        )
        for name, x, one in zip(scales, inputs, probabilities, strict=True)
    ]
    right, wrong = rows[0], rows[3]
    figures: tuple[Figure, ...] = (
        Bars(
            "Probability of the first guess with each scale; the class can differ.",
            list(found),
            list(found.values()),
            "%",
            1,
        ),
        Table(
            "The values in the input, and the first guess.",
            ("pixel values", "lowest", "highest", "first guess", "probability, %"),
            rows,
        ),
    )
    return Evidence(
        f"With the scale that these weights need, the first guess is **{right[3]}** with **{right[4]} %**. "
        f"With values of 0..1, the first guess is {wrong[3]} with **{wrong[4]} %**.",
        figures,
        confirms=network.normalization.std == (1.0, 1.0, 1.0)
        and found["scaled to 0..1"] < found["as these weights need it"] / 2
        and found["divided by the deviation too"] < found["as these weights need it"] / 2,
    )


TESTS = (
    Test(
        "pooling-shift-invariance",
        _shift,
        (Number("shift", "shift of the crop to the right, in pixels", 6, 0, FARTHEST),),
    ),
    Test(
        "augmentation-kinds",
        _augmentation,
        (Number("amount", "strength of the change, in standard deviations", 0.3, 0.1, 1, 0.1),),
    ),
    Test(
        "crops-2048",
        _crops,
        (Number("places", "places of the crop along each side", 4, 2, 6),),
    ),
    Test("inputs-scaled-to-one", _scales),
)
