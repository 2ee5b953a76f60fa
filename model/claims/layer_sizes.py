"""Tests of claims about the sizes of feature maps: the same layers by several rules of rounding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..alexnet import AlexNet
from ..errors import UserError
from ..layer_specs import Conv, MaxPool
from ..parameters import Choice, Number
from ..predict import labels
from ..preprocess import Photo, network_crop
from .evidence import Evidence, Figure, Maps, Pictures, Table, Test
from .size_rules import (
    AUTHORS,
    PAPER,
    RULES,
    TODAY,
    exact_size,
    logits_by,
    measured_sizes,
    overhang,
    rounded_size,
    sizes,
)
from .window_drawing import BLUE, ORANGE, with_corner_marked, with_windows


def _has_paper_windows(network: AlexNet) -> bool:
    """Return whether conv1 has 11x11 kernels with stride 4."""
    first = network.architecture.convolutions[0]
    return (first.kernel_size, first.stride) == (11, 4)


def _cell(exact: float, size: int) -> str:
    return f"{size}" if exact == size else f"{exact:g} → {size}"


def _answers(network: AlexNet, photo: Photo, size: int) -> Table:
    """Return the network's best class by each rule, and for the input that the network was made for."""
    names, own = labels(network.architecture), network.architecture.input_size
    ways = [*((size, rule.title, rule) for rule in RULES), (own, "the network's own input", None)]
    rows: list[tuple[str, int, str, str]] = []
    for side, title, rule in ways:
        x = network.to_input(network_crop(photo, network.architecture.with_input_size(side))[None])
        logits = logits_by(network, x, rule) if rule else network.logits(x)
        if logits is None:
            rows.append((title, side, "no answer: the size does not fit fc6", ""))
        else:
            best = logits.softmax(1).max(1)
            label, probability = names[int(best.indices)], float(best.values)
            rows.append((title, side, label, f"{100 * probability:.1f} %"))
    return Table(
        f"The best class of {network.architecture.title} with each rule of rounding.",
        ("rule", "input, pixels", "best class", "probability"),
        rows,
    )


def _corner(photo: Photo, size: int) -> Pictures:
    """Return pictures of the last window by both ways of rounding."""
    crop, conv1 = network_crop(photo, PAPER.with_input_size(size)), PAPER.convolutions[0]
    down, up = (rounded_size(size, conv1, way) for way in (False, True))
    windows = [((down - 1) * conv1.stride, conv1.kernel_size, BLUE)]
    if up > down:
        windows.append(((up - 1) * conv1.stride, conv1.kernel_size, ORANGE))
        missing = overhang(size, conv1)
        below = f"window {down} in blue, window {up} in orange: {missing} of its 11 columns do not exist"
    else:
        below = f"window {down} in blue, which ends exactly at the edge"
    return Pictures(
        "The crop, and its lower right corner enlarged, with conv1's last window of 11 × 11 pixels. "
        "Grey pixels do not exist; in the authors' program they count as 0.",
        {f"crop of {size} × {size} pixels": with_corner_marked(crop), below: with_windows(crop, windows)},
    )


