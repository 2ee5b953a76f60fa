"""Tests of claims that are decided by counting: parameters, layers, multiply-adds, outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..architectures import ARCHITECTURES, Architecture
from ..errors import UserError
from ..layer_specs import Conv, MaxPool
from ..layers import describe
from ..parameters import Number
from ..predict import labels
from ..preprocess import Photo
from .evidence import Bars, Evidence, Lines, Table, Test

CONNECTED = "Linear"


def _total_and_share(architecture: Architecture) -> tuple[int, float]:
    """Return the number of parameters, and which share of them the fully connected layers hold."""
    infos = describe(architecture)
    total = sum(info.parameters for info in infos)
    return total, sum(info.parameters for info in infos if info.type == CONNECTED) / total


def _parameters(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    counted = sum(parameter.numel() for parameter in network.parameters())
    _, share = _total_and_share(network.architecture)
    infos = [info for info in describe(network.architecture) if info.parameters]
    rows: list[tuple[str, int, float]] = []
    for name in ("alexnet-2012", "alexnet-single-tower", "alexnet-torchvision"):
        total, connected = _total_and_share(ARCHITECTURES[name])
        rows.append((ARCHITECTURES[name].title, total, round(100 * connected, 1)))
    return Evidence(
        f"This network has **{counted:,}** parameters; its fully connected layers hold "
        f"**{100 * share:.0f} %** of them.",
        (
            Bars(
                "Parameters of every layer of this network, in millions.",
                [info.name for info in infos],
                [info.parameters / 1e6 for info in infos],
                "million",
                digits=2,
            ),
            Table(
                "Parameters of three networks that are called AlexNet.",
                ("network", "parameters", "fully connected, %"),
                rows,
            ),
        ),
        # 65 million would no longer be called about 60 million.
        confirms=abs(counted - 60e6) < 5e6 and share > 0.9,
    )


def _middle(x: Tensor, pool: MaxPool, side: int) -> Tensor:
    """Return the number in the middle of each window: [..., n, n] -> [..., side, side]."""
    first, end = pool.kernel_size // 2, (side - 1) * pool.stride + pool.kernel_size // 2 + 1
    return x[..., first : end : pool.stride, first : end : pool.stride]


def logits_without_maximum(network: AlexNet, x: Tensor) -> Tensor:
    """Return the logits if pooling takes the number in the middle of each window, not the largest."""
    sides = {info.name: info.output_shape[-1] for info in describe(network.architecture)}
    for layer in network.architecture.layers[:-1]:
        if isinstance(layer, MaxPool):
            x = _middle(x, layer, sides[layer.name])
        else:
            x = network.get_submodule(layer.name)(x)
    return x


@torch.inference_mode()
def _pooling_layers(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    infos = describe(network.architecture)
    learned = [info.name for info in infos if info.parameters]
    pools = [info.name for info in infos if info.type == "MaxPool"]
    x, names = network.prepare(photo), labels(network.architecture)
    rows: list[tuple[str, str, float]] = []
    answers = (
        ("the largest number", network.logits(x)),
        ("the middle number", logits_without_maximum(network, x)),
    )
    for title, logits in answers:
        best = logits.softmax(1).max(1)
        rows.append((title, names[int(best.indices)], round(100 * float(best.values), 1)))
    difference = float((answers[0][1] - answers[1][1]).abs().max())
    spread = float(answers[0][1].max() - answers[0][1].min())
    return Evidence(
        f"**{len(learned)}** layers of this network have parameters, {len(pools)} poolings have none. "
        "If pooling takes the middle number of each window, the logits change by up to "
        f"**{difference:.1f}**.",
        (
            Bars(
                "Number of layers by three ways of counting.",
                ("with parameters", "with parameters, and pooling", "every step"),
                (len(learned), len(learned) + len(pools), len(infos)),
                "layers",
            ),
            Table(
                "Best class if pooling takes the largest number of each window, or the number in the middle.",
                ("pooling takes", "best class", "probability, %"),
                rows,
            ),
        ),
        confirms=len(learned) == 8 and not set(pools) & set(learned) and difference > 0.01 * spread,
    )


def multiply_adds(architecture: Architecture, kernel_size: int, stride: int) -> dict[str, int]:
    """Return the multiply-adds of every layer with parameters if conv1 has another kernel or stride.

    Raises:
        UserError: a layer has no output.
    """
    layers = tuple(
        replace(layer, kernel_size=kernel_size, stride=stride)
        if isinstance(layer, Conv) and layer.name == "conv1"
        else layer
        for layer in architecture.layers
    )
    infos = describe(replace(architecture, layers=layers))
    return {info.name: info.macs for info in infos if info.parameters}


def _multiply_adds(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    first, own = network.architecture.convolutions[0], network.architecture
    if (first.kernel_size, first.stride) != (11, 4):
        raise UserError(
            "conv1 of this network has no 11 × 11 kernels with stride 4. "
            "Choose AlexNet (2012) in the sidebar."
        )
    kernel, stride = int(settings["kernel"]), int(settings["stride"])
    now, chosen = multiply_adds(own, 11, 4), multiply_adds(own, kernel, stride)
    strides, kernels = np.arange(1, 9), np.arange(3, 16, 2)
    by_stride = [multiply_adds(own, 11, int(s))["conv1"] for s in strides]
    by_kernel = [multiply_adds(own, int(k), 4)["conv1"] for k in kernels]
    stride_factor, kernel_factor = by_stride[0] / now["conv1"], now["conv1"] / by_kernel[0]
    name = "multiply-adds of conv1"
    return Evidence(
        f"With a kernel of {kernel} × {kernel} and stride {stride}, conv1 needs "
        f"**{chosen['conv1'] / now['conv1']:.2f} times** as many multiply-adds as with 11 × 11 and stride 4. "
        f"The whole network needs **{sum(chosen.values()) / sum(now.values()):.2f} times** as many.",
        (
            Table(
                f"Multiply-adds of every layer in millions: in this network, and with kernels of {kernel} × "
                f"{kernel} and stride {stride} in conv1.",
                ("layer", "11 × 11, stride 4", f"{kernel} × {kernel}, stride {stride}", "times"),
                [
                    (layer, round(n / 1e6, 1), round(chosen[layer] / 1e6, 1), round(chosen[layer] / n, 2))
                    for layer, n in now.items()
                ],
            ),
            Lines(
                "Multiply-adds of conv1 for every stride, with kernels of 11 × 11.",
                "stride, pixels",
                "multiply-adds, million",
                strides,
                {name: np.array(by_stride) / 1e6},
            ),
            Lines(
                "Multiply-adds of conv1 for kernels of every size, with stride 4.",
                "side of the kernel, pixels",
                "multiply-adds, million",
                kernels,
                {name: np.array(by_kernel) / 1e6},
            ),
        ),
        confirms=15 < stride_factor < 16 and 12 < kernel_factor < 14,
    )


def _share_of_convolutions(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    infos = [info for info in describe(network.architecture) if info.parameters]
    total = sum(info.parameters for info in infos)
    shares = {info.name: info.parameters / total for info in infos if info.type == "Conv"}
    above = [name for name, share in shares.items() if share > 0.01]
    names = " and ".join(above)
    return Evidence(
        f"Of **{total:,}** parameters, **{names or 'no convolution'}** hold more than 1 %.",
        (
            Bars(
                "Share of all parameters that each convolution holds.",
                list(shares),
                [100 * share for share in shares.values()],
                "%",
                digits=2,
            ),
        ),
        confirms=bool(above),
    )


def _neurons(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    infos = [info for info in describe(network.architecture) if info.parameters]
    counts = {info.name: prod(info.output_shape) for info in infos}
    total, first = sum(counts.values()), counts["conv1"]
    return Evidence(
        f"conv1 has **{first:,}** outputs. All layers with parameters together have **{total:,}**.",
        (
            Table(
                "Outputs of every layer with parameters: channels times height times width.",
                ("layer", "shape", "outputs"),
                [(i.name, " × ".join(map(str, i.output_shape)), counts[i.name]) for i in infos],
            ),
        ),
        confirms=first == 290_400 and round(total, -4) == 660_000,
    )


TESTS = (
    Test("sixty-million-parameters", _parameters),
    Test("pooling-no-layer", _pooling_layers),
    Test(
        "large-kernel-saves",
        _multiply_adds,
        (
            Number("stride", "Stride of conv1 in pixels", 1, 1, 8),
            Number("kernel", "Side of conv1's kernel in pixels", 11, 3, 15, 2),
        ),
    ),
    Test("convolutions-below-one-percent", _share_of_convolutions),
    Test("neurons-253440", _neurons),
)
