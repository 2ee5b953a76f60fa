"""Tests of claims about history and results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..alexnet import AlexNet
from ..comparison import Compared, compared, lenet
from ..counting import count_architecture
from ..errors import UserError
from ..layer_specs import MaxPool
from ..layers import describe
from ..parameters import Choice, Number
from ..predict import labels
from ..preprocess import Photo, ten_crops
from .evidence import Bars, Evidence, Lines, Maps, Table, Test

# Russakovsky et al. 2015, table 2: pictures for training, validation and test. Each year had 1,000 classes.
CONTESTS = {2010: (1_261_406, 50_000, 150_000), 2012: (1_281_167, 50_000, 100_000)}
PICTURES = 1_200_000  # "1.2 million", as the paper says where it states the time
GTX_580 = 2 * 512 * 1.544e9  # floating-point operations a second: 512 cores, a multiply-add in each cycle
DAY = 24 * 60 * 60


def _imagenet(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    rows = [(year, 1000, *pictures, pictures[0] / 1000) for year, pictures in CONTESTS.items()]
    tests = {year: pictures[2] for year, pictures in CONTESTS.items()}
    outputs = network.architecture.class_count
    return Evidence(
        f"The contest of 2010 had **{tests[2010]:,}** test pictures, that of 2012 had **{tests[2012]:,}**. "
        f"A class of 2012 has **{rows[1][-1]:,.0f}** training pictures on average, and this network has "
        f"**{outputs:,}** outputs.",
        (
            Table(
                "Pictures for training, validation and test in the contests of 2010 and 2012.",
                ("year", "classes", "training", "validation", "test", "training pictures per class"),
                rows,
            ),
        ),
        # What the sources say is the same for every network and photo; nothing could refute it here.
        confirms=True,
    )


def _average(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    count = int(settings["crops"])
    crops = ten_crops(photo, network.architecture)[[4, *range(4), *range(5, 10)]]  # the centre first
    with torch.inference_mode():
        log_probabilities = F.log_softmax(network.logits(network.to_input(crops[:count])).double(), 1).cpu()
    mean = log_probabilities.exp().mean(0)
    target = int(mean.argmax())
    losses = -log_probabilities[:, target].numpy()
    averaged, loss = float(losses.mean()), float(-mean[target].log())
    name = labels(network.architecture)[target]
    return Evidence(
        f"For the class {name}, the mean loss of {count} crops is **{averaged:.4f}**, and the loss of the "
        f"mean prediction is **{loss:.4f}**. The seven networks averaged their predictions in the same way.",
        (
            Bars(
                "Top-5 error of the paper's networks and of the contest's second place, in percent. One "
                "network was measured on the validation pictures, all others on the test pictures.",
                ("one network", "five networks", "seven networks", "second place"),
                (18.2, 16.4, 15.3, 26.2),
                "%",
                digits=1,
            ),
            Bars(
                f"Loss of each crop for the class {name}: minus the logarithm of its probability.",
                [f"crop {number}" for number in range(1, count + 1)] + ["mean prediction"],
                [*losses.tolist(), loss],
                digits=3,
            ),
        ),
        confirms=loss <= averaged + 1e-9,  # rounding of float64
    )


def _six_days(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    passes, gpus = int(settings["passes"]), int(settings["gpus"])
    macs = sum(info.macs for info in describe(network.architecture))
    operations = 2 * 3 * macs * PICTURES * passes
    days = operations / (gpus * GTX_580) / DAY
    shares = np.linspace(0.1, 1, 91)
    return Evidence(
        f"{passes} passes need {operations / 1e15:,.0f} million billion floating-point operations. At the "
        f"highest speed of {gpus} GTX 580, they take **{days:.1f} days**. To finish in five and a half days, "
        f"**{100 * days / 5.5:.0f} %** of that speed is enough.",
        (
            Lines(
                f"Days of training if {gpus} GTX 580 reach a share of their highest speed.",
                "share of the highest speed (%)",
                "days",
                100 * shares,
                {"needed": days / shares, "six days": np.full(len(shares), 6.0)},
            ),
            Table(
                "How the number of operations is found.",
                ("factor", "value"),
                [
                    ("multiply-adds of one prediction", macs),
                    ("for outputs, their gradients, and the gradients of weights", 3),
                    ("operations in a multiply-add", 2),
                    ("pictures", PICTURES),
                    ("passes through all pictures", passes),
                ],
            ),
        ),
        confirms=days < 5,
    )


def _pooling(network: AlexNet, photo: Photo, name: str) -> tuple[str, np.ndarray, np.ndarray]:
    """Return the most varied channel of a pooling's input as text, and it as pooled by maximum and mean."""
    names = network.architecture.layer_names
    layer = network.get_submodule(name)
    assert isinstance(layer, nn.MaxPool2d)
    with torch.inference_mode():
        below = network.run(network.prepare(photo), until=names[names.index(name) - 1])
        channel = int(below[0].std((1, 2)).argmax())
        one = below[:, channel : channel + 1]
        mean = F.avg_pool2d(one, layer.kernel_size, layer.stride)
        return f"channel {channel}", layer(one)[0, 0].cpu().numpy(), mean[0, 0].cpu().numpy()


