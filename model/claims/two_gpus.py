"""Tests of claims about the two towers, and about networks that are called AlexNet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ..alexnet import AlexNet, private_copy
from ..architectures import ARCHITECTURES, Architecture
from ..layers import BYTES_PER_VALUE, describe
from ..parameters import Choice, Number
from ..predict import labels
from ..preprocess import Photo
from .evidence import Bars, Evidence, Table, Test
from .variants import check_towers

Settings = Mapping[str, Any]
GPU_BYTES = 3e9  # of a GTX 580
STEPS = ("Conv", "LocalResponseNorm", "SpatialResponseNorm", "MaxPool", "Linear")
MEETING = ("conv3", "fc6", "fc7", "fc8")  # the layers that read both towers


def _without_crossing(network: AlexNet, layer: str) -> AlexNet:
    """Return a copy in which a layer's units read only the tower that they belong to.

    fc8's thousand units belong to no tower: they lose the second half of their inputs.
    """
    cut = private_copy(network)
    module = cut.get_submodule(layer)
    weight = network.get_parameter(f"{layer}.weight").clone()
    outputs, inputs = weight.shape[0] // 2, weight.shape[1] // 2
    if layer == "fc8":
        weight[:, inputs:] = 0
    else:
        weight[:outputs, inputs:] = 0
        weight[outputs:, :inputs] = 0
    module._parameters["weight"] = torch.nn.Parameter(weight, requires_grad=False)
    return cut


@torch.inference_mode()
def _where_towers_meet(network: AlexNet, photo: Photo, settings: Settings) -> Evidence:
    check_towers(network)
    layer, x = str(settings["layer"]), network.prepare(photo)
    whole, cut = network(x)[0], _without_crossing(network, layer)(x)[0]
    best = int(whole.argmax())
    name = labels(network.architecture)[best]
    reads_both = [conv.name for conv in network.architecture.convolutions[1:] if conv.groups == 1]
    return Evidence(
        f"Of the convolutions after conv1, **{', '.join(reads_both)}** reads both towers. Without the "
        f"connections between the towers in {layer}, the probability of {name} changes from "
        f"**{100 * float(whole[best]):.1f} %** to **{100 * float(cut[best]):.1f} %**.",
        (
            Bars(
                f"Probability of {name} with all connections, and without those between the towers.",
                ["all connections", f"{layer} cut between the towers"],
                [100 * float(whole[best]), 100 * float(cut[best])],
                "%",
                digits=1,
            ),
        ),
        confirms="conv3" in reads_both and not torch.equal(whole, cut),
    )


def _memory(network: AlexNet, photo: Photo, settings: Settings) -> Evidence:
    infos, batch = describe(network.architecture), int(settings["batch"])
    weights = BYTES_PER_VALUE * sum(info.parameters for info in infos)
    outputs = batch * sum(info.activation_bytes for info in infos if info.type in STEPS)
    first = BYTES_PER_VALUE * infos[0].parameters
    parts = {
        "conv1's filters": first,
        "all weights": weights,
        "gradients of the weights": weights,
        "momentum of the weights": weights,
        "outputs of every step": outputs,
        "gradients of the outputs": outputs,
    }
    total = 3 * weights + 2 * outputs
    return Evidence(
        f"The filters of conv1 take **{first / 1e6:.2f} MB**. Training on a batch of {batch} takes "
        f"**{total / 1e9:.1f} GB** for weights, outputs, gradients and momentum, and working memory on top. "
        "A GTX 580 had 3 GB.",
        (
            Bars(
                f"Memory for training on a batch of {batch} on one GPU, with 4 bytes for each number.",
                list(parts),
                [size / 1e6 for size in parts.values()],
                "MB",
                digits=2,
            ),
        ),
        confirms=first < GPU_BYTES / 1000,
    )


def _colours(network: AlexNet, photo: Photo, settings: Settings) -> Evidence:
    check_towers(network)
    weight = network.get_parameter("conv1.weight").detach().cpu().numpy()
    chroma = weight - weight.mean(1, keepdims=True)
    share = (chroma**2).sum((1, 2, 3)) / np.maximum((weight**2).sum((1, 2, 3)), 1e-12)
    half = len(share) // 2
    first, second = share[:half], share[half:]
    low, high = sorted((float(first.mean()), float(second.mean())))
    return Evidence(
        f"On average, colour makes up **{100 * first.mean():.0f} %** of a filter's squared weights in the "
        f"first tower, and **{100 * second.mean():.0f} %** in the second. In a grey filter it makes up 0 %.",
        (
            Bars(
                "Number of filters in each tower in which colour makes up more than a tenth of the squared "
                "weights.",
                ["first tower", "second tower"],
                [int((part > 0.1).sum()) for part in (first, second)],
                f"of {half} filters",
            ),
        ),
        confirms=high > 2 * low,
    )


def _shapes(architecture: Architecture) -> dict[str, str]:
    infos = [info for info in describe(architecture) if info.parameters]
    return {i.name: f"{i.output_shape[0]} channels or units, {i.parameters:,} parameters" for i in infos}


def _torchvisions(network: AlexNet, photo: Photo, settings: Settings) -> Evidence:
    paper, other = ARCHITECTURES["alexnet-2012"], ARCHITECTURES["alexnet-torchvision"]
    ours, theirs = _shapes(paper), _shapes(other)
    different = [name for name in ours if ours[name] != theirs[name]]
    has_lrn = [any("Norm" in type(one).__name__ for one in a.layers) for a in (paper, other)]
    rows: list[tuple[str, ...]] = [(name, ours[name], theirs[name]) for name in ours]
    rows.append(("LRN", *("yes" if has else "no" for has in has_lrn)))
    rows.append(("towers", str(paper.towers), str(other.towers)))
    return Evidence(
        f"The two networks differ in **{len(different)} of {len(ours)}** layers with parameters. They "
        "also differ in LRN and in the number of towers.",
        (
            Table(
                "The paper's network beside torchvision's.", ("layer", "the paper, 2012", "torchvision"), rows
            ),
        ),
        confirms="conv1" in different and has_lrn == [True, False] and other.towers == 1,
    )


_LAYER = Choice("layer", "Layer without connections between the towers", tuple((one, one) for one in MEETING))
TESTS = (
    Test(
        "towers-meet-late",
        _where_towers_meet,
        (_LAYER,),
    ),
    Test("filters-fill-the-gpu", _memory, (Number("batch", "Photos in a batch", 128, 1, 512),)),
    Test("one-tower-sees-colours", _colours),
    Test("torchvision-is-2012", _torchvisions),
)
