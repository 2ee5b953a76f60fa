"""The crops that a network sees, and the normalization of its input."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from torchvision import transforms

from model.architectures import ARCHITECTURES
from model.preprocess import (
    Normalization,
    Photo,
    denormalize,
    network_crop,
    normalize,
    read_photo,
    ten_crops,
)

from .pictures import (
    colours,
    encoded,
    photograph,
)

# --- from the photo to the network's input -------------------------------------------------------

PAPER = ARCHITECTURES["alexnet-2012"]


def photo_of(image: Image.Image) -> Photo:
    return read_photo(encoded(image))


@pytest.mark.parametrize("name", ["alexnet-2012", "alexnet-torchvision"])
@pytest.mark.parametrize("side", [300, 256, 100, 777])
def test_crop_of_square_pictures_is_torchvisions(name, side):
    architecture = ARCHITECTURES[name]
    image = Image.open(photograph("astronaut.png")).convert("RGB").resize((side, side))
    theirs = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(architecture.input_size)])
    # Both scale with Pillow's bilinear filter and round the margin down, so no pixel may differ. (For other
    # shapes we scale the central square, torchvision the whole photo: the same up to half a pixel.)
    assert np.array_equal(network_crop(photo_of(image), architecture), np.asarray(theirs(image)))


@pytest.mark.parametrize("file", ["chelsea.png", "coffee.png", "rocket.jpg"])
def test_crop_of_other_shapes_is_torchvisions_up_to_half_a_pixel(file):
    image = Image.open(photograph(file)).convert("RGB")
    theirs = np.asarray(transforms.Compose([transforms.Resize(256), transforms.CenterCrop(227)])(image))
    ours = network_crop(photo_of(image), PAPER)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.98


def test_the_crop_of_a_cifar10_network_is_the_whole_square():
    image = colours(32, 32)
    assert np.array_equal(network_crop(photo_of(image), ARCHITECTURES["alexnet-cifar10"]), np.asarray(image))


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=lambda a: a.name)
def test_every_architecture_gets_its_input_size_from_any_shape(architecture):
    size = architecture.input_size
    for width, height in ((16, 900), (900, 16), (17, 17)):
        photo = photo_of(colours(width, height))
        assert network_crop(photo, architecture).shape == (size, size, 3)
        assert ten_crops(photo, architecture).shape == (10, size, size, 3)


def test_ten_crops_are_the_corners_the_centre_and_their_mirror_images():
    image = Image.open(photograph()).convert("RGB").crop((0, 0, 256, 256))
    whole, crops = np.asarray(image), ten_crops(photo_of(image), PAPER)
    assert np.array_equal(crops[4], network_crop(photo_of(image), PAPER))
    for crop, (top, left) in zip(crops, ((0, 0), (0, 29), (29, 0), (29, 29), (14, 14)), strict=False):
        assert np.array_equal(crop, whole[top : top + 227, left : left + 227])
    assert np.array_equal(crops[5:], np.flip(crops[:5], axis=2))


def test_ten_crops_of_the_mirrored_photo_are_the_same_ten():
    image = Image.open(photograph()).convert("RGB").crop((0, 0, 256, 256))
    crops = ten_crops(photo_of(image), PAPER)
    mirrored = ten_crops(photo_of(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)), PAPER)
    corners = {crop.tobytes() for crop in crops[[0, 1, 2, 3, 5, 6, 7, 8]]}
    assert corners == {crop.tobytes() for crop in mirrored[[0, 1, 2, 3, 5, 6, 7, 8]]}


def test_normalize_is_the_closed_form():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), np.uint8)
    mean, std = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
    values = normalize(pixels, Normalization(mean, std))
    assert values.dtype == np.float32
    assert values.shape == (2, 3, 5, 4)
    exact = (pixels.astype(np.float64) - mean) / std
    # float32 has 24 bits, so the error of values of at most 3 is at most about 3e-7.
    np.testing.assert_allclose(values, exact.transpose(0, 3, 1, 2), atol=1e-6)


def test_normalize_agrees_with_torchvision():
    pixels = np.asarray(colours())
    theirs = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))(
        transforms.ToTensor()(Image.fromarray(pixels))
    )
    scale = Normalization((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
    np.testing.assert_allclose(normalize(pixels[None], scale)[0], theirs.numpy(), atol=1e-6)


@pytest.mark.parametrize("scale", [Normalization(), Normalization((0.5, -3, 200), (0.3, 7, 61))])
def test_denormalize_gives_every_pixel_value_back(scale):
    pixels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    assert np.array_equal(denormalize(normalize(pixels, scale), scale), pixels)
    beyond = normalize(np.full((1, 1, 2, 3), 255, np.uint8), scale) * 2 + 1000
    assert (denormalize(beyond, scale) == 255).all()
