"""Put a finished run among those that come with this project: its curves, filters and predictions.

python -m model.training.runs.publish build/cifar10 relu --title "CIFAR-10, ReLU"
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from ...errors import UserError
from . import record
from .shelf import RECORDED

FILES = (record.HISTORY, record.POINTS, record.FILTERS, record.PREDICTIONS)


def publish(run: Path, name: str, title: str, note: str, to: Path = RECORDED) -> Path:
    """Copy what the page Training shows of a run, without weights and checkpoint, and return the new folder.

    Args:
        title: the run's name for people.
        note: what readers should know, such as where the photos came from and the command.

    Raises:
        UserError: the run has not ended.
    """
    if missing := next((file for file in FILES if not (run / file).exists()), None):
        raise UserError(f"{run} has no {missing}. Train it to its end first.")
    target = to / name
    target.mkdir(parents=True, exist_ok=True)
    for file in FILES:
        shutil.copyfile(run / file, target / file)
    settings, classes, facts = record.read_settings(run)
    facts["photos"].pop("data", None)  # a path on this machine
    record.write_settings(target, settings, classes, {"title": title, "note": note, **facts})
    return target


def main(
    run: Path,
    name: str,
    title: Annotated[str, typer.Option()],
    note: Annotated[str, typer.Option()] = "",
) -> None:
    print(publish(run, name, title, note))


if __name__ == "__main__":
    typer.run(main)
