"""All networks that can be chosen, by name: the variants of AlexNet, and this machine's own.

Own networks are those under a name, which `model/named.py` keeps in files, and private ones, which are in no
list. Nothing here imports PyTorch.
"""

from __future__ import annotations

from .architectures import ARCHITECTURES, Architecture
from .errors import PROGRAM, UserError, look_up
from .named import named
from .private import PRIVATE, find_private, private_names
from .weights.sources import WEIGHTS, WeightsSource


def architectures() -> dict[str, Architecture]:
    """Return all architectures by name, those of networks under a name last."""
    return ARCHITECTURES | {name: architecture for name, (architecture, _) in named().items()}


def sources() -> dict[str, WeightsSource]:
    """Return all sources of weights by name, those of networks under a name last."""
    return WEIGHTS | {name: source for name, (_, source) in named().items()}


def get_architecture(name: str) -> Architecture:
    """Return the architecture of that name.

    Raises:
        UserError: there is no such architecture, or it was private and is gone.
    """
    if private := find_private(name):
        return private.architecture
    _check_not_gone(name)
    return ARCHITECTURES.get(name) or look_up(architectures(), name, "architecture")


def get_source(name: str) -> WeightsSource:
    """Return the source of weights of that name.

    Raises:
        UserError: there is no such source.
    """
    if private := find_private(name):
        return private.source
    _check_not_gone(name)
    return WEIGHTS.get(name) or look_up(sources(), name, "source of weights")


def _check_not_gone(name: str) -> None:
    """Check that a name is not that of a private network, which is no longer known.

    Raises:
        UserError: it is.
    """
    if name.startswith(PRIVATE):
        raise UserError(
            f"The network {name} was in the memory of one run of this program and is no longer known. Give a "
            f"file of weights a name of its own with: {PROGRAM} weights import FILE --as NAME"
        )


def sources_for(architecture: str) -> list[WeightsSource]:
    """Return the sources of weights that fit an architecture, the best first and random weights last."""
    if private := find_private(architecture):
        return [private.source]
    fitting = [source for source in sources().values() if source.fits(architecture)]
    return sorted(fitting, key=lambda source: source.name == "random")


def every_name() -> list[str]:
    """Return the names of all architectures, those of private networks too."""
    return [*architectures(), *private_names()]
