"""Networks that this machine has under a name: `weights import FILE --as NAME` adds one.

Such a file is made by `train cifar10`, which trains a whole network, by `train folder` and the page Teach
it, which put a new last layer on a network that is there, or by any other program: `own.opening` reads it.
Nothing here imports PyTorch until one is added.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .architectures import ARCHITECTURES, Architecture
from .errors import PROGRAM, UserError, look_up
from .own.settings import OwnSettings, own_network
from .preprocess import ZERO_TO_ONE
from .replacing import replacing
from .teaching_settings import TeachSettings, kept_part, taught_architecture
from .training.runs.settings import RunSettings
from .weights.files import cache_directory, digest
from .weights.sources import DOWNLOADS, WEIGHTS, WeightsFile, WeightsSource

if TYPE_CHECKING:
    from .own.opening import Opened

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def folder() -> Path:
    """Return the folder of the networks under a name: for each, NAME.json and NAME.safetensors."""
    return cache_directory() / "networks"


Named = tuple[Architecture, WeightsSource]


def named() -> dict[str, Named]:
    """Return the networks under a name, each with its weights."""
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
    name, classes = path.stem, tuple(entry["classes"])
    file = WeightsFile(str(path.with_suffix(".safetensors")), entry["checksum"], entry["size"])
    if "own" in entry:
        opened, source = _own(entry)
        return replace(opened, name=name, title=name), replace(
            source, name=name, architectures=(name,), files=(file,)
        )
    kind = _taught if "taught" in entry else _trained
    architecture, source = kind(entry, classes)
    source = replace(
        source,
        name=name,
        title="Trained weights",
        architectures=(name,),
        licence="that of the photos they were trained on",
        accuracy=f"the {entry['photos']:,} validation photos that they were measured on",
        top1=100 * entry["right"],
        top5=None,
        files=(file,),
    )
    return replace(architecture, name=name, title=name, classes=classes), source


def _own(entry: dict[str, Any]) -> Named:
    """Return what was made from a file of another program."""
    settings, classes = OwnSettings.from_json(entry["own"]), entry["classes"]
    classes = classes if isinstance(classes, str) else tuple(classes)
    return own_network(entry["file"], settings, classes)


def _trained(entry: dict[str, Any], classes: tuple[str, ...]) -> Named:
    """Return what `train cifar10` has made."""
    settings = RunSettings(**entry["settings"])
    summary = f"Your own network, trained on {len(classes)} classes: {', '.join(classes)}."
    origin = (
        f"Trained on this machine or on another with {PROGRAM} train cifar10: {_told(settings.as_json())}."
    )
    architecture = replace(settings.architecture(len(classes)), summary=summary)
    return architecture, WeightsSource("", "", (), origin, "", "", normalization=ZERO_TO_ONE)


def _taught(entry: dict[str, Any], classes: tuple[str, ...]) -> Named:
    """Return what `train folder` or the page Teach it have made: a network's layers with a new last one.

    If all layers went on learning, the entry has "tuned", and all weights are in the file.
    """
    settings, (architecture, weights) = TeachSettings(**entry["taught"]), entry["base"]
    base, below = ARCHITECTURES[architecture], WEIGHTS[weights]
    summary = f"{base.title} {kept_part(settings)}, with a last layer for {', '.join(classes)}."
    origin = f"A last layer on top of {below.title.lower()}: {_told(entry['taught'])}."
    if "tuned" in entry:
        origin += f" Then all layers went on learning: {_told(entry['tuned'])}."
    made = replace(taught_architecture(base, settings, classes), summary=summary)
    return made, replace(below, origin=origin, channel_order="RGB")


def _told(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items())


def base_of(name: str) -> tuple[str, str] | None:
    """Return the architecture and weights below a named network's new last layer.

    None if it has no such: all its weights are in its own file.
    """
    try:
        entry = json.loads((folder() / f"{name}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return None if "tuned" in entry or "base" not in entry else (entry["base"][0], entry["base"][1])


def check_name(name: str) -> None:
    """Check that a network can be added under a name.

    Raises:
        UserError: the name is taken or not allowed.
    """
    if name in {*ARCHITECTURES, *WEIGHTS, *named()}:
        raise UserError(f"There is already a network or a set of weights named {name}. Choose another name.")
    if not NAME.fullmatch(name):
        raise UserError(
            f"The name '{name}' cannot be used. Use at most 40 small letters, digits, - and _, for example "
            "my-pets."
        )


def add(path: Path, name: str) -> Path:
    """Add a network under a name, from a file that was trained or taught here. Return the path of its copy.

    Raises:
        UserError: the name is taken or not allowed, the file cannot be read or is no such file, or its
            weights do not fit the network that it names.
    """
    check_name(name)
    entry = _about(path)
    check = _check_taught if "taught" in entry and "tuned" not in entry else _check_whole
    try:
        check(path, entry)
    except RuntimeError as error:
        raise UserError(f"{path} does not hold the weights of the network that it names: {error}") from error
    return _write(name, entry, lambda target: shutil.copyfile(path, target))


def add_opened(opened: Opened, name: str) -> Path:
    """Add a network under a name, from a file of any other program. Return the path of its weights.

    Raises:
        UserError: the name is taken or not allowed, or the weights cannot be written.
    """
    from safetensors.torch import save_file

    check_name(name)
    entry = {"own": opened.settings.as_json(), "classes": opened.classes, "file": opened.name}
    return _write(name, entry, lambda target: save_file(opened.state, target))


def is_from_here(path: Path) -> bool:
    """Return whether a file was trained or taught here, so that it says itself which network it makes."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return "classes" in (file.metadata() or {})
    except (SafetensorError, OSError):
        return False


