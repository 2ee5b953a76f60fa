"""All networks that can be chosen: the variants of AlexNet, and networks that this machine has under a name.

A network under a name is one that `train cifar10` has made and `weights import FILE --as NAME` has added. It
has an architecture with its own classes, and one set of trained weights. Nothing here imports PyTorch until a
network is added.

A private network is one that a visitor of the app has made. It is in this process's memory alone, has a name
that nobody can guess, and is in no list: whoever knows its name can use it.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .architectures import ARCHITECTURES, Architecture
from .errors import PROGRAM, UserError, look_up
from .replacing import replacing
from .training.runs.settings import ZERO_TO_ONE, RunSettings
from .weights.files import cache_directory, digest
from .weights.sources import DOWNLOADS, WEIGHTS, WeightsFile, WeightsSource

if TYPE_CHECKING:
    from .alexnet import AlexNet

PRIVATE = "yours-"  # start of the names of private networks
MOST_PRIVATE = 64  # of all visitors; a new one replaces the oldest
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def folder() -> Path:
    """Return the folder of the networks under a name: for each, NAME.json and NAME.safetensors."""
    return cache_directory() / "networks"


def architectures() -> dict[str, Architecture]:
    """Return all architectures by name, those of networks under a name last."""
    return ARCHITECTURES | {name: architecture for name, (architecture, _) in _named().items()}


def sources() -> dict[str, WeightsSource]:
    """Return all sources of weights by name, those of networks under a name last."""
    return WEIGHTS | {name: source for name, (_, source) in _named().items()}


def get_architecture(name: str) -> Architecture:
    """Return the architecture of that name.

    Raises:
        UserError: there is no such architecture.
    """
    if private := _private.get(name):
        return private.architecture
    return ARCHITECTURES.get(name) or look_up(architectures(), name, "architecture")


def get_source(name: str) -> WeightsSource:
    """Return the source of weights of that name.

    Raises:
        UserError: there is no such source.
    """
    if private := _private.get(name):
        return private.source
    return WEIGHTS.get(name) or look_up(sources(), name, "source of weights")


def sources_for(architecture: str) -> list[WeightsSource]:
    """Return the sources of weights that fit an architecture, the best first and random weights last."""
    if private := _private.get(architecture):
        return [private.source]
    fitting = [source for source in sources().values() if source.fits(architecture)]
    return sorted(fitting, key=lambda source: source.name == "random")


@dataclass(frozen=True)
class PrivateNetwork:
    """A network that a visitor of the app has made.

    Attributes:
        base: names of the architecture and the weights that it was made from.
        make: returns the network, frozen, on a device.
    """

    architecture: Architecture
    source: WeightsSource
    base: tuple[str, str]
    make: Callable[[str], AlexNet]


_private: OrderedDict[str, PrivateNetwork] = OrderedDict()


def add_private(network: PrivateNetwork) -> str:
    """Keep a private network, and return its name. Its architecture and weights get that name."""
    name = PRIVATE + secrets.token_hex(8)
    architecture = replace(network.architecture, name=name)
    source = replace(network.source, name=name, architectures=(name,))
    _private[name] = replace(network, architecture=architecture, source=source)
    while len(_private) > MOST_PRIVATE:
        _private.popitem(last=False)
    return name


def find_private(name: str) -> PrivateNetwork | None:
    """Return the private network of that name; None if there is none, or no longer."""
    return _private.get(name)


def remove_private(name: str) -> None:
    """Forget a private network."""
    _private.pop(name, None)


def every_name() -> list[str]:
    """Return the names of all architectures, those of private networks too."""
    return [*architectures(), *_private]


Named = tuple[Architecture, WeightsSource]


def _named() -> dict[str, Named]:
    found = {path.stem: _read(path, path.stat().st_mtime_ns) for path in sorted(folder().glob("*.json"))}
    return {name: one for name, one in found.items() if one}


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> Named | None:
    """Return a network under a name, or None if its entry is damaged or from a later version of the program.

    Args:
        _changed: when the file was written.
    """
    try:
        return _from_entry(path, json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _from_entry(path: Path, entry: dict[str, Any]) -> Named:
    name, settings, classes = path.stem, RunSettings(**entry["settings"]), tuple(entry["classes"])
    architecture = replace(
        settings.architecture(len(classes)),
        name=name,
        title=name,
        summary=f"Your own network, trained on {len(classes)} classes: {', '.join(classes)}.",
        classes=classes,
    )
    file = WeightsFile(str(path.with_suffix(".safetensors")), entry["checksum"], entry["size"])
    source = WeightsSource(
        name=name,
        title="Trained weights",
        architectures=(name,),
        origin=f"Trained on this machine or on another with {PROGRAM} train cifar10: {_told(settings)}.",
        licence="that of the photos they were trained on",
        accuracy=f"the {entry['photos']:,} validation photos of the run that made them",
        top1=100 * entry["right"],
        normalization=ZERO_TO_ONE,
        files=(file,),
    )
    return architecture, source


def _told(settings: RunSettings) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.as_json().items())


def add(path: Path, name: str) -> Path:
    """Add a network under a name, from a file that `train cifar10` has made. Return the path of its copy.

    Raises:
        UserError: the name is taken or not allowed, the file cannot be read or is no such file, or its
            weights do not fit the network that it names.
    """
    from .alexnet import AlexNet
    from .weights.formats import read_weights

    if name in architectures() or name in sources():
        raise UserError(f"There is already a network or a set of weights named {name}. Choose another name.")
    if not NAME.fullmatch(name):
        raise UserError(
            f"The name '{name}' cannot be used. Use at most 40 small letters, digits, - and _, for example "
            "my-pets."
        )
    entry = _about(path)
    settings, classes = RunSettings(**entry["settings"]), tuple(entry["classes"])
    try:
        network = AlexNet(settings.architecture(len(classes)), device="meta")
        network.load_state_dict(read_weights(path), assign=True)
    except RuntimeError as error:
        raise UserError(f"{path} does not hold the weights of the network that it names: {error}") from error
    target = folder() / f"{name}.safetensors"
    try:
        folder().mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        entry |= {"checksum": f"sha256:{digest(target, 'sha256')}", "size": target.stat().st_size}
        with replacing(target.with_suffix(".json")) as partial:  # after this, the network exists
            partial.write_text(json.dumps(entry, indent=2), "utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be copied to {folder()}: {error.strerror}.") from error
    return target


def _about(path: Path) -> dict[str, Any]:
    """Return what a file of `train cifar10` says about itself: its settings and classes.

    Raises:
        UserError: it cannot be read, or is no such file.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise UserError(f"{path} is not a file. Check the path.")
    try:
        with safe_open(path, framework="numpy") as file:
            about = file.metadata() or {}
        entry = {name: json.loads(about[name]) for name in ("settings", "classes")}
        entry |= json.loads(about["accuracy"])
        RunSettings(**entry["settings"])
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise UserError(
            f"{path} does not say which network it belongs to. A name of your own can be given to the file "
            f"weights.safetensors that {PROGRAM} train cifar10 makes; published files have the names "
            f"{', '.join(DOWNLOADS)}."
        ) from error
    return entry