def _like_lenet(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    pools = [layer.name for layer in network.architecture.layers if isinstance(layer, MaxPool)]
    name = pools[0] if settings["pooling"] == "first" else pools[-1]
    channel, by_maximum, by_mean = _pooling(network, photo, name)
    own, old = count_architecture(network.architecture), lenet()
    ratio = own.parameters / old.parameters
    facts = {
        "parameters": (old.parameters, own.parameters),
        "multiply-adds": (old.macs, own.macs),
        "layers with weights, pooling left out": (old.depth, own.depth),
    }
    return Evidence(
        f"This network has **{ratio:,.0f} times** the parameters of LeNet-5 and **{own.depth}** layers with "
        f"weights in place of **{old.depth}**. In {channel} of {name}, the sum of all values "
        f"is **{by_maximum.sum():,.0f}** with the maximum and **{by_mean.sum():,.0f}** with the mean.",
        (
            Table(
                "Size of LeNet-5 and of this network.",
                ("", "LeNet-5", network.architecture.title),
                [(fact, *values) for fact, values in facts.items()],
            ),
            Maps(
                f"Output of {name} in {channel}: the maximum of each window, and the mean of each window.",
                {"maximum, as in AlexNet": by_maximum, "mean, as in LeNet-5": by_mean},
            ),
        ),
        confirms=900 < ratio < 1100 and own.depth > old.depth and bool(by_maximum.sum() > by_mean.sum()),
    )


QUANTITIES: dict[str, tuple[str, str, int, Callable[[Compared], float]]] = {
    "accuracy": ("right first guesses", "%", 1, lambda one: one.published[0].top1),
    "macs": ("multiply-adds for one picture", "billions", 2, lambda one: one.macs / 1e9),
    "parameters": ("parameters", "millions", 1, lambda one: one.parameters / 1e6),
}


def _surpassed(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    networks: list[Compared] = [
        one for one in compared().values() if one.name not in ("lenet-5", "alexnet-2012")
    ]
    before, *later = networks  # torchvision's, whose accuracies are all for one crop
    scores = {one.name: one.published[0].top1 for one in networks}
    title, unit, digits, value = QUANTITIES[str(settings["quantity"])]
    cheaper = [one.title for one in later if one.macs < before.macs and one.parameters < before.parameters]
    rows = [
        (one.title, one.year, score.weights, score.top1, score.top5, one.parameters, one.macs)
        for one in networks
        for score in one.published
    ]
    return Evidence(
        f"torchvision's AlexNet has **{scores['alexnet']:.1f} %** right first guesses. The least accurate of "
        f"{len(later)} later networks has **{min(scores[one.name] for one in later):.1f} %**. "
        f"**{' and '.join(cheaper)}** have fewer parameters and fewer multiply-adds than AlexNet.",
        (
            Bars(
                f"Number of {title}, by network, in {unit}."
                if unit != "%"
                else "Right first guesses on ImageNet's validation pictures, one crop each, in percent.",
                [one.title for one in networks],
                [value(one) for one in networks],
                unit,
                digits,
            ),
            Table(
                "Accuracies in percent as published with torchvision's weights, and what was counted here.",
                ("network", "year", "weights", "top-1 (%)", "top-5 (%)", "parameters", "multiply-adds"),
                rows,
            ),
        ),
        confirms=all(scores[one.name] > scores["alexnet"] for one in later),
    )


def _two_gpus(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    architecture = network.architecture
    if architecture.towers != 2:
        raise UserError("This network has one tower. Choose AlexNet (2012) in the sidebar.")
    infos = [info for info in describe(architecture) if info.parameters]
    reading = {info.name: prod(info.input_shape) for info in infos[1:]}  # conv1 reads the photo
    crossing = {info.name: 0 if info.groups == 2 else reading[info.name] for info in infos[1:]}
    neurons = sum(prod(info.output_shape) for info in infos)
    total, without = sum(crossing.values()), sum(reading.values())
    return Evidence(
        f"For one photo, **{total:,}** values cross from one GPU to the other, "
        f"**{100 * total / neurons:.0f} %** of {neurons:,} outputs. "
        f"If every layer read from both GPUs, **{without:,}** values would cross.",
        (
            Bars(
                "Values that cross between the GPUs, for one photo, by the layer that reads them.",
                list(crossing),
                list(crossing.values()),
                "values",
            ),
            Bars(
                "Values that would cross if every layer read from both GPUs, by the layer that reads them.",
                list(reading),
                list(reading.values()),
                "values",
            ),
        ),
        confirms=0 < total < 0.1 * neurons and 4 * total < without,
    )


TESTS = (
    Test("imagenet-in-numbers", _imagenet),
    Test(
        "won-26-to-15",
        _average,
        (Number("crops", "crops of this photo that are averaged", 10, 2, 10),),
    ),
    Test(
        "six-days-on-two-gpus",
        _six_days,
        (
            Number("passes", "passes through all pictures", 90, 10, 200, step=10),
            Number("gpus", "number of GPUs", 2, 1, 8),
        ),
    ),
    Test(
        "like-lenet-5",
        _like_lenet,
        (Choice("pooling", "pooling layer", (("first", "the first one"), ("last", "the last one"))),),
    ),
    Test(
        "surpassed-by-later-networks",
        _surpassed,
        (
            Choice(
                "quantity",
                "what the bars show",
                (("accuracy", "accuracy"), ("macs", "multiply-adds"), ("parameters", "parameters")),
            ),
        ),
    ),
    Test("two-gpus-an-innovation", _two_gpus),
)
