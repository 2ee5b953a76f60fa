"""Output of commands: tables, JSON, CSV, files, progress bars and one-line errors."""

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
    """Make standard output and error print `\\udce9` for a character that they cannot encode.

    Names of files may contain such characters.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # notebooks and tests replace the streams by other objects
            stream.reconfigure(errors="backslashreplace")


def print_error(message: object) -> None:
    """Print a message on standard error, as one line even if it contains line breaks."""
    print(" ".join(str(message).split()), file=sys.stderr)


def print_out(text: str) -> None:
    # Flush now: if the reader has gone (`| head`), the error must be raised while the command runs.
    print(text, flush=True)


def print_json(value: Any) -> None:
    print_out(json.dumps(value, indent=2))  # ASCII only, which every terminal can print


def print_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> None:
    """Print rows as CSV below a line with the names of the columns.

    Args:
        columns: names of the columns. By default those of the first row; needed if there may be no rows.
    """
    writer = csv.DictWriter(sys.stdout, columns or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    sys.stdout.flush()


def print_table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print a table: numbers aligned to the right, texts to the left, None as an empty cell."""
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
    """Return whether the path is a folder; False if the system refuses to say, as for a path too long."""
    try:
        return path.is_dir()
    except OSError:
        return False


def check_output_path(path: Path, extensions: Sequence[str]) -> None:
    """Check that a file can be written, before the long work whose result it will hold.

    Raises:
        UserError: the name has none of the extensions, the folder is missing or not writable, or the path
            itself is a folder.
    """
    if path.suffix.lower() not in extensions:
        raise UserError(f"{path} cannot be written: give a name that ends in {' or '.join(extensions)}.")
    if is_folder(path):
        raise UserError(f"{path} is a folder: give the name of a file to write.")
    if not is_folder(path.parent):
        raise UserError(f"{path} cannot be written: there is no folder {path.parent}. Make it first.")
    with _part_of(path) as part:
        part.touch()


def check_output_folder(path: Path) -> None:
    """Check that files can be written into a folder, which need not exist yet but is not made here.

    Raises:
        UserError: it cannot be written into or made, or it is a file.
    """
    if path.is_file():
        raise UserError(f"{path} is a file: give the name of a folder.")
    if not is_folder(path) and not is_folder(path.parent):
        raise UserError(f"{path} cannot be made: there is no folder {path.parent}. Make it first.")
    with _part_of(path / "map" if is_folder(path) else path) as part:
        part.touch()


def make_folder(path: Path) -> None:
    """Make a folder, unless it is there already.

    Raises:
        UserError: it cannot be made.
    """
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{path} cannot be made: {reason}. Choose another place.") from error


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that gets its name only when it is complete, so that it never is half a file.

    Raises:
        UserError: the file cannot be written.
    """
    with _part_of(path) as part:
        with part.open("wb") as stream:
            yield stream
        part.replace(path)


@contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """Yield a name for a temporary file beside the path, and delete the file afterwards.

    Raises:
        UserError: the file cannot be written.
    """
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
    """Show a progress bar on standard error if it is a terminal. Yield a function of (done, total)."""
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
