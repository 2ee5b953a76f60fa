"""What commands print and write: tables, JSON, CSV, files, progress bars, one-line errors."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import UserError

Cell = str | int | None


def spell_out_what_cannot_be_encoded() -> None:
    """Have both outputs print `\\udce9` for what they cannot encode, such as a byte of a file's name."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not where a notebook or a test put something else
            stream.reconfigure(errors="backslashreplace")


def print_error(message: object) -> None:
    """One line on standard error, whatever line breaks the message holds."""
    print(" ".join(str(message).split()), file=sys.stderr)


def print_out(text: str) -> None:
    # Flushed here, where the command line deals with a reader that has gone (`| head`).
    print(text, flush=True)


def print_json(value: Any) -> None:
    print_out(json.dumps(value, indent=2))  # ASCII, so that it survives every terminal's encoding


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    sys.stdout.flush()


def print_table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Columns as wide as their widest cell, two spaces apart; numbers to the right, None left blank."""
    columns = list(zip(*rows, strict=True))
    is_number = [all(cell is None or isinstance(cell, int) for cell in column) for column in columns]
    texts = [header, *([_text(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for cells in texts:
        aligned = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, is_number, strict=True)
        )
        print_out("  ".join(aligned).rstrip())


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else cell


def is_folder(path: Path) -> bool:
    """`path.is_dir()`, also for paths that the system refuses to look at: too long, or not ours."""
    try:
        return path.is_dir()
    except OSError:
        return False


def check_output_path(path: Path, extensions: Sequence[str]) -> None:
    """Before the work that fills it: can this file be written, and is its kind one we write?

    Raises:
        UserError: the name ends otherwise, the folder is missing or takes no files, or it is a folder
            itself.
    """
    if path.suffix.lower() not in extensions:
        raise UserError(f"{path} cannot be written: give a name that ends in {' or '.join(extensions)}.")
    if is_folder(path):
        raise UserError(f"{path} is a folder: give the name of a file to write.")
    if not is_folder(path.parent):
        raise UserError(f"{path} cannot be written: there is no folder {path.parent}. Make it first.")
    with _part_of(path) as part:
        part.touch()


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which gets its name once it is complete: never half of it, whatever happens.

    Raises:
        UserError: it cannot be written.
    """
    with _part_of(path) as part:
        with part.open("wb") as stream:
            yield stream
        part.replace(path)


@contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """A name beside the path, for a file that is gone afterwards; `UserError` if it cannot be written."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{path} cannot be written: {reason}. Choose another place.") from error
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def progress_bar(title: str, *, in_bytes: bool = False) -> Iterator[Callable[[float, int], None]]:
    """A bar with the time left on standard error, if that is a terminal: call it with (done, total)."""
    from rich import progress
    from rich.console import Console

    counts = (
        (progress.DownloadColumn(), progress.TransferSpeedColumn())
        if in_bytes
        else (progress.MofNCompleteColumn(),)
    )
    with progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        *counts,
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # results stay on standard output
        disable=sys.stderr is None or not sys.stderr.isatty(),
    ) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
