"""The runs that can be looked at: those recorded with this project, and those of this machine.

Nothing here imports PyTorch, so that a page can list them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from ...assets import ASSETS
from ...errors import UserError
from ...weights.files import cache_directory
from . import record, watch
from .settings import RunSettings

RECORDED = ASSETS / "runs"
LOG = "log.txt"
State = Literal["recorded", "training", "finished", "stopped"]

# In words, where they differ from the defaults. Precision and seed change the numbers, but not the idea.
WORDS = {
    "optimizer": "{}",
    "learning_rate": "learning rate {:g}",
    "activation": "{}",
    "dropout": "dropout {:g}",
    "weight_decay": "weight decay {:g}",
    "batch_size": "batches of {}",
    "augment": "augmentation",
}


@dataclass(frozen=True)
class StoredRun:
    """A run in a folder.

    Attributes:
        name: of the folder; no other run has it.
        classes: names of the classes, in the order of the labels.
        facts: what else `run.json` says, such as the photos and the machine.
        is_recorded: whether it came with this project, and so cannot be continued or removed.
    """

    name: str
    folder: Path
    settings: RunSettings
    classes: tuple[str, ...]
    facts: dict[str, Any]
    is_recorded: bool

    @property
    def title(self) -> str:
        """Return the run's name for people: its photos, and the settings that are not the defaults."""
        if "title" in self.facts:
            return str(self.facts["title"])
        return (
            f"{self.name}: {self.facts.get('photos', {}).get('origin', 'photos')}, {changes(self.settings)}"
        )

    @property
    def state(self) -> State:
        """Return whether the run is being trained, has been trained to its end, or was stopped before."""
        if self.is_recorded:
            return "recorded"
        if watch.is_training(self.folder):
            return "training"
        return "finished" if (self.folder / record.WEIGHTS).exists() else "stopped"


def changes(settings: RunSettings) -> str:
    """Return the settings that are not the defaults, in words: "tanh, dropout 0"."""
    usual = RunSettings()
    found = [
        WORDS[field.name].format(getattr(settings, field.name))
        for field in fields(RunSettings)
        if field.name in WORDS and getattr(settings, field.name) != getattr(usual, field.name)
    ]
    return ", ".join(found) or "Keras' settings"


def own_folder() -> Path:
    """Return the folder of this machine's runs."""
    return cache_directory() / "runs"


def runs() -> dict[str, StoredRun]:
    """Return all runs by name: those recorded, the longest first; then this machine's, the newest first."""
    recorded = sorted(_read_all(RECORDED, True), key=lambda run: -run.settings.epochs)
    own = sorted(_read_all(own_folder(), False), key=lambda run: run.folder.stat().st_mtime, reverse=True)
    return {run.name: run for run in [*recorded, *own]}


def _read_all(parent: Path, is_recorded: bool) -> Iterator[StoredRun]:
    for path in sorted(parent.glob(f"*/{record.SETTINGS}")):
        try:
            found = record.read_settings(path.parent)
        except UserError:  # damaged, or from a later version
            continue
        yield StoredRun(path.parent.name, path.parent, *found, is_recorded)
