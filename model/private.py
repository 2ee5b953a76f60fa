"""Private networks: those that visitors of the app have made.

A private network is in this process's memory alone, has a name that nobody can guess, and is in no list:
whoever knows its name can use it. Nothing here imports PyTorch.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .architectures import Architecture
from .weights.sources import WeightsSource

if TYPE_CHECKING:
    from .alexnet import AlexNet

PRIVATE = "yours-"  # start of their names
MOST = 64  # of all visitors; a new one replaces the oldest
MOST_BYTES = 1 << 30  # of the weights that private networks do not share with others: four of AlexNet's


@dataclass(frozen=True)
class PrivateNetwork:
    """A network that a visitor of the app has made.

    Attributes:
        base: names of the architecture and the weights that it was made from; None if it is no change of
            another network.
        make: returns the network, frozen, on a device.
        size: bytes of the weights that it keeps in memory and does not share with its base.
    """

    architecture: Architecture
    source: WeightsSource
    base: tuple[str, str] | None
    make: Callable[[str], AlexNet]
    size: int = 0


_known: OrderedDict[str, PrivateNetwork] = OrderedDict()


def add_private(network: PrivateNetwork) -> str:
    """Keep a private network, and return its name. Its architecture and weights get that name."""
    name = PRIVATE + secrets.token_hex(8)
    architecture = replace(network.architecture, name=name)
    source = replace(network.source, name=name, architectures=(name,))
    _known[name] = replace(network, architecture=architecture, source=source)
    while len(_known) > MOST or (len(_known) > 1 and sum(one.size for one in _known.values()) > MOST_BYTES):
        _known.popitem(last=False)
    return name


def find_private(name: str) -> PrivateNetwork | None:
    """Return the private network of that name; None if there is none, or no longer."""
    return _known.get(name)


def remove_private(name: str) -> None:
    """Forget a private network."""
    _known.pop(name, None)


def private_names() -> list[str]:
    """Return the names of all private networks."""
    return list(_known)
