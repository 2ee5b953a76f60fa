"""The arguments and options that several commands share, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..architectures import ARCHITECTURES
from ..errors import UserError

Image = Annotated[
    Path,
    typer.Argument(metavar="IMAGE", help="The photo: a JPEG, PNG, WebP, GIF, BMP or TIFF file."),
]
Photos = Annotated[
    list[Path],
    typer.Argument(
        metavar="IMAGE_OR_FOLDER",
        help="Photos, or folders of photos. Of a folder, all pictures in it and below it are taken.",
    ),
]
Architecture = Annotated[
    str,
    typer.Option(metavar="NAME", help=f"Which network to use. One of: {', '.join(ARCHITECTURES)}."),
]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Which weights the network gets: a name that `weights list` shows. By default the first "
        "that fits the architecture and is on this machine.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|cuda|mps",
        help="Where the network runs. auto takes CUDA if there is any, then Apple's MPS, then the CPU.",
    ),
]
TableOrJson = Annotated[
    Literal["table", "json"],
    typer.Option("--format", help="table is for people. With json, nothing else is on standard output."),
]


def numbers(settings: list[str] | None, example: str) -> dict[str, float]:
    """What --set was given, NAME=VALUE, as numbers by name.

    Raises:
        UserError: a setting of another form; the message shows the example.
    """
    values = {}
    for setting in settings or []:
        name, _, value = setting.partition("=")
        try:
            values[name.strip()] = float(value)
        except ValueError:
            raise UserError(f"--set takes NAME=NUMBER, for example {example}, not '{setting}'.") from None
    return values
