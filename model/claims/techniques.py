"""Tests of claims about ReLU. Other modules have those about pooling, LRN, dropout, photos and the loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..architectures import ARCHITECTURES, Architecture
from ..layer_specs import Conv, Linear, ReLU
from ..layers import describe
from ..parameters import Choice
from ..predict import labels
from ..preprocess import Photo
from .evidence import Bars, Evidence, Lines, Table, Test

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "ReLU": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
SMALL = 0.01  # a gradient below this hardly teaches anything
SHOWN = 5  # classes in a table
WEIGHTED = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7")


def gradients(values: Tensor) -> dict[str, Tensor]:
    """Return the gradient of each activation function at the given inputs, by the function's name."""
    tanh, sigmoid = torch.tanh(values), torch.sigmoid(values)
    return {
        "ReLU": (values > 0).to(values.dtype),
        "tanh": 1 - tanh * tanh,
        "sigmoid": sigmoid * (1 - sigmoid),
    }


def _percent(part: Tensor) -> float:
    """Return the share of True in percent, 0 if there are no values."""
    return 100 * float(part.float().mean()) if part.numel() else 0.0


@torch.inference_mode()
def _saturation(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    layer = str(settings["layer"])
    values = network.run(network.prepare(photo), until=layer)[0].cpu()
    positive = values > 0
    small = {name: gradient < SMALL for name, gradient in gradients(values).items()}
    up = {name: _percent(part[positive]) for name, part in small.items()}
    down = {name: _percent(part[~positive]) for name, part in small.items()}
    silent = int((~positive.reshape(len(values), -1).any(1)).sum())
    kind = "channels" if values.ndim == 3 else "units"
    axis = torch.linspace(-6, 6, 121)
    return Evidence(
        f"The gradient is below {SMALL} at **{up['ReLU']:.0f} %** of the positive outputs of {layer} with "
        f"ReLU, at **{up['tanh']:.0f} %** with tanh, and at **{up['sigmoid']:.0f} %** with sigmoid. At "
        f"negative outputs, the gradient of ReLU is always 0. Of {len(values)} {kind}, **{silent}** "
        f"{'has' if silent == 1 else 'have'} no positive output on this photo.",
        (
            Table(
                f"Share of the outputs of {layer} at which the gradient of each function is below {SMALL}.",
                ("function", "of the positive outputs, %", "of the negative outputs, %"),
                [(name, round(up[name], 1), round(down[name], 1)) for name in FUNCTIONS],
            ),
            Lines(
                "Gradient of each function: how much its output changes if its input changes a little.",
                "input of the function",
                "gradient",
                axis.numpy(),
                {name: line.numpy() for name, line in gradients(axis).items()},
            ),
        ),
        confirms=bool(positive.any())
        and up["ReLU"] == 0
        and down["ReLU"] == 100
        and up["tanh"] > 0
        and up["sigmoid"] > 0,
    )


def _milliseconds(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest of several times: other programs can only make a time longer."""
    times = []
    for _ in range(repeats):
        begin = perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(perf_counter() - begin)
    return 1000 * min(times)


@torch.inference_mode()
def _cost_of_functions(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    x, architecture = network.prepare(photo), network.architecture
    outputs = [output for _, output in network.walk(x)]
    relus = [isinstance(layer, ReLU) for layer in architecture.layers[1:]]
    inputs = [output for output, is_next in zip(outputs[:-1], relus, strict=True) if is_next]

    def apply(function: Callable[[Tensor], Tensor]) -> None:
        for values in inputs:
            function(values)

    whole = _milliseconds(lambda: network.run(x), repeats=2)
    times = {
        name: _milliseconds(partial(apply, function), repeats=20) for name, function in FUNCTIONS.items()
    }
    numbers = sum(values.numel() for values in inputs)
    macs = sum(info.macs for info in describe(architecture))
    longer = 1 + (times["tanh"] - times["ReLU"]) / whole
    return Evidence(
        f"All activation functions of a pass take **{times['ReLU']:.2f} ms** with ReLU and "
        f"**{times['tanh']:.2f} ms** with tanh. The whole pass takes **{whole:.0f} ms**. With tanh it would "
        f"take **{longer:.2f} times** as long, not six times.",
        (
            Bars(
                "Time of one pass, and of all its activation functions, measured on this computer just now.",
                ("whole pass", *(f"with {name}: functions" for name in times)),
                (whole, *times.values()),
                "ms",
                digits=2,
            ),
            Table(
                "Work in one pass: multiply-adds, and numbers that go through an activation function.",
                ("work", "count"),
                [("multiply-adds", f"{macs:,}"), ("numbers for activation functions", f"{numbers:,}")],
            ),
        ),
        confirms=longer < 2 and numbers < macs / 100,
    )


def _who_introduced_relu(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    return Evidence(
        "The paper of 2012 names **two earlier works** on activation functions, one of 2009 and one of 2010.",
        (
            Table(
                "What the paper says in section 3.1 about earlier work.",
                ("year", "work", "what the paper says"),
                [
                    (2009, "Jarrett et al.", "their function |tanh(x)| works well on Caltech-101"),
                    (2010, "Nair and Hinton", "the name ReLU follows their work"),
                    (2012, "Krizhevsky et al.", "with ReLU, large networks are trained several times faster"),
                ],
            ),
        ),
        confirms=True,  # nothing can be measured here: the table cites the paper
    )


def rectification(architecture: Architecture) -> dict[str, bool]:
    """Return for every layer with weights, by name, whether ReLU acts before the next layer with weights."""
    found: dict[str, bool] = {}
    for layer in architecture.layers:
        if isinstance(layer, Conv | Linear):
            found[layer.name] = False
        elif isinstance(layer, ReLU) and found:
            found[list(found)[-1]] = True
    return found


@torch.inference_mode()
def _relu_everywhere(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    logits = network.logits(network.prepare(photo))[0].cpu()
    before, after = logits.softmax(0), logits.relu().softmax(0)
    names = labels(network.architecture)
    top = before.argsort(descending=True, stable=True)[:SHOWN].tolist()
    all_of_them = {one.title: rectification(one) for one in ARCHITECTURES.values()}
    own = rectification(network.architecture)
    return Evidence(
        f"In this network, **{sum(own.values())} of {len(own)}** layers with weights are followed by ReLU. "
        f"On this photo, **{int((logits < 0).sum())} of {len(logits)}** logits are negative. ReLU "
        "would turn all of these into 0.",
        (
            Table(
                "Layers with weights in each architecture, and those that ReLU does not follow.",
                ("architecture", "layers with weights", "followed by ReLU", "not followed by ReLU"),
                [
                    (
                        title,
                        len(found),
                        sum(found.values()),
                        ", ".join(name for name, is_rectified in found.items() if not is_rectified),
                    )
                    for title, found in all_of_them.items()
                ],
            ),
            Table(
                "The best classes of this photo, without and with ReLU after the last layer.",
                ("class", "logit", "probability, %", "probability with ReLU, %"),
                [
                    (
                        names[i],
                        round(float(logits[i]), 2),
                        *(round(100 * float(p[i]), 1) for p in (before, after)),
                    )
                    for i in top
                ],
            ),
        ),
        confirms=all(
            all(rest) and not last for *rest, last in (list(f.values()) for f in (own, *all_of_them.values()))
        ),
    )


TESTS = (
    Test(
        "relu-does-not-saturate",
        _saturation,
        (Choice("layer", "layer", tuple((name, f"outputs of {name} before ReLU") for name in WEIGHTED)),),
    ),
    Test("relu-cheaper-to-compute", _cost_of_functions),
    Test("introduced-relu", _who_introduced_relu),
    Test("relu-everywhere-but-last", _relu_everywhere),
)
