"""Tests of claims about the order of layers and about LRN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..alexnet import AlexNet
from ..architectures import ARCHITECTURES
from ..layer_specs import Layer, LocalResponseNorm, LRNConstants
from ..parameters import Number
from ..predict import labels
from ..preprocess import Photo
from .evidence import Bars, Evidence, Lines, Maps, Table, Test
from .variants import check_lrn, check_towers, reordered, with_layers

Settings = Mapping[str, Any]
RANK = Number("rank", "Channel of conv1, by rank: in channel 1 the two orders differ most", 1, 1, 96)


def _without_second_norm(layers: Sequence[Layer]) -> list[Layer]:
    return [layer for layer in layers if layer.name != "norm2"]


def _pool_first(layers: Sequence[Layer]) -> list[Layer]:
    return reordered(reordered(layers, "pool1", "norm1"), "pool2", "norm2")


@torch.inference_mode()
def _predictions(networks: Mapping[str, AlexNet], photo: Photo) -> tuple[Table, dict[str, Tensor]]:
    """Return a table of the most probable class of each network, and each network's probabilities."""
    first = next(iter(networks.values()))
    names, x = labels(first.architecture), first.prepare(photo)
    found = {title: network(x)[0] for title, network in networks.items()}
    rows = [
        (
            title,
            names[int(p.argmax())],
            f"{100 * float(p.max()):.1f} %",
            f"{100 * float((p - found[next(iter(found))]).abs().max()):.1f} points",
        )
        for title, p in found.items()
    ]
    columns = ("order of layers", "best class", "probability", "largest change of any class")
    return Table(
        "The prediction for your photo with each order, with the same weights.", columns, rows
    ), found


def _before_pooling(network: AlexNet, photo: Photo, settings: Settings) -> Evidence:
    check_lrn(network)
    both = {
        "LRN, then pooling (the paper)": network,
        "pooling, then LRN (Caffe)": with_layers(network, _pool_first),
    }
    table, found = _predictions(both, photo)
    first, second = found.values()
    change = float((first - second).abs().max())
    order = ARCHITECTURES["alexnet-2012"].layer_names
    is_before = all(order.index(f"norm{i}") < order.index(f"pool{i}") for i in (1, 2))
    return Evidence(
        "The order matters. With pooling before LRN, probabilities of classes change by up to "
        f"**{100 * change:.1f} points**.",
        (table,),
        confirms=is_before and change > 0,
    )


def _once(network: AlexNet, photo: Photo, settings: Settings) -> Evidence:
    check_lrn(network)
    networks = {
        "LRN after conv1 and conv2 (the paper)": network,
        "LRN after pool1 and pool2 (Caffe)": with_layers(network, _pool_first),
        "LRN once, before pool1": with_layers(network, _without_second_norm),
    }
    table, found = _predictions(networks, photo)
    changes = [float((p - next(iter(found.values()))).abs().max()) for p in found.values()]
    counts = sum(isinstance(layer, LocalResponseNorm) for layer in network.architecture.layers)
    return Evidence(
        f"The network has **{counts}** LRN layers. Without the second one, probabilities of classes "
        f"change by up to **{100 * changes[2]:.1f} points**.",
        (table,),
        confirms=counts == 2 and changes[2] > changes[0],
    )


@torch.inference_mode()
def _after_relu(network: AlexNet, photo: Photo, settings: Settings) -> Evidence:
    check_lrn(network)
    conv = network.run(network.prepare(photo), until="conv1")
    norm = network.get_submodule("norm1")
    after, before = norm(conv.relu())[0], norm(conv).relu()[0]
    active = after > 0
    change = float(((after - before).abs()[active] / after[active]).mean())
    differences = (after - before).abs().sum((1, 2))
    channel = int(differences.argsort(descending=True)[min(int(settings["rank"]), len(after)) - 1])
    return Evidence(
        f"With LRN first, positive activations differ by **{100 * change:.1f} %** on average, because "
        "negative neighbours count, too.",
        (
            Maps(
                f"Channel {channel} of conv1 after ReLU and LRN, in both orders.",
                {
                    "ReLU, then LRN (the paper)": after[channel].numpy(),
                    "LRN, then ReLU (the authors' program)": before[channel].numpy(),
                },
            ),
        ),
        confirms=change > 0.01,
    )


