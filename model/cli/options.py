"""The arguments and options that several commands share, so that their help is the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..architectures import ARCHITECTURES
from ..errors import UserError
from ..question import Setting

Image = Annotated[
    Path,
    typer.Argument(metavar="IMAGE", help="The photo: a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF file."),
]
_PHOTOS = typer.Argument(
    metavar="IMAGE_OR_FOLDER",
    help="Photos, or folders of photos. All photos in a folder and in the folders below it are used.",
)
Photos = Annotated[list[Path], _PHOTOS]
PhotosOrNone = Annotated[list[Path] | None, _PHOTOS]
Architecture = Annotated[
    str,
    typer.Option(metavar="NAME", help=f"Which network to use. One of: {', '.join(ARCHITECTURES)}."),
]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="Which weights the network gets; `weights list` shows their names. Or a file of your own: "
        "PyTorch, safetensors, ONNX or caffemodel. By default the first weights that fit the architecture "
        "and are on this machine.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|cuda|mps",
        help="Where the network runs. auto uses CUDA if this machine has it, else Apple's MPS, else the CPU.",
    ),
]
TableOrJson = Annotated[
    Literal["table", "json"],
    typer.Option(
        "--format",
        help="A table for people or json for programs. With json nothing else is on standard output.",
    ),
]
TableJsonOrCsv = Annotated[
    Literal["table", "json", "csv"],
    typer.Option(
        "--format",
        help="A table for people, json for programs, or csv for spreadsheets. With json and csv nothing else "
        "is on standard output.",
    ),
]


def settings_by_name(settings: list[str] | None, example: str) -> dict[str, Setting]:
    """Return the values given by --set: {"samples": 50.0, "fill": "blurred"}.

    Args:
        example: shown in the error message.

    Raises:
        UserError: a setting is not NAME=VALUE.
    """
    values: dict[str, Setting] = {}
    for setting in settings or []:
        name, _, value = (part.strip() for part in setting.partition("="))
        if not name or not value:
            raise UserError(f"--set takes NAME=VALUE, for example {example}, not '{setting}'.")
        try:
            values[name] = float(value)
        except ValueError:
            values[name] = value
    return values
