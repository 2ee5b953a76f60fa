"""Train networks in a process of their own, so that the app stays responsive and loses nothing when it ends.

Only one run is trained at a time on a machine, whoever started it. Nothing here imports Streamlit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.assets import ROOT
from model.errors import UserError
from model.training.runs import shelf, watch
from model.training.runs.settings import RunSettings
from viz_app.settings import settings

COMMAND = [sys.executable, "-m", "model", "train", "cifar10"]

_lock = threading.Lock()
_processes: dict[str, subprocess.Popen] = {}  # by the run's name


def active() -> str | None:
    """Return the name of the run that is being trained on this machine, or None."""
    for name, process in list(_processes.items()):
        if process.poll() is None:
            return name
    folders = sorted(shelf.own_folder().glob(f"*/{watch.LOCK}"))
    return next((lock.parent.name for lock in folders if watch.is_training(lock.parent)), None)


def start(data: str | None, changes: Mapping[str, Any]) -> str:
    """Begin a run and return its name.

    Args:
        data: "generated" for drawn shapes; None for CIFAR-10, which is downloaded if it is not here.
        changes: settings by name, where they differ from the defaults.

    Raises:
        UserError: a setting is not allowed, another run is being trained, or training is switched off.
    """
    RunSettings().with_changes(changes)
    with _lock:
        _must_be_free()
        name = _new_name()
        _launch(name, [*_options(changes), *(("--data", data) if data else ())])
    return name


def resume(name: str) -> None:
    """Continue a run that was stopped.

    Raises:
        UserError: another run is being trained, or training is switched off.
    """
    with _lock:
        _must_be_free()
        _launch(name, ["--resume"])


def stop(name: str) -> None:
    """Ask a run to save itself and end; `resume` continues it."""
    watch.ask_to_stop(shelf.own_folder() / name)


def remove(name: str) -> None:
    """Remove a run of this machine with all its files.

    Raises:
        UserError: it is being trained.
    """
    with _lock:
        if active() == name:
            raise UserError("This run is being trained. Pause it first.")
        shutil.rmtree(shelf.own_folder() / name, ignore_errors=True)
        _processes.pop(name, None)


def failure(name: str) -> str:
    """Return what went wrong if a run that this app started has ended by an error, or ""."""
    process = _processes.get(name)
    was_stopped = (shelf.own_folder() / name / watch.STOP).exists()
    if process is None or process.poll() in (None, 0) or was_stopped:
        return ""
    try:
        lines = (shelf.own_folder() / name / shelf.LOG).read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else f"The process ended with exit code {process.returncode}."


def _must_be_free() -> None:
    if not settings().training:
        raise UserError("Whoever runs this app has switched training off (ALEXNET_TRAINING).")
    if running := active():
        raise UserError(f"{running} is being trained on this machine. Wait until it ends, or pause it.")


def _new_name() -> str:
    """Make the folder of a new run, and return its name: the first of run-1, run-2, ... that is free."""
    number = 1
    while True:
        try:
            (shelf.own_folder() / f"run-{number}").mkdir(parents=True)
            return f"run-{number}"
        except FileExistsError:
            number += 1


def _options(changes: Mapping[str, Any]) -> list[str]:
    """{"learning_rate": 0.1, "augment": True} -> ["--learning-rate", "0.1", "--augment"]"""
    options: list[str] = []
    for name, value in changes.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            options.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            options += [f"--{flag}", str(value)]
    return options


def _launch(name: str, options: list[str]) -> None:
    folder: Path = shelf.own_folder() / name
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with (folder / shelf.LOG).open("ab") as log:
        _processes[name] = subprocess.Popen(
            [*COMMAND, "--out", str(folder), "--background", *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | {"PYTHONPATH": path},
        )
