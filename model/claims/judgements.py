"""Tests of claims about what AlexNet costs, and what it is good for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ..alexnet import AlexNet
from ..architectures import Architecture
from ..comparison import compared, meta_network
from ..counting import Counts, count_architecture
from ..layer_specs import Flatten
from ..layers import describe, smallest_input_size
from ..parameters import Choice, Number
from ..predict import labels
from ..preprocess import Photo, network_crop
from .evidence import Bars, Evidence, Lines, Pictures, Table, Test
from .normalizations import lrn_and_batch_norm

MEGABYTE = 1e6


def _beside(network: AlexNet, *names: str) -> dict[str, Counts]:
    """Return what can be counted in this network and in later networks, by the networks' titles."""
    own = {f"this network: {network.architecture.title}": count_architecture(network.architecture)}
    return own | {compared()[name].title: compared()[name] for name in names}


def _cost(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    counts = _beside(network, "vgg16", "resnet18", "resnet50", "mobilenet_v2", "efficientnet_b0", "vit_b_16")
    own, vgg, _, resnet, mobile, *_ = counts.values()
    infos = [info for info in describe(network.architecture) if info.parameters]
    convolutions = sum(info.macs for info in infos if info.type == "Conv") / own.macs
    if settings["quantity"] == "multiply-adds":
        caption = "Multiply-adds for one photo, in billions."
        bars = Bars(caption, list(counts), [one.macs / 1e9 for one in counts.values()], "billions", 2)
    else:
        caption = "Parameters, in millions."
        bars = Bars(caption, list(counts), [one.parameters / 1e6 for one in counts.values()], "millions", 1)
    return Evidence(
        f"This network needs **{own.macs / 1e9:.2f} billion** multiply-adds. VGG-16 needs "
        f"**{vgg.macs / own.macs:.1f} times** as many, ResNet-50 **{resnet.macs / own.macs:.1f} times**. "
        f"But this network has **{own.parameters / resnet.parameters:.1f} times** the parameters of "
        "ResNet-50.",
        (
            bars,
            Table(
                f"Parameters and multiply-adds of each layer of this network. The convolutions have "
                f"{100 * convolutions:.0f} % of the multiply-adds.",
                ("layer", "parameters", "multiply-adds"),
                [(info.name, info.parameters, info.macs) for info in infos],
            ),
        ),
        confirms=mobile.macs < own.macs < resnet.macs < vgg.macs
        and mobile.parameters < resnet.parameters < own.parameters < vgg.parameters,
    )


def _memory(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    own, vgg, batch = count_architecture(network.architecture), compared()["vgg16"], int(settings["batch"])
    even = ceil(own.parameter_bytes / own.neuron_bytes)
    x = np.arange(1, 513)
    return Evidence(
        f"The weights take **{own.parameter_bytes / MEGABYTE:.0f} MB**. The outputs of one photo take "
        f"**{own.neuron_bytes / MEGABYTE:.1f} MB**, those of {batch} photos "
        f"**{batch * own.neuron_bytes / MEGABYTE:,.0f} MB**. From **{even}** photos on, the outputs take at "
        "least as much as the weights.",
        (
            Lines(
                "Memory of the weights and of the outputs for batches of every size. Each neuron is counted "
                "once.",
                "photos in the batch",
                "memory (MB)",
                x,
                {
                    "weights": np.full(len(x), own.parameter_bytes / MEGABYTE),
                    "outputs": x * own.neuron_bytes / MEGABYTE,
                },
            ),
            Table(
                f"Memory of the weights, and of the outputs for one photo and for {batch} photos.",
                ("network", "weights (MB)", "outputs, one photo (MB)", f"outputs, {batch} photos (MB)"),
                [
                    (title, *(round(size / MEGABYTE, 1) for size in sizes))
                    for title, one in _beside(network, "vgg16", "resnet50", "mobilenet_v2").items()
                    for sizes in [(one.parameter_bytes, one.neuron_bytes, batch * one.neuron_bytes)]
                ],
            ),
        ),
        confirms=50 * own.neuron_bytes < own.parameter_bytes < 128 * own.neuron_bytes
        and 10 * own.neuron_bytes < vgg.neuron_bytes,
    )


# What can be counted: (name in a table, what it means, the number).
COUNTED: dict[str, tuple[str, str, Callable[[Counts], int]]] = {
    "depth": ("depth", "layers with weights on the longest path", lambda one: one.depth),
    "weights": ("all layers", "layers with weights on all paths", lambda one: one.weight_layers),
    "kernels": ("kernel sizes", "sizes of convolution kernels", lambda one: len(one.kernel_sizes)),
    "kinds": ("kinds", "kinds of layers", lambda one: len(one.kinds)),
    "joins": ("joins", "places where branches meet", lambda one: one.joins),
}


def _complexity(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    counts = _beside(network, "vgg16", "resnet18", "resnet50")
    own, vgg, _, resnet = counts.values()
    _, what, value = COUNTED[str(settings["count"])]
    return Evidence(
        f"On the longest path, this network has **{own.depth}** layers with weights, VGG-16 has "
        f"**{vgg.depth}** and ResNet-50 has **{resnet.depth}**. Their kernels have "
        f"**{len(own.kernel_sizes)}**, **{len(vgg.kernel_sizes)}** and **{len(resnet.kernel_sizes)}** sizes, "
        f"and their branches meet **{own.joins}**, **{vgg.joins}** and **{resnet.joins}** times.",
        (
            Bars(f"Number of {what}.", list(counts), [value(one) for one in counts.values()]),
            Table(
                "All counts. Joins are places where branches meet. Two towers are two branches, which meet "
                "where a layer reads both.",
                ("network", *(name for name, _, _ in COUNTED.values()), "kernels"),
                [
                    (title, *(count(one) for _, _, count in COUNTED.values()), _sizes(one))
                    for title, one in counts.items()
                ],
            ),
        ),
        confirms=own.depth < vgg.depth < resnet.depth
        and len(own.kernel_sizes) > len(vgg.kernel_sizes)
        and vgg.joins < own.joins < resnet.joins,
    )


def _sizes(counts: Counts) -> str:
    return ", ".join(f"{size} × {size}" for size in counts.kernel_sizes)


def _allocated(name: str, device: torch.device) -> nn.Module:
    """Return one of torchvision's networks with zeros as weights: it takes the same time with any weights."""
    network = meta_network(name).to_empty(device=device)
    for tensor in network.state_dict().values():
        tensor.zero_()
    return network


def _milliseconds(network: nn.Module, x: Tensor) -> float:
    """Return the shorter time of two passes, after one that prepares PyTorch."""
    times = []
    with torch.inference_mode():
        for _ in range(3):
            start = perf_counter()
            network(x).cpu()  # waits for a GPU
            times.append(1000 * (perf_counter() - start))
    return min(times[1:])


def _production(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    photos = int(settings["photos"])
    own, x = network.architecture.title, network.prepare(photo)
    times = {own: _milliseconds(network, x.expand(photos, -1, -1, -1))}
    others = [compared()[name] for name in ("resnet18", "mobilenet_v2")]
    for one in others:
        x = torch.zeros(photos, 3, one.input_size, one.input_size, device=network.device)
        times[one.title] = _milliseconds(_allocated(one.name, network.device), x)
    alexnet, mobile = compared()["alexnet"], others[-1]
    gain = mobile.published[0].top1 - alexnet.published[0].top1
    counts = _beside(network, "alexnet", "resnet18", "mobilenet_v2")
    return Evidence(
        f"On this machine, {photos} photo{'s' * (photos > 1)} took this network **{times[own]:.0f} ms** and "
        f"MobileNetV2 **{times[mobile.title]:.0f} ms**. MobileNetV2 is right **{gain:.1f} points** more "
        "often than torchvision's AlexNet.",
        (
            Bars(
                f"Time for {photos} photo{'s' * (photos > 1)}: the shorter of two measurements.",
                list(times),
                list(times.values()),
                "ms",
                digits=1,
            ),
            Table(
                "Cost of the networks, as counted here, and the accuracy published with their first weights.",
                ("network", "depth", "parameters", "multiply-adds", "top-1 (%)"),
                [
                    (
                        title,
                        one.depth,
                        one.parameters,
                        one.macs,
                        getattr(one, "top1", "not measured"),
                    )
                    for title, one in counts.items()
                ],
            ),
        ),
        # Times vary from machine to machine and from call to call, so they decide nothing here.
        confirms=gain > 15
        and 17 * mobile.parameters < alexnet.parameters
        and 2 * mobile.macs < count_architecture(network.architecture).macs,
    )


def fitting_sizes(architecture: Architecture) -> range:
    """Return the sizes of the input that fc6 fits, up to twice the architecture's own size."""
    flatten = next(layer.name for layer in architecture.layers if isinstance(layer, Flatten))
    position, own = architecture.layer_names.index(flatten), architecture.input_size
    wanted = describe(architecture)[position].output_shape
    sizes = range(smallest_input_size(architecture), 2 * own + 1)
    fitting = [size for size in sizes if describe(architecture, size)[position].output_shape == wanted]
    return range(fitting[0], fitting[-1] + 1)


def _coarse(crop: np.ndarray, size: int) -> np.ndarray:
    """Return a crop shrunk to a number of pixels and enlarged again: uint8 [H, W, 3]."""
    image = Image.fromarray(crop)
    small = image.resize((min(size, image.width),) * 2, Image.Resampling.BILINEAR, reducing_gap=None)
    return np.asarray(small.resize(image.size, Image.Resampling.BICUBIC))


def _large_input(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    architecture, chosen = network.architecture, int(settings["size"])
    own, crop = architecture.input_size, network_crop(photo, architecture)
    sizes = sorted({*(size for size in (8, 16, 32, 64, 128) if size < own), min(chosen, own), own})
    with torch.inference_mode():
        coarse = network.to_input(np.stack([_coarse(crop, size) for size in sizes]))
        probabilities = network(coarse).cpu().numpy()
    target = int(probabilities[-1].argmax())
    curve = dict(zip(sizes, 100 * probabilities[:, target], strict=True))
    smallest, fitting = smallest_input_size(architecture), fitting_sizes(architecture)
    name, more = labels(architecture)[target], " or more" if fitting[-1] == 2 * own else ""
    shown = min(chosen, own)
    return Evidence(
        f"The convolutions and poolings need **{smallest}** pixels, and fc6 fits inputs of **{fitting[0]} to "
        f"{fitting[-1]}{more}** pixels. The probability of {name} is **{curve[own]:.1f} %** at full size. It "
        f"is **{curve[shown]:.1f} %** if the photo is shrunk to {shown} pixels and enlarged again.",
        (
            Pictures(
                "The crop at full size, and the crop shrunk and enlarged again.",
                {f"{own} pixels": crop, f"shrunk to {shown} pixels": _coarse(crop, chosen)},
            ),
            Lines(
                f"Probability of {name} if the photo is shrunk and enlarged again.",
                "size to which the photo is shrunk (pixels)",
                "probability (%)",
                np.array(sizes),
                {name: np.array(list(curve.values()))},
            ),
        ),
        confirms=3 * smallest < fitting[0] <= own <= fitting[-1] and bool(curve[min(32, own)] < curve[own]),
    )


def _words(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in names)


TESTS = (
    Test(
        "high-computational-cost",
        _cost,
        (Choice("quantity", "what the bars show", _words("multiply-adds", "parameters")),),
    ),
    Test("large-memory", _memory, (Number("batch", "photos in the batch", 128, 1, 512),)),
    Test(
        "complex-or-shallow",
        _complexity,
        (Choice("count", "what is counted", tuple((word, what) for word, (_, what, _) in COUNTED.items())),),
    ),
    lrn_and_batch_norm,
    Test(
        "teaching-not-production",
        _production,
        (Number("photos", "photos at once", 1, 1, 4),),
    ),
    Test(
        "large-input",
        _large_input,
        (Number("size", "pixels to which the photo is shrunk", 32, 8, 256, step=8),),
    ),
)
