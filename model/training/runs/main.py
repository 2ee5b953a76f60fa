"""Prepare a run from what the user asked for: the work of `python -m model train cifar10`."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib  # noqa: F401 - curves are drawn at the end of a run, and its lack should show before
import torch

from ...architectures import ARCHITECTURES
from ...device import choose_device
from ...errors import UserError
from ..engine import has_bfloat16
from . import record, watch
from .labelled import LabelledPhotos
from .loop import Run
from .photos import read
from .photos_here import GENERATED, cifar10_folder
from .record import Epoch
from .settings import Precision, RunSettings


def prepare(
    folder: Path, data: Path | None, device: str, changes: Mapping[str, Any], resume: bool = False
) -> Run:
    """Return a run that is ready to train, new or with what it has learned so far.

    Args:
        folder: for everything that the run makes.
        data: as in `photos.read`; None for those of the run to be continued.
        device: as in `device.choose_device`.
        changes: settings by name; None for the default, or for that of the run to be continued.
        resume: continue the run in the folder.

    Raises:
        UserError: a setting is not allowed, the photos cannot be read, or the folder already has a run, or
            has none to continue.
    """
    target = torch.device(choose_device(device))
    if resume:
        stored, classes, facts = record.read_settings(folder)
        settings = stored.resumed_with(changes)
        if data is None and (earlier := facts.get("photos", {}).get("data")):
            data = Path(earlier)
    else:
        usual: Precision = "bfloat16" if has_bfloat16(target) else "float32"
        settings, classes, facts = RunSettings(precision=usual).with_changes(changes), None, {}
    photos = read(data, ARCHITECTURES["alexnet-cifar10"].input_size, cifar10_folder())
    if classes not in (None, photos.classes):
        raise UserError(
            f"The run in {folder} learned the classes {', '.join(classes)}; these photos have others: "
            f"{', '.join(photos.classes)}. Give it the same photos with --data."
        )
    run = Run(folder, settings, photos, target)
    if resume:
        run.restore()
        record.write_settings(folder, settings, photos.classes, facts)
    else:
        # A run may be continued from another working directory.
        place = data.absolute() if data and data != Path(GENERATED) else data
        run.begin(_facts(photos, str(place) if place else None, target))
    return run


def train(
    folder: Path,
    data: Path | None,
    device: str,
    changes: Mapping[str, Any],
    resume: bool,
    progress: Callable[[float, int], object],
) -> list[Epoch]:
    """Train a run to its end, visible to `watch`, and return its history.

    Args:
        progress: called with (steps done, steps in all).
        The others: as for `prepare`.

    Raises:
        UserError: for the reasons of `prepare`; another process trains the run; or someone has stopped it.
    """
    with watch.alone(folder):
        run, watched = prepare(folder, data, device, changes, resume), watch.Watched(folder)

        def tell(now: watch.Progress) -> None:
            progress(now.done, now.total)
            watched.tell(now)

        try:
            return run.train(tell)
        except watch.StopRequestedError:
            raise UserError("The run was stopped. Continue it with --resume.") from None


def _facts(photos: LabelledPhotos, data: str | None, device: torch.device) -> dict[str, Any]:
    counts = {"training": len(photos.training), "validation": len(photos.validation)}
    return {
        "photos": {"origin": photos.origin, "data": data, **counts},
        "machine": {"device": device.type, "processor": platform.machine(), "torch": torch.__version__},
    }