@torch.inference_mode()
def _input_size(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    size = int(settings["size"])
    chains = {rule: sizes(PAPER, size, rule) for rule in RULES}
    last = {rule.title: chain["pool5"][1] for rule, chain in chains.items()}
    rows = [(name, *(_cell(*chains[rule][name]) for rule in RULES)) for name in chains[TODAY]]
    table = Table(
        f"Side of every feature map of the paper's network for an input of {size} × {size} pixels, "
        "before and after rounding.",
        ("layer", *(rule.title for rule in RULES)),
        rows,
    )
    figures: tuple[Figure, ...] = (table, _corner(photo, size))
    if _has_paper_windows(network) and network.architecture.convolutions[0].padding == 0:
        figures += (_answers(network, photo, size),)
    # The verdict is about 224 pixels, whatever size is shown.
    at_224 = {rule: [pair[1] for pair in sizes(PAPER, 224, rule).values()] for rule in RULES}
    exact = {name: pair[0] for name, pair in sizes(PAPER, 224, AUTHORS).items() if pair[0] % 1}
    reached = ", ".join(f"**{side}** with {title}" for title, side in last.items())
    return Evidence(
        f"conv1: ({size} − 11)/4 + 1 = **{(size - 11) / 4 + 1:g}**. "
        f"fc6 needs feature maps with a side of 6. The side is {reached}.",
        figures,
        confirms=at_224[TODAY][-1] == 5 and at_224[AUTHORS][-1] == 6 and exact == {"conv1": 54.25},
    )


def _measured_conv1(network: AlexNet, x: Tensor, padding: int) -> Tensor:
    """Return PyTorch's convolution with the network's kernels and another padding."""
    weight, bias = (network.get_parameter(f"conv1.{kind}") for kind in ("weight", "bias"))
    return F.conv2d(x, weight, bias, stride=4, padding=padding)


@torch.inference_mode()
def _padding(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    if not _has_paper_windows(network):
        raise UserError(
            "conv1 of this network has no 11 × 11 kernels with stride 4. "
            "Choose AlexNet (2012) in the sidebar."
        )
    size, padding = int(settings["size"]), int(settings["padding"])
    inputs = sorted({size, 224, 227})
    rows: list[tuple[int | str, ...]] = []
    for p in range(6):
        layer = Conv("conv1", 96, 11, stride=4, padding=p)
        cells = [_cell(exact_size(n, layer), rounded_size(n, layer, False)) for n in inputs]
        rows.append((p, *cells))
    crops = {n: network_crop(photo, network.architecture.with_input_size(n)) for n in (size, 227)}
    x = network.to_input(crops[size][None])
    plain, padded = _measured_conv1(network, x, 0)[0], _measured_conv1(network, x, padding)[0]
    channel = int(plain.flatten(1).amax(1).argmax())
    at_227 = network.to_input(crops[227][None])
    side = padded.shape[-1]
    return Evidence(
        f"For an input of {size} × {size} pixels with padding {padding}, conv1 in PyTorch gives "
        f"**{side} × {side}**: ({size} + {2 * padding} − 11)/4 + 1 = {(size + 2 * padding - 11) / 4 + 1:g}.",
        (
            Table(
                "Side of the output of conv1 for six paddings, before and after rounding down.",
                ("padding", *(f"input {n}" for n in inputs)),
                rows,
            ),
            Maps(
                f"Channel {channel} of conv1 before ReLU, without and with the chosen padding of zeros.",
                {
                    f"padding 0: {plain.shape[-1]} × {plain.shape[-1]}": plain[channel].cpu().numpy(),
                    f"padding {padding}: {side} × {side}": padded[channel].cpu().numpy(),
                },
            ),
        ),
        confirms=[_measured_conv1(network, at_227, p).shape[-1] for p in (0, 2)] == [55, 56],
    )


@torch.inference_mode()
def _formula(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    size = int(settings["size"])
    crop = network_crop(photo, network.architecture.with_input_size(size))
    measured = measured_sizes(network, network.to_input(crop[None]))
    layers = [one for one in network.architecture.layers if isinstance(one, Conv | MaxPool)]
    rows: list[tuple[str | int, ...]] = []
    for layer in layers:
        n, padding = measured[layer.name][0], layer.padding if isinstance(layer, Conv) else 0
        term = f"({n} + 2·{padding} − {layer.kernel_size})/{layer.stride} + 1 = {exact_size(n, layer):g}"
        by_rule = [rounded_size(n, layer, rule.rounds_up(layer)) for rule in RULES]
        rows.append((layer.name, term, *by_rule, -(-n // layer.stride), measured[layer.name][1]))
    differing = [str(row[0]) for row in rows if len(set(row[2:6])) > 1]
    follows_a_rule = any(all(row[column] == row[6] for row in rows) for column in (2, 3, 4))
    return Evidence(
        f"For an input of {size} × {size} pixels, the four rules disagree in **{len(differing)}** of "
        f"{len(rows)} layers: {', '.join(differing) or 'none'}.",
        (
            Table(
                "Side of every layer's output by four rules, and as measured in PyTorch.",
                (
                    "layer",
                    "formula before rounding",
                    *(rule.title for rule in RULES),
                    'Keras "same": ceil(n/s)',
                    "measured",
                ),
                rows,
            ),
        ),
        confirms=follows_a_rule and bool(differing),
    )


WINDOWS = {"3-2": (3, 2), "2-2": (2, 2), "3-3": (3, 3)}


@torch.inference_mode()
def _pooling(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    kernel, stride = WINDOWS[settings["window"]]
    chosen = MaxPool("chosen", kernel, stride)
    rows: list[tuple[str | int | float, ...]] = []
    before_first: Tensor | None = None
    own: list[tuple[int, float, int]] = []
    pools = {layer.name: layer for layer in network.architecture.layers if isinstance(layer, MaxPool)}
    x = network.prepare(photo)
    for name, output in network.walk(x, until=list(pools)[-1]):
        if name in pools:
            n = x.shape[-1]
            own.append((n, exact_size(n, pools[name]), output.shape[-1]))
            both = [rounded_size(n, chosen, up) for up in (False, True)]
            rows.append((name, n, output.shape[-1], round(exact_size(n, chosen), 2), *both))
            before_first = x[0] if before_first is None else before_first
        x = output
    assert before_first is not None
    channel = int(before_first.flatten(1).amax(1).argmax())
    pooled = F.max_pool2d(before_first[channel][None, None], kernel, stride)[0, 0]
    return Evidence(
        f"This network pools **{', '.join(str(n) for n, _, _ in own)}** to "
        f"**{', '.join(str(after) for _, _, after in own)}**. With windows of {kernel} × {kernel} and stride "
        f"{stride}, the sizes before rounding are {', '.join(f'{row[3]:g}' for row in rows)}.",
        (
            Table(
                "Side of the feature maps before and after pooling: in this network, and with windows "
                f"{kernel} wide and stride {stride}.",
                (
                    "layer",
                    "before",
                    "after, this network",
                    "chosen window, exact",
                    "rounded down",
                    "rounded up",
                ),
                rows,
            ),
            Maps(
                f"Channel {channel} before the first pooling, and after it with the chosen window.",
                {
                    f"before: {before_first.shape[-1]} × {before_first.shape[-1]}": (
                        before_first[channel].cpu().numpy()
                    ),
                    f"after: {pooled.shape[-1]} × {pooled.shape[-1]}": pooled.cpu().numpy(),
                },
            ),
        ),
        confirms=own == [(55, 27.0, 27), (27, 13.0, 13), (13, 6.0, 6)],
    )


_INPUT = "Side of the input in pixels"
TESTS = (
    Test("input-227", _input_size, (Number("size", _INPUT, 224, 67, 260),)),
    Test(
        "conv1-227-padding-2",
        _padding,
        (Number("size", _INPUT, 227, 200, 260), Number("padding", "Padding in pixels", 2, 0, 5)),
    ),
    Test("size-formula", _formula, (Number("size", _INPUT, 224, 67, 260),)),
    Test(
        "pooling-55-27-13",
        _pooling,
        (
            Choice(
                "window",
                "Window of the pooling",
                (
                    ("3-2", "3 wide, stride 2, as in the paper"),
                    ("2-2", "2 wide, stride 2"),
                    ("3-3", "3 wide, stride 3"),
                ),
            ),
        ),
    ),
)
