"""What others see of a run while it trains, and how they stop it: by files, from any process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ...errors import UserError
from ...replacing import replacing

PROGRESS, STOP, LOCK = "progress.json", "stop", ".lock"
EVERY = 0.5  # seconds


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        done, total: steps of the whole run.
        loss, accuracy: means over this epoch's photos so far.
        photos_per_second: since the run began or was continued.
        seconds_left: an estimate from that.
    """

    done: int
    total: int
    loss: float
    accuracy: float
    photos_per_second: float
    seconds_left: float


class StopRequestedError(Exception):
    """Raised in a run when someone has asked it to stop."""


class Watched:
    """Tells others where a run stands, at most every `EVERY` seconds, and listens whether it should stop."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder, -EVERY

    def tell(self, progress: Progress) -> None:
        """Write where the run stands.

        Raises:
            StopRequestedError: someone has called `ask_to_stop`.
        """
        now, is_last = time.monotonic(), progress.done == progress.total
        if now - self.told < EVERY and not is_last:
            return
        self.told = now
        with replacing(self.folder / PROGRESS) as partial:
            partial.write_text(json.dumps(asdict(progress)), "utf-8")
        if (self.folder / STOP).exists():
            raise StopRequestedError


@contextmanager
def alone(folder: Path, patience: float = 5.0) -> Iterator[None]:
    """Keep other processes from training the run in a folder during the block.

    The operating system ends this when the process ends, however it ends. An earlier request to stop is
    forgotten.

    Args:
        patience: seconds to wait; a look by `is_training` takes the lock for a moment.

    Raises:
        UserError: another process trains it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / LOCK, timeout=patience):
            (folder / STOP).unlink(missing_ok=True)
            yield
    except Timeout as error:
        raise UserError(f"Another process trains the run in {folder}. Wait for it, or stop it.") from error


def is_training(folder: Path) -> bool:
    """Return whether a process trains the run in a folder."""
    if not (folder / LOCK).exists():
        return False
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True


def ask_to_stop(folder: Path) -> None:
    """Ask the process that trains the run in a folder to save it and end."""
    (folder / STOP).touch()


def read_progress(folder: Path) -> Progress | None:
    """Return where the run in a folder stands, or stood when it was stopped; None before the first step."""
    try:
        return Progress(**json.loads((folder / PROGRESS).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
