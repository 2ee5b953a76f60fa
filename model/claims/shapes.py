"""Tests of claims about what enters a layer: the crop, the channels that a kernel reads, flatten, names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ..alexnet import AlexNet
from ..architectures import ARCHITECTURES
from ..errors import UserError
from ..layers import describe_layer
from ..parameters import Choice, Number
from ..predict import labels
from ..preprocess import Photo, central_square
from .evidence import Evidence, Maps, Pictures, Table, Test
from .window_drawing import BLUE, ORANGE, with_boxes

PLACES = (
    ("centre", "the centre"),
    ("top-left", "the upper left corner"),
    ("top-right", "the upper right corner"),
    ("bottom-left", "the lower left corner"),
    ("bottom-right", "the lower right corner"),
)


def corner_of(place: str, room: int) -> tuple[int, int]:
    """Return left and top of a crop in the square, with `room` pixels to spare: (16, 16) for the centre."""
    if place == "centre":
        return room // 2, room // 2
    vertical, horizontal = place.split("-")
    return (room if horizontal == "right" else 0), (room if vertical == "bottom" else 0)


def _answers(network: AlexNet, crops: list[np.ndarray]) -> list[tuple[str, str]]:
    """Return the best class for each crop, and its probability."""
    best, names = network(network.to_input(np.stack(crops))).max(1), labels(network.architecture)
    return [
        (names[int(index)], f"{100 * float(value):.1f} %")
        for index, value in zip(best.indices, best.values, strict=True)
    ]


@torch.inference_mode()
def _crop(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    size, (width, height) = network.architecture.input_size, photo.image.size
    side = max(network.architecture.resize_to, size)
    square = central_square(photo, side)
    left, top = corner_of(settings["place"], side - size)
    crop = np.asarray(square.crop((left, top, left + size, top + size)))
    squeezed = np.asarray(photo.image.resize((size, size), Image.Resampling.BILINEAR))
    shrunk = np.asarray(square.resize((size, size), Image.Resampling.BILINEAR))
    shorter = min(width, height)
    scale, x, y = shorter / side, (width - shorter) / 2, (height - shorter) / 2
    seen = (x + left * scale, y + top * scale, x + (left + size) * scale, y + (top + size) * scale)
    boxes = [((x, y, x + shorter, y + shorter), BLUE), (seen, ORANGE)]
    share = (size * scale) ** 2 / (width * height)
    where = dict(PLACES)[settings["place"]]
    inputs = (
        (f"crop from {where} of {side} × {side}", share),
        ("central square resized", shorter**2 / (width * height)),
        ("whole photo resized", 1.0),
    )
    answers = _answers(network, [crop, shrunk, squeezed])
    rows = [
        (title, round(100 * part), *answer) for (title, part), answer in zip(inputs, answers, strict=True)
    ]
    return Evidence(
        f"This photo has {width} × {height} pixels. Its shorter side becomes {side} pixels, and the input of "
        f"this network is a crop of {size} × {size}. The crop covers **{100 * share:.0f} %** of the photo.",
        (
            Pictures(
                "The photo with its central square (blue) and the crop (orange); the crop, which is the "
                "input; and the photo, resized without cropping.",
                {
                    "photo": with_boxes(photo.image, boxes),
                    f"cropped: {size} × {size}": crop,
                    f"only resized: {size} × {size}": squeezed,
                },
            ),
            Table(
                "The best class for the crop and for resized photos.",
                ("input", "share of the photo, %", "best class", "probability"),
                rows,
            ),
        ),
        confirms=size < side and share < 1,
    )


def readers_of(layer: nn.Module, x: Tensor, channels: slice) -> int:
    """Return how many output channels of a layer change if some input channels are set to 0."""
    silenced = x.clone()
    silenced[:, channels] = 0
    return int((layer(x) != layer(silenced)).flatten(2).any(2).sum())


def connections(weight: Tensor, groups: int) -> np.ndarray:
    """Return the mean magnitude of the weights between channels, 0 without a connection: [out, in]."""
    strengths = weight.abs().mean((2, 3))
    out, depth = strengths.shape
    result = torch.zeros(out, depth * groups)
    for group in range(groups):
        rows = slice(group * out // groups, (group + 1) * out // groups)
        result[rows, group * depth : (group + 1) * depth] = strengths[rows]
    return result.numpy()


@torch.inference_mode()
def _depth(network: AlexNet, photo: Photo, names: tuple[str, ...], depths: tuple[int, int]) -> Evidence:
    """Compare how many channels the kernels of some layers read, with the depths of two towers and of one."""
    architecture, rows, maps, sentences = network.architecture, [], {}, []
    confirms = True
    outputs = dict(network.walk(network.prepare(photo), until=names[-1]))
    for name in names:
        info, layer = describe_layer(architecture, name), network.get_submodule(name)
        weight, groups = network.get_parameter(f"{name}.weight").cpu(), info.groups or 1
        before = outputs[architecture.layer_names[architecture.layer_names.index(name) - 1]]
        half = slice(0, info.input_shape[0] // 2)
        changed, out = readers_of(layer, before, half), info.output_shape[0]
        sentences.append(
            f"A kernel of {name} reads **{weight.shape[1]}** of {info.input_shape[0]} channels. If the first "
            f"half of these channels is set to 0, **{changed}** of {out} channels of {name} change."
        )
        maps[f"{name}: {out} kernels down, {info.input_shape[0]} channels across"] = connections(
            weight, groups
        )
        confirms &= weight.shape[1] == depths[groups == 1] and changed == out // groups
        for variant in ("alexnet-2012", "alexnet-single-tower"):
            other = describe_layer(ARCHITECTURES[variant], name)
            assert other.weight_shape
            shape = " × ".join(map(str, (*other.weight_shape[2:], other.weight_shape[1])))
            rows.append((name, ARCHITECTURES[variant].title, shape, other.parameters))
    return Evidence(
        " ".join(sentences),
        (
            Table(
                "Kernels and parameters with two towers and with one.",
                ("layer", "network", "one kernel", "parameters"),
                rows,
            ),
            Maps(
                "Strength of the connections between every channel that is read and every kernel: the mean "
                "size of the weights, without their signs. It is 0 where there is no connection.",
                maps,
            ),
        ),
        confirms=confirms,
    )


def _depth_of_conv2(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    return _depth(network, photo, ("conv2",), (48, 96))


def _depth_of_conv4(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    return _depth(network, photo, ("conv4", "conv5"), (192, 384))


def place_of(index: int, side: int) -> tuple[int, int, int]:
    """Return channel, row and column of a number of flatten: place_of(37, 6) -> (1, 0, 1)."""
    channel, rest = divmod(index, side * side)
    return channel, *divmod(rest, side)


@torch.inference_mode()
def _flatten(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    architecture = network.architecture
    outputs = dict(network.walk(network.prepare(photo), until="flatten"))
    before = architecture.layer_names[architecture.layer_names.index("flatten") - 1]
    maps, flat = outputs[before][0].cpu(), outputs["flatten"][0].cpu()
    (channels, side, _), index = maps.shape, int(settings["index"])
    if index >= len(flat):
        raise UserError(f"fc6 of this network has {len(flat):,} inputs. Choose an index below {len(flat):,}.")
    largest = int(flat.argmax())
    rows: list[tuple[str | int | float, ...]] = []
    for title, one in (("chosen", index), ("largest", largest)):
        place = place_of(one, side)
        rows.append((title, one, *place, round(float(maps[place]), 3), round(float(flat[one]), 3)))
    channel, row, column = place_of(index, side)
    value = float(flat[index])
    every = np.arange(len(flat))
    in_order = maps.numpy()[every // side**2, every // side % side, every % side]
    return Evidence(
        f"{channels} × {side} × {side} = **{len(flat):,}** numbers enter fc6. The number at index {index:,} "
        f"comes from channel {channel}, row {row}, column {column}. It is {value:g}.",
        (
            Table(
                f"The chosen and the largest number of flatten, and their places in {before}.",
                ("", "index", "channel", "row", "column", f"value in {before}", "value in flatten"),
                rows,
            ),
            Maps(
                f"The channels of {before} that hold the chosen and the largest number.",
                {f"channel {one}": maps[one].numpy() for one in (channel, place_of(largest, side)[0])},
            ),
        ),
        confirms=(channels, side, len(flat)) == (256, 6, 9216) and np.array_equal(flat.numpy(), in_order),
    )


NAMES = (
    # what it is, the authors' layers-145.cfg, Caffe, a count in the style of LeNet-5
    ("first convolution", "conv1a, conv1b", "conv1", "C1"),
    ("first pooling", "pool1a, pool1b", "pool1", "S2"),
    ("second convolution", "conv2a, conv2b", "conv2", "C3"),
    ("second pooling", "pool2a, pool2b", "pool2", "S4"),
    ("third convolution", "conv3a, conv3b", "conv3", "C5"),
    ("fourth convolution", "conv4a, conv4b", "conv4", "C6"),
    ("fifth convolution", "conv5a, conv5b", "conv5", "C7"),
    ("third pooling", "pool3a, pool3b", "pool5", "S8"),
    ("first fully connected layer", "fc2048a, fc2048b", "fc6", "F9"),
    ("second fully connected layer", "fc2048ba, fc2048bb", "fc7", "F10"),
    ("third fully connected layer", "fc1000", "fc8", "F11"),
)


def _names(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    own = set(network.architecture.layer_names)
    rows = [(*row, row[2] if row[2] in own else "") for row in NAMES]
    agreed = [what for what, authors, caffe, _ in NAMES if authors.split(",")[0].rstrip("ab") == caffe]
    return Evidence(
        f"Without the letters a and b for the towers, **{len(agreed)}** of {len(NAMES)} layers have the same "
        "name in the authors' files and in Caffe. The last pooling is pool3 in the authors' files and pool5 "
        "in Caffe.",
        (
            Table(
                "Names of the same layers. The last column shows the names in this network.",
                ("layer", "the authors' files", "Caffe", "counted as in LeNet-5", "here"),
                rows,
            ),
        ),
        # The verdict says that names differ, and that most people use Caffe's, as this network does.
        confirms=0 < len(agreed) < len(NAMES) and all(row[-1] for row in rows),
    )


TESTS = (
    Test("resized-to-224", _crop, (Choice("place", "Place of the crop", PLACES),)),
    Test("conv2-depth-48", _depth_of_conv2),
    Test("conv4-depth-192", _depth_of_conv4),
    Test("flatten-9216", _flatten, (Number("index", "Index of a number that enters fc6", 4500, 0, 9215),)),
    Test("layer-names", _names),
)
