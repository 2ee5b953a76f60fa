"""The command `explain`: write heat maps that show which parts of a photo raise a class's score."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import PROGRAM, UserError
from ..question import Setting
from ..weights.sources import DEFAULT_ARCHITECTURE
from . import options
from .method_options import Layer, Methods, Settings, Targets, complete_settings, find_targets
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
        help="The file to write; an old one is replaced. A .png shows the heat map over the crop that the "
        "network sees; a .npy contains it as float32 numbers, one for each pixel of that crop; a .zip "
        "contains the photo, the heat maps, and a settings.json from which they can be computed again.",
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS",
        min=64,
        max=4096,
        help="Side of the pictures. By default that of the network's input, in a .zip three times that.",
    ),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="settings.json|FILE.zip",
        help="Compute the heat maps of an earlier .zip again, and print how far they differ. Give no IMAGE.",
    ),
]  # fmt: skip


NOT_FROM = ("image", "method", "layer", "target", "settings", "architecture", "weights")
"""Arguments and options that cannot be given together with --from, since the earlier file contains them."""


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
    """Write a heat map that shows which parts of a photo raise the score of a class.

    In a .png the strongest colour stands for the largest magnitude or, for fine heat maps such as saliency,
    for a high percentile: otherwise a few extreme pixels would hide the rest. The colours are viridis, yellow
    for the most evidence. Signed heat maps go from blue (against the class) over white to red (for it).
    """
    if earlier:
        if any(_is_given(context, name) for name in NOT_FROM):
            raise UserError("The file of --from names photo, network, methods and settings: leave them out.")
        _again(earlier, out, size, device)
        return
    image, method, out = _wanted(image, method, out, target or [], size)
    values = complete_settings(method, layer, options.settings_by_name(settings, "samples=50"))

    from ..attribution.archive import Explained
    from . import maps
    from .network import Network
    from .photos import read_photo_file

    photo = read_photo_file(image)
    # None stands for the predicted class.
    targets: list[int | None] = [*find_targets(architecture, target)] or [None]
    network, explained = Network(architecture, weights, device), []
    for name, index in itertools.product(method, targets):
        found = network.run(partial(_explain, photo, name, index, layer, values[name]))
        explained.append(Explained(photo, found, maps.label(network, found.question.target)))
    maps.write(out, explained, network, size)
    for item in explained:
        _report(out, item)


def _is_given(context: typer.Context, name: str) -> bool:
    """Return whether the user has given that option or argument, even with its default value."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _again(earlier: Path, out: Path | None, size: int | None, device: str) -> None:
    if out:
        check_output_path(out, [".zip"])

    from ..attribution import archive
    from . import maps

    found = archive.read(earlier)
    if not found.recorded:
        raise UserError(f"{earlier} contains no heat maps, so none can be computed. Give another file.")
    network, explained = maps.explain_again(found, device)
    if out:
        maps.write(out, explained, network, size)


def _wanted(
    image: Path | None, methods: list[str] | None, out: Path | None, targets: list[str], size: int | None
) -> tuple[Path, list[str], Path]:
    """Check the arguments that are needed without --from, and return photo, methods and output file.

    Raises:
        UserError: an argument is missing, or two do not go together.
    """
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
        raise UserError("Several heat maps need a .zip: give --out maps.zip.")
    if size and out.suffix.lower() == ".npy":
        raise UserError("A .npy contains a number for each pixel of the crop: leave --size out.")
    return image, methods, out


def _explain(
    photo: Photo,
    method: str,
    target: int | None,
    layer: str | None,
    values: Mapping[str, Setting],
    alexnet: AlexNet,
) -> Attribution:
    from ..attribution import explain as explain_class
    from ..predict import classify

    if target is None:
        target = int(classify(alexnet, photo).ranking[0])
    return explain_class(alexnet, alexnet.prepare(photo), method, target, layer, values)


def _report(out: Path, item: Explained) -> None:
    found = item.attribution
    question = found.question
    place = f" of {question.layer}" if question.layer else ""
    print_out(
        f"{out} contains {found.method.title}{place} for class {question.target}, {item.label}, "
        f"whose logit is {found.logit:.2f}."
    )
    if not found.has_evidence:
        print_error(f"There is no positive evidence for {item.label}: the heat map is zero everywhere.")
