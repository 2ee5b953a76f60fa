"""Tests of claims about dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..architectures import ARCHITECTURES, Architecture
from ..errors import UserError
from ..layer_specs import Conv, Dropout, Linear, MaxPool
from ..parameters import Choice, Number
from ..predict import labels
from ..preprocess import Photo
from .evidence import Bars, Evidence, Lines, Table, Test

DRAWS = 20  # random choices of units for each share
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def dropped(architecture: Architecture) -> dict[str, tuple[str, float]]:
    """Return for each dropout layer whose outputs it drops, and with what p: {"drop6": ("fc6", 0.5)}."""
    found, source = {}, "input"
    for layer in architecture.layers:
        if isinstance(layer, Conv | Linear | MaxPool):
            source = layer.name
        elif isinstance(layer, Dropout):
            found[layer.name] = (source, layer.p)
    return found


def _places(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    rows = [
        (
            one.title,
            ", ".join(source for source, _ in places.values()),
            ", ".join(f"{p}" for _, p in places.values()),
        )
        for one in ARCHITECTURES.values()
        if (places := dropped(one))
    ]
    own = dropped(network.architecture)
    paper = list(dropped(ARCHITECTURES["alexnet-2012"]).values())
    torchvision = [source for source, _ in dropped(ARCHITECTURES["alexnet-torchvision"]).values()]
    sources = " and ".join(source for source, _ in own.values()) or "no layer"
    return Evidence(
        f"In this network, dropout acts on the outputs of **{sources}**.",
        (
            Table(
                "The layers whose outputs dropout acts on in training, in each architecture.",
                ("architecture", "outputs of", "probability"),
                rows,
            ),
        ),
        confirms=paper == [("fc6", 0.5), ("fc7", 0.5)] and torchvision == ["pool5", "fc6"],
    )


def _dropouts(network: AlexNet) -> list[str]:
    """Return the names of all dropout layers.

    Raises:
        UserError: there are none.
    """
    names = list(dropped(network.architecture))
    if not names:
        raise UserError("This network has no dropout. Choose AlexNet (2012) in the sidebar.")
    return names


def masked_logits(network: AlexNet, x: Tensor, masks: int, p: float) -> tuple[Tensor, Tensor]:
    """Return the logits under random dropout masks, and the next layer's outputs after the first of them.

    Units that stay on are divided by 1 - p, as in training.

    Args:
        x: output of the layer before the first dropout layer, [1, units].

    Returns:
        [masks, classes], [masks, units]
    """
    generator = torch.Generator().manual_seed(0)
    names = list(network.architecture.layer_names)
    drops = _dropouts(network)
    ends = [names[names.index(name) - 1] for name in drops[1:]] + [network.architecture.logits_layer]
    x, following = x.expand(masks, -1), x.new_empty(0)
    for number, (name, end) in enumerate(zip(drops, ends, strict=True)):
        kept = (torch.rand(x.shape, generator=generator) >= p).to(x.device, x.dtype)
        x = x * kept / (1 - p)
        outputs = [output for _, output in network.walk(x, after=name, until=end)]
        x, following = outputs[-1], outputs[0] if number == 0 else following
    return x, following


@torch.inference_mode()
def _masks(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    masks, p = int(settings["masks"]), float(settings["share"]) / 100
    first, names = _dropouts(network)[0], list(network.architecture.layer_names)
    place = names.index(first)
    x = network.run(network.prepare(photo), until=names[place - 1])
    mean_input = network.run(x, after=first, until=names[place + 1])[0]
    logits, following = masked_logits(network, x, masks, p)
    one = network.run(x, after=first, until=network.architecture.logits_layer)[0].softmax(0)
    probabilities, target = logits.softmax(1), int(one.argmax())
    arithmetic = probabilities.mean(0)[target].item()
    geometric = logits.mean(0).softmax(0)[target].item()
    own = probabilities[:, target].double().cpu().numpy()
    label = labels(network.architecture)[target]
    distance = float((following.mean(0) - mean_input).norm() / mean_input.norm())
    single = float((following - mean_input).norm(dim=1).mean() / mean_input.norm())
    return Evidence(
        f"With all units on, the probability of **{label}** is **{100 * float(one[target]):.1f} %**. Over "
        f"{masks} random masks, its mean is **{100 * arithmetic:.1f} %**. A single mask changes the outputs "
        f"of {names[place + 1]} by {100 * single:.0f} % on average, but the mean of these outputs over all "
        f"masks changes by only **{100 * distance:.0f} %**.",
        (
            Bars(
                f"Probability of {label}: one pass with all units on, and means over random masks.",
                ("one pass", "mean over masks", "geometric mean over masks", "lowest mask", "highest mask"),
                [
                    100 * v
                    for v in (float(one[target]), arithmetic, geometric, float(own.min()), float(own.max()))
                ],
                "%",
                digits=1,
            ),
            Lines(
                f"Mean probability of {label} over the first masks, beside one pass with all units on.",
                "number of masks",
                "probability, %",
                np.arange(1, masks + 1),
                {
                    "mean over masks": 100 * own.cumsum() / np.arange(1, masks + 1),
                    "one pass": np.full(masks, 100 * float(one[target])),
                },
            ),
        ),
        # The mean of n independent masks is off by a single mask's distance divided by the root of n.
        confirms=distance < 2 * single / masks**0.5 and bool(own.min() < float(one[target]) < own.max()),
    )


def without_random_units(x: Tensor, share: float, draws: int = DRAWS) -> Tensor:
    """Return copies of a layer's output with a share of random units at 0: [1, units] -> [draws, units].

    The others are scaled up as in training, so that the next layer's mean input stays the same.
    """
    generator = torch.Generator().manual_seed(0)
    units = x.shape[1]
    order = torch.rand(draws, units, generator=generator).argsort(1)
    off = min(units - 1, round(share * units))
    kept = torch.ones(draws, units).scatter_(1, order[:, :off], 0.0)
    return x * kept.to(x.device, x.dtype) * (units / (units - off))


@torch.inference_mode()
def _random_units_off(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    layer, share = str(settings["layer"]), float(settings["share"]) / 100
    x = network.run(network.prepare(photo), until=layer)
    active = int((x > 0).sum())
    off = round(share * active)
    strongest = x / (1 - share)
    strongest[0, x[0].topk(off).indices] = 0.0
    variants = [x, strongest, without_random_units(x, share), *(without_random_units(x, s) for s in SHARES)]
    logits = network.run(torch.cat(variants), after=layer, until=network.architecture.logits_layer)
    target = int(logits[0].argmax())
    own = 100 * logits.softmax(1)[:, target].double().cpu().numpy()
    random, curve = own[2 : 2 + DRAWS], own[2 + DRAWS :].reshape(len(SHARES), DRAWS)
    stays = int((logits[2 : 2 + DRAWS].argmax(1) == target).sum())
    label = labels(network.architecture)[target]
    return Evidence(
        f"With a random {100 * share:.0f} % of the units of {layer} off, **{label}** stays the first guess "
        f"in **{stays} of {DRAWS}** draws. Its probability is {random.min():.0f} to {random.max():.0f} %, "
        f"and {own[0]:.0f} % with all units on. On this photo {active} units are active. With the {off} most "
        f"active units off, the probability of {label} is **{own[1]:.1f} %**.",
        (
            Bars(
                f"Probability of {label} with {100 * share:.0f} % of all units off, or of the active units.",
                ("all units on", "random units off, mean", "most active units off"),
                (float(own[0]), float(random.mean()), float(own[1])),
                "%",
                digits=1,
            ),
            Lines(
                f"Probability of {label} in {DRAWS} draws for every share of {layer} that is switched off.",
                "units switched off, %",
                "probability, %",
                100 * np.array(SHARES),
                {"mean": curve.mean(1), "lowest draw": curve.min(1), "highest draw": curve.max(1)},
            ),
        ),
        confirms=bool(random.mean() > own[0] / 2 and own[1] < random.mean() / 2),
    )


def _who_introduced_dropout(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    earlier = ("Hinton", "Srivastava", "Krizhevsky", "Sutskever", "Salakhutdinov")
    own = ("Krizhevsky", "Sutskever", "Hinton")
    shared = [name for name in earlier if name in own]
    return Evidence(
        f"Dropout appeared in July 2012; **{len(shared)} of its {len(earlier)} authors** are the authors "
        "of AlexNet.",
        (
            Table(
                "The two works of 2012, and who wrote them.",
                ("work", "when", "authors"),
                [
                    (
                        "Improving neural networks by preventing co-adaptation",
                        "July 2012",
                        ", ".join(earlier),
                    ),
                    ("AlexNet, which cites the first one", "December 2012", ", ".join(own)),
                ],
            ),
        ),
        confirms=len(shared) == 3,  # a citation: the authors are those that both works name
    )


TESTS = (
    Test("dropout-after-fc6-fc7", _places),
    Test(
        "dropout-only-in-training",
        _masks,
        (
            Number("share", "share of units that is dropped, in percent", 50, 10, 90, 10),
            Number("masks", "number of random masks", 200, 20, 400, 20),
        ),
    ),
    Test(
        "dropout-against-co-adaptation",
        _random_units_off,
        (
            Number("share", "share of units that is switched off, in percent", 50, 10, 90, 10),
            Choice("layer", "layer", (("relu6", "outputs of fc6"), ("relu7", "outputs of fc7"))),
        ),
    ),
    Test("introduced-dropout", _who_introduced_dropout),
)
