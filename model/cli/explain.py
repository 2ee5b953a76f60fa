"""`explain`: what in a photo speaks for a class, as a picture or as numbers."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..architectures import get_architecture
from ..errors import PROGRAM, UserError
from ..weights.sources import DEFAULT_ARCHITECTURE
from . import options
from .method_options import Layer, Methods, Settings, Targets, complete_settings
from .output import check_output_path, print_error, print_out

if TYPE_CHECKING:
    from ..alexnet import AlexNet
    from ..attribution import Attribution
    from ..attribution.archive import Explained
    from ..preprocess import Photo

Photo_ = Annotated[
    Path | None,
    typer.Argument(metavar="IMAGE", help="The photo: a JPEG, PNG, WebP, GIF, BMP or TIFF file."),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.png|FILE.npy|FILE.zip",
        help="The file to write; an old one is replaced. A .png shows the map over the crop that the network "
        "sees; a .npy holds it as float32 numbers, one for each pixel of that crop; a .zip holds the photo, "
        "the maps, and a settings.json that makes them again.",
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS",
        min=64,
        max=4096,
        help="Side of the pictures. By default that of the network's input, and three times that in a .zip.",
    ),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="settings.json|FILE.zip",
        help="Make the maps of an earlier .zip again, and say how far they differ. No IMAGE then.",
    ),
]  # fmt: skip


NOT_FROM = ("image", "method", "layer", "target", "settings", "architecture", "weights")
"""What an earlier file says itself."""


def explain(
    context: typer.Context,
    image: Photo_ = None,
    method: Methods = None,
    out: Out = None,
    layer: Layer = None,
    target: Targets = None,
    settings: Settings = None,
    size: Size = None,
    earlier: From = None,
    architecture: options.Architecture = DEFAULT_ARCHITECTURE,
    weights: options.Weights = None,
    device: options.Device = "auto",
) -> None:
    """Show which parts of a photo speak for a class.

    In a .png full strength is the map's largest magnitude, or, for fine maps such as saliency, a high
    percentile, lest a few extreme pixels hide the rest. Colours are viridis, yellow for the most evidence;
    maps with a sign go from blue (against the class) over white to red (for it).
    """
    if earlier:
        if any(_is_given(context, name) for name in NOT_FROM):
            raise UserError("--from brings its own photo, network, methods and settings: leave them out.")
        _again(earlier, out, size, device)
        return
    image, method, out = _wanted(image, method, out, target or [], size)
    values = complete_settings(method, layer, options.numbers(settings, "samples=50"))

    from ..activations import check_target
    from ..attribution.archive import Explained
    from . import maps
    from .network import Network
    from .photos import read_photo_file

    photo = read_photo_file(image)
    for chosen in target or []:
        check_target(get_architecture(architecture), chosen)
    network, explained = Network(architecture, weights, device), []
    targets: list[int | None] = [*target] if target else [None]  # None stands for the predicted class
    for name, index in itertools.product(method, targets):
        found = network.run(partial(_explain, photo, name, index, layer, values[name]))
        explained.append(Explained(photo, found, maps.label(network, found.question.target)))
    maps.write(out, explained, network, size)
    for item in explained:
        _report(out, item)


def _is_given(context: typer.Context, name: str) -> bool:
    """Whether the command line has that option or argument, even with its default value."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _again(earlier: Path, out: Path | None, size: int | None, device: str) -> None:
    if out:
        check_output_path(out, [".zip"])

    from ..attribution import archive
    from . import maps

    found = archive.read(earlier)
    if not found.recorded:
        raise UserError(f"{earlier} holds no maps, so there are none to make again. Give another file.")
    for item in found.recorded:
        complete_settings([item.question.method], None, dict(item.question.settings))
    network, explained = maps.explain_again(found, device)
    if out:
        maps.write(out, explained, network, size)


def _wanted(
    image: Path | None, methods: list[str] | None, out: Path | None, targets: list[int], size: int | None
) -> tuple[Path, list[str], Path]:
    """What must be given where no earlier file is."""
    if image is None:
        raise UserError("Give the photo to explain, or --from and an earlier .zip.")
    if not methods:
        raise UserError(f"Give a --method; they are listed by: {PROGRAM} explain --help")
    if out is None:
        raise UserError("Give the file to write: --out map.png, map.npy or maps.zip.")
    check_output_path(out, [".png", ".npy", ".zip"])
    if out.resolve() == image.resolve():
        raise UserError(f"--out {out} would overwrite the photo: give another name.")
    if len(methods) * max(1, len(targets)) > 1 and out.suffix.lower() != ".zip":
        raise UserError("Several maps only fit into a .zip: give --out maps.zip.")
    if size and out.suffix.lower() == ".npy":
        raise UserError("A .npy holds a number for each pixel of the crop: leave out --size.")
    return image, methods, out


def _explain(
    photo: Photo,
    method: str,
    target: int | None,
    layer: str | None,
    values: dict[str, float],
    model: AlexNet,
) -> Attribution:
    from ..attribution import explain as explain_class
    from ..predict import classify

    if target is None:
        target = int(classify(model, photo).ranking[0])
    return explain_class(model, model.prepare(photo), method, target, layer, values)


def _report(out: Path, item: Explained) -> None:
    found = item.attribution
    question = found.question
    place = f" of {question.layer}" if question.layer else ""
    print_out(
        f"{out} holds {found.method.title}{place} for class {question.target}, {item.label}, "
        f"whose logit is {found.logit:.2f}."
    )
    if not found.has_evidence:
        print_error(f"There is no positive evidence for {item.label}: the map is zero everywhere.")