def _write(name: str, entry: dict[str, Any], write: Callable[[Path], object]) -> Path:
    """Write the weights and the entry of a network under a name.

    Raises:
        UserError: they cannot be written.
    """
    target = folder() / f"{name}.safetensors"
    try:
        folder().mkdir(parents=True, exist_ok=True)
        write(target)
        entry = entry | {"checksum": f"sha256:{digest(target, 'sha256')}", "size": target.stat().st_size}
        with replacing(target.with_suffix(".json")) as partial:  # after this, the network exists
            partial.write_text(json.dumps(entry, indent=2), "utf-8")
    except OSError as error:
        raise UserError(f"The weights cannot be written to {folder()}: {error.strerror}.") from error
    return target


def remove(name: str) -> None:
    """Remove a network under a name with its weights. The file that it was added from stays where it is.

    Raises:
        UserError: there is no such network, or its files cannot be removed.
    """
    look_up(named(), name, "network under a name")
    entry = folder() / f"{name}.json"
    try:
        entry.unlink()  # after this, the network is gone
        entry.with_suffix(".safetensors").unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{entry} cannot be removed: {error.strerror}.") from error


def _check_whole(path: Path, entry: dict[str, Any]) -> None:
    """Check that the weights in a file fit the network that it names, or raise a `RuntimeError`."""
    from .alexnet import AlexNet
    from .weights.formats import read_weights

    architecture, _ = _from_entry(path, {"checksum": "", "size": 0, **entry})
    AlexNet(architecture, device="meta").load_state_dict(read_weights(path), assign=True)


def _check_taught(path: Path, entry: dict[str, Any]) -> None:
    from .alexnet import AlexNet
    from .teaching import from_file, taught_network

    architecture, weights = entry["base"]
    taught = from_file(path, (architecture, weights))
    taught_network(AlexNet(ARCHITECTURES[architecture], device="meta"), taught)


def _about(path: Path) -> dict[str, Any]:
    """Return what a file says about itself: its settings, classes, accuracy, and the network below, if any.

    Raises:
        UserError: it cannot be read, or is no such file.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise UserError(f"{path} is not a file. Check the path.")
    try:
        with safe_open(path, framework="numpy") as file:
            about = file.metadata() or {}
        names = ["classes", *(name for name in ("settings", "taught", "base", "tuned") if name in about)]
        entry = {name: json.loads(about[name]) for name in names} | json.loads(about["accuracy"])
        _from_entry(Path("any"), {"checksum": "", "size": 0, **entry})
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise UserError(
            f"{path} does not say which network it belongs to. A name of your own can be given to a file "
            f"that {PROGRAM} train cifar10, {PROGRAM} train folder or the page Teach it has made; published "
            f"files have the names {', '.join(DOWNLOADS)}."
        ) from error
    return entry
