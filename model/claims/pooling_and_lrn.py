"""Tests of claims about overlapping pooling and LRN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .. import layer_specs as specs
from ..ablation import Ablation, ablated
from ..alexnet import AlexNet, LocalResponseNorm, private_copy
from ..errors import UserError
from ..layer_specs import LRNConstants
from ..layers import describe
from ..parameters import Choice, Number
from ..predict import labels
from ..preprocess import Photo
from .evidence import Bars, Evidence, Maps, Test


def probabilities_of(networks: Sequence[AlexNet], photo: Photo) -> Tensor:
    """Return the probabilities of networks that differ only before flatten: [networks, classes].

    The fully connected layers are computed once for all, since reading their weights takes most of the time.
    """
    network = networks[0]
    x, flat = network.prepare(photo), _flatten(network)
    features = torch.cat([one.run(x, until=flat) for one in networks])
    return network.run(features, after=flat).cpu()


def _flatten(network: AlexNet) -> str:
    return next(layer.name for layer in network.architecture.layers if isinstance(layer, specs.Flatten))


def with_separate_windows(network: AlexNet) -> AlexNet:
    """Return a copy of the network whose pooling windows are 2 x 2 and do not overlap; it shares the weights.

    Raises:
        UserError: the windows of the network do not overlap, or its maps would get another size.
    """
    pools = [layer for layer in network.architecture.layers if isinstance(layer, specs.MaxPool)]
    if not pools or any((pool.kernel_size, pool.stride) != (3, 2) for pool in pools):
        raise UserError("This network has no overlapping pooling. Choose AlexNet (2012) in the sidebar.")
    infos = {info.name: info for info in describe(network.architecture)}
    private = private_copy(network)
    for pool in pools:
        if infos[pool.name].input_shape[1] // 2 != infos[pool.name].output_shape[1]:
            raise UserError("2 × 2 pooling gives other sizes here. Choose AlexNet (2012) in the sidebar.")
        private.add_module(pool.name, nn.MaxPool2d(2, 2))
    return private


@torch.inference_mode()
def _overlapping(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    layer = str(settings["layer"])
    separate = with_separate_windows(network)
    network.architecture.check_layers(layer)
    names = network.architecture.layer_names
    below = network.run(network.prepare(photo), until=names[names.index(layer) - 1])
    three, two = (one.get_submodule(layer)(below)[0].cpu() for one in (network, separate))
    differ = float((three != two).float().mean())
    height, width = three.shape[1:]
    channel = int((three - two).mean((1, 2)).argmax())
    before, after = probabilities_of([network, separate], photo)
    first = int(before.argmax())
    own = [100 * float(one[first]) for one in (before, after)]
    label = labels(network.architecture)[first]
    return Evidence(
        f"Both kinds of windows give feature maps of {height} × {width}. **{100 * differ:.0f} %** of the "
        f"activations of {layer} differ, and windows of 3 × 3 never give a smaller one. With 2 × 2 in all "
        f"pooling layers, the probability of **{label}** is **{own[1]:.1f} %** instead of {own[0]:.1f} %.",
        (
            Maps(
                f"Channel {channel} of {layer}, in which the two kinds of windows differ most.",
                {
                    "3 × 3, stride 2": three[channel].numpy(),
                    "2 × 2, stride 2": two[channel].numpy(),
                    "difference": (three - two)[channel].numpy(),
                },
            ),
            Bars(
                f"Probability of {label} with both kinds of windows. The weights were trained with 3 × 3.",
                ("3 × 3, stride 2", "2 × 2, stride 2"),
                own,
                "%",
                digits=1,
            ),
        ),
        confirms=three.shape == two.shape and bool((three >= two).all()) and differ > 0.1,
    )


class _Shuffled(nn.Module):
    """LRN whose neighbours are random other channels. [N, C, H, W] -> [N, C, H, W]"""

    def __init__(self, norm: LocalResponseNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        order = torch.randperm(x.shape[1], generator=torch.Generator().manual_seed(0)).to(x.device)
        normalized: Tensor = self.norm(x[:, order])
        return normalized[:, order.argsort()]


def _norms(network: AlexNet) -> list[specs.LocalResponseNorm]:
    """Return all LRN layers.

    Raises:
        UserError: there are none.
    """
    found = [layer for layer in network.architecture.layers if isinstance(layer, specs.LocalResponseNorm)]
    if not found:
        raise UserError("This network has no LRN. Choose AlexNet (2012) in the sidebar.")
    return found


def with_lrn(network: AlexNet, constants: LRNConstants, shuffled: bool = False) -> AlexNet:
    """Return a copy of the network with other constants in every LRN; it shares the weights.

    Args:
        shuffled: whether the neighbours of a channel are random other channels.

    Raises:
        UserError: the network has no LRN.
    """
    private = private_copy(network)
    for layer in _norms(network):
        norm = LocalResponseNorm(constants, layer.groups)
        private.add_module(layer.name, _Shuffled(norm) if shuffled else norm)
    return private


@torch.inference_mode()
def _competition(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    layer = next((one for one in _norms(network) if one.name == settings["layer"]), _norms(network)[0])
    n, k, beta = int(settings["n"]), float(settings["k"]), float(settings["beta"])
    constants = LRNConstants(n, k, float(settings["alpha"]) * 1e-4, beta)
    names = network.architecture.layer_names
    below = network.run(network.prepare(photo), until=names[names.index(layer.name) - 1])
    norm = LocalResponseNorm(constants, layer.groups)
    alone = LocalResponseNorm(LRNConstants(1, k, constants.alpha, beta))(below)[0].cpu()
    normal, shuffled, maps = (one[0].cpu() for one in (norm(below), _Shuffled(norm)(below), below))
    active = maps.abs() > 0
    weaker = 100 * (1 - _share(normal, alone, active))
    moved = 100 * _share((shuffled - normal), normal, active)
    channel = int((alone - normal).abs().sum((1, 2)).argmax())
    variants = {
        "as trained": network,
        "these constants": with_lrn(network, constants),
        "these constants, random neighbours": with_lrn(network, constants, shuffled=True),
        "only the factor k^-beta": ablated(network, Ablation(lrn=True)),
    }
    probabilities = probabilities_of(list(variants.values()), photo)
    first = int(probabilities[0].argmax())
    own = (100 * probabilities[:, first]).tolist()
    label = labels(network.architecture)[first]
    return Evidence(
        f"In {layer.name}, the neighbours make the activations **{weaker:.0f} %** weaker. With "
        f"random channels as neighbours, the activations change by **{moved:.0f} %**.",
        (
            Maps(
                f"Channel {channel} of {layer.name}, which is weakened most by its neighbours.",
                {
                    "without neighbours": alone[channel].numpy(),
                    "with neighbours": normal[channel].numpy(),
                    "with random neighbours": shuffled[channel].numpy(),
                },
            ),
            Bars(f"Probability of {label} with other forms of LRN.", list(variants), own, "%", digits=1),
        ),
        confirms=weaker > 1 and moved > 1 and bool((normal.abs() <= alone.abs() * (1 + 1e-5)).all()),
    )


def _share(part: Tensor, whole: Tensor, active: Tensor) -> float:
    """Return the sum of absolute values of a part, as a share of the whole, over the active positions."""
    return float(part.abs()[active].sum() / whole.abs()[active].sum().clamp(min=1e-12))


TESTS = (
    Test(
        "overlapping-pooling",
        _overlapping,
        (Choice("layer", "layer", tuple((name, f"maps of {name}") for name in ("pool1", "pool2", "pool5"))),),
    ),
    Test(
        "lrn-competition",
        _competition,
        (
            Choice("layer", "layer", (("norm2", "LRN after conv2"), ("norm1", "LRN after conv1"))),
            Number("n", "n: number of channels that are added up", 5, 1, 15, 2),
            Number("alpha", "alpha, in units of 0.0001", 1, 0, 10, 0.5),
            Number("k", "k", 2, 0.5, 5, 0.5),
            Number("beta", "beta", 0.75, 0, 1.5, 0.05),
        ),
    ),
)
