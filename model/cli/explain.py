"""The command `explain`: write heat maps that show which parts of a photo raise a class's score."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import PROGRAM, UserError
from ..private import find_private
from ..question import Setting
from ..weights.sources import DEFAULT_ARCHITECTURE
from . import destination, options
from .destination import Wanted
from .method_options import USUAL, Layer, Methods, Settings, Targets, complete_settings, find_targets
from .output import check_output_path, make_folder, print_error, print_out, progress_bar
from .pictures import Problems, picture_files

if TYPE_CHECKING:
    from ..attribution.archive import Explained
    from .network import Network

Out = Annotated[
    str | None,
    typer.Option(
        metavar="FILE.png|FILE.npy|FILE.zip|FOLDER/",
        help="The file to write; an old one is replaced. A .png shows the heat map over the crop that the "
        "network sees; a .npy contains it as float32 numbers, one for each pixel of that crop; a .zip "
        "contains the photos, the heat maps, and a settings.json from which they can be computed again. A "
        "folder gets a .png for each heat map, named after its photo. Use a folder for hundreds of photos, "
        "since a .zip is kept in memory until it is complete.",
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
Whole = Annotated[
    bool,
    typer.Option(
        "--whole",
        help="In a .png, show the whole photo, with the heat map over the part that the network sees and a "
        "frame around this part. By default only this part is shown.",
    ),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="settings.json|FILE.zip",
        help="Compute the heat maps of an earlier .zip again, and print how far they differ. Give no photo.",
    ),
]  # fmt: skip

Report = tuple[str, str]  # a sentence on a heat map, and a warning or ""

NOT_FROM = ("paths", "method", "layer", "target", "settings", "architecture", "weights")
"""Arguments and options that cannot be given together with --from, since the earlier file contains them."""


def explain(
    context: typer.Context,
    paths: options.PhotosOrNone = None,
    method: Methods = None,
    out: Out = None,
    layer: Layer = None,
    target: Targets = None,
    settings: Settings = None,
    size: Size = None,
    whole: Whole = False,
    earlier: From = None,
    architecture: options.Architecture = DEFAULT_ARCHITECTURE,
    weights: options.Weights = None,
    device: options.Device = "auto",
) -> None:
    """Write heat maps that show which parts of photos raise the score of a class.

    In a .png the strongest colour stands for the largest magnitude or, for fine heat maps such as saliency,
    for a high percentile: otherwise a few extreme pixels would hide the rest. The colours are viridis, yellow
    for the most evidence. Signed heat maps go from blue (against the class) over white to red (for it).

    Files that cannot be used are named on standard error, one line each, and left out; the exit status is
    then 2.
    """
    _check_whole(whole, out, size)
    if earlier:
        if any(_is_given(context, name) for name in NOT_FROM):
            raise UserError("The file of --from names photo, network, methods and settings: leave them out.")
        _again(earlier, out, size, device)
        return
    paths, out = _checked(paths, out, size)
    if find_private(architecture) and Path(out).suffix.lower() == ".zip":
        raise UserError(
            "A .zip names the network, so that its heat maps can be computed again. Give the file of weights "
            f"a name first, with: {PROGRAM} weights import FILE --as NAME. Then choose --architecture NAME."
        )
    methods = list(dict.fromkeys(method or [USUAL]))
    values = complete_settings(methods, layer, options.settings_by_name(settings, "samples=50"))
    # None stands for the predicted class.
    targets: list[int | None] = [*find_targets(architecture, target)] or [None]
    problems = Problems()
    photos = dict.fromkeys(picture_files(paths, problems))
    wanted = [Wanted(*each) for each in itertools.product(photos, methods, targets)]
    if wanted:
        files = destination.files_for(out, wanted)

        from .network import Network

        network = Network(architecture, weights, device)
        for sentence, warning in _write_all(wanted, files, layer, values, network, size, whole, problems):
            print_out(sentence)
            if warning:
                print_error(warning)
    if problems.count:
        raise typer.Exit(2)


def _is_given(context: typer.Context, name: str) -> bool:
    """Return whether the user has given that option or argument, even with its default value."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _again(earlier: Path, out: str | None, size: int | None, device: str) -> None:
    if out:
        check_output_path(Path(out), [".zip"])

    from ..attribution import archive
    from . import maps

    found = archive.read(earlier)
    if not found.recorded:
        raise UserError(f"{earlier} contains no heat maps, so none can be computed. Give another file.")
    network, explained = maps.explain_again(found, device)
    if out:
        maps.write(Path(out), explained, network, size)


def _checked(paths: list[Path] | None, out: str | None, size: int | None) -> tuple[list[Path], str]:
    """Check the arguments that are needed without --from, and return the photos and the output.

    Raises:
        UserError: an argument is missing, or two do not go together.
    """
    if not paths:
        raise UserError("Give the photo to explain, or --from and an earlier .zip.")
    if not out:
        raise UserError(
            "Give the file to write: --out map.png, map.npy or maps.zip, or a folder: --out maps/."
        )
    destination.check(out)
    if size and Path(out).suffix.lower() == ".npy":
        raise UserError("A .npy contains a number for each pixel of the crop: leave --size out.")
    return paths, out


def _check_whole(whole: bool, out: str | None, size: int | None) -> None:
    """Check that --whole is only given for pictures whose size is that of the photo.

    Raises:
        UserError: it is given for something else.
    """
    if whole and not (out and (destination.is_folder_name(out) or Path(out).suffix.lower() == ".png")):
        raise UserError("--whole is for pictures only: give --out map.png, or --out maps/ for several.")
    if whole and size:
        raise UserError("A picture of the --whole photo has the photo's size: leave --size out.")


def _write_all(
    wanted: Sequence[Wanted],
    files: Sequence[Path],
    layer: str | None,
    values: Mapping[str, Mapping[str, Setting]],
    network: Network,
    size: int | None,
    whole: bool,
    problems: Problems,
) -> list[Report]:
    """Compute and write all heat maps, and return what to say about those of photos that can be used."""
    from . import maps

    reports, for_zip = [], []
    has_several = len({one.file for one in wanted}) > 1
    with progress_bar("Explaining") as progress:
        for position, found in maps.compute(wanted, layer, values, network, problems, progress):
            file, photo = files[position], wanted[position].file
            if file.suffix.lower() == ".zip":
                for_zip.append(found)
            else:  # written at once and not kept, since the photos of a large folder do not fit into memory
                make_folder(file.parent)
                maps.write(file, [found], network, size, whole=whole)
            reports.append(_report(file, found, photo if has_several else None))
    if for_zip:
        maps.write(files[0], for_zip, network, size)
    return reports


def _report(file: Path, item: Explained, photo: Path | None) -> Report:
    """Return a sentence about a heat map, and a warning or "". They name the photo unless it is None."""
    found = item.attribution
    question = found.question
    place = f" of {question.layer}" if question.layer else ""
    place += f" on {photo}" if photo else ""
    sentence = (
        f"{file} contains {found.method.title}{place} for class {question.target}, {item.label}, "
        f"whose logit is {found.logit:.2f}."
    )
    if found.has_evidence:
        return sentence, ""
    where = f"{photo}: " if photo else ""
    return (
        sentence,
        f"{where}There is no positive evidence for {item.label}: the heat map is zero everywhere.",
    )
