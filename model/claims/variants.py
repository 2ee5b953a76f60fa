"""Networks that differ from a given one in their layers, but use the same weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..alexnet import AlexNet, LocalResponseNorm
from ..errors import UserError
from ..layer_specs import PAPER_LRN, Layer, LRNConstants


def lrn_of(network: AlexNet) -> LRNConstants:
    """Return the constants with which a network normalizes, or the paper's if it has no LRN."""
    norms = [module for module in network.modules() if isinstance(module, LocalResponseNorm)]
    return norms[0].constants if norms else PAPER_LRN


def check_lrn(network: AlexNet) -> None:
    """Check that a network has the paper's two LRN layers, each with a ReLU before it and a pooling after it.

    Raises:
        UserError: it has not.
    """
    names = network.architecture.layer_names
    if any((f"relu{i}", f"norm{i}", f"pool{i}") != names[4 * i - 3 : 4 * i] for i in (1, 2)):
        raise UserError(
            "This test needs ReLU, LRN and pooling in the paper's order. Choose AlexNet (2012) in the "
            "sidebar."
        )


def check_towers(network: AlexNet) -> None:
    """Check that a network has two towers.

    Raises:
        UserError: it has not.
    """
    if network.architecture.towers != 2:
        raise UserError("This network has no two towers. Choose AlexNet (2012) in the sidebar.")


def with_layers(
    network: AlexNet,
    change: Callable[[Sequence[Layer]], Sequence[Layer]],
    input_size: int | None = None,
) -> AlexNet:
    """Return a network with changed layers that shares the parameters of the given one.

    Args:
        change: returns the new layers; those with parameters must keep their names and shapes.
        input_size: of the new network; None for that of the given one.
    """
    architecture = replace(
        network.architecture,
        layers=tuple(change(network.architecture.layers)),
        input_size=input_size or network.architecture.input_size,
    )
    made = AlexNet(architecture, lrn_of(network), network.normalization, device="meta")
    made.load_state_dict(network.state_dict(), assign=True)
    return made.freeze()


def reordered(layers: Sequence[Layer], *names: str) -> list[Layer]:
    """Return the layers, those of the given names in the given order at the places that they had."""
    by_name = {layer.name: layer for layer in layers}
    wanted = iter(names)
    return [by_name[next(wanted)] if layer.name in names else layer for layer in layers]