@torch.inference_mode()
def _within_a_tower(network: AlexNet, photo: Photo, settings: Settings) -> Evidence:
    check_lrn(network)
    check_towers(network)

    def grouped(layers: Sequence[Layer]) -> list[Layer]:
        return [replace(one, groups=2) if isinstance(one, LocalResponseNorm) else one for one in layers]

    within, x = with_layers(network, grouped), network.prepare(photo)
    across, apart = (n.run(x, until="norm1")[0] for n in (network, within))
    change = ((across - apart).abs().amax((1, 2)) / across.amax((1, 2)).clamp_min(1e-6)).numpy()
    touched = [int(i) for i in change.nonzero()[0]]
    shift = float((network(x) - within(x)).abs().max())
    shown = range(40, 56)
    return Evidence(
        f"In norm1, only channels **{touched[0]} to {touched[-1]}** change if LRN stays within a tower. The "
        f"probabilities of all classes change by at most **{100 * shift:.2f} points**.",
        (
            Bars(
                "Largest change in a channel if LRN stays within a tower, in percent of the channel's "
                "maximum.",
                [f"channel {i}" for i in shown],
                [100 * float(change[i]) for i in shown],
                "%",
                digits=1,
            ),
        ),
        confirms=touched == [46, 47, 48, 49] and shift < 0.1,
    )


@torch.inference_mode()
def _pytorchs_formula(network: AlexNet, photo: Photo, settings: Settings) -> Evidence:
    check_lrn(network)
    relu = network.run(network.prepare(photo), until="relu1")
    c = LRNConstants(alpha=settings["alpha"] * 1e-4)
    printed = relu / (c.k + c.alpha * _squares(relu, c.n)) ** c.beta
    pytorch = F.local_response_norm(relu, c.n, c.alpha, c.beta, c.k)
    correct = F.local_response_norm(relu, c.n, c.alpha * c.n, c.beta, c.k)
    ratio = (pytorch / printed.clamp_min(1e-12))[relu > 0]
    error = float((correct - printed).abs().max() / printed.abs().max())
    shares = torch.linspace(0, 1, 21)
    order = ratio.sort().values[(shares * (len(ratio) - 1)).long()]
    return Evidence(
        f"PyTorch's result is up to **{100 * (float(ratio.max()) - 1):.0f} %** larger than that of the "
        "printed formula. With five times the alpha, the two results are the same: the largest difference is "
        f"**{100 * error:.5f} %** of the largest value.",
        (
            Lines(
                "PyTorch's result divided by that of the printed formula, for all positive activations of "
                "conv1, sorted.",
                "share of the activations, %",
                "ratio",
                (100 * shares).numpy(),
                {"LocalResponseNorm(5, alpha, 0.75, 2)": order.numpy()},
            ),
        ),
        confirms=float(ratio.max()) > 1.01 and error < 1e-5,
    )


def _squares(maps: Tensor, n: int) -> Tensor:
    """Return the sum of squares over n neighbouring channels, written out for comparison."""
    padded = F.pad(maps**2, (0, 0, 0, 0, n // 2, n // 2))
    return torch.stack([padded[:, i : i + maps.shape[1]] for i in range(n)]).sum(0)


TESTS = (
    Test("lrn-before-pooling", _before_pooling),
    Test("lrn-once", _once),
    Test("lrn-after-relu", _after_relu, (RANK,)),
    Test("lrn-within-a-gpu", _within_a_tower),
    Test("pytorch-lrn", _pytorchs_formula, (Number("alpha", "alpha, in units of 0.0001", 1, 0.1, 20, 0.1),)),
)
