"""The command `weights`: list, download, verify, import and remove trained weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import UserError
from ..named import add, add_opened, check_name, is_from_here
from ..named import remove as remove_named
from ..networks import architectures, get_source
from ..networks import sources as all_sources
from ..weights.sources import DOWNLOADS, WEIGHTS, WeightsSource
from . import options, own_weights
from .output import print_error, print_json, print_out, print_table, progress_bar

_DOWNLOADS = ", ".join(DOWNLOADS)
_WITH_FILES = ", ".join(source.name for source in WEIGHTS.values() if source.files)

weights = typer.Typer(help="List, download, verify, import and remove trained weights.")


@weights.command("list")
def list_weights(output_format: options.TableOrJson = "table") -> None:
    """List all weights: which architectures they fit, how good they are, whether they are on this machine."""
    sources = [_facts(source) for source in all_sources().values()]
    if output_format == "json":
        print_json(sources)
    else:
        print_out("\n\n".join(map(_block, sources)))


def _facts(source: WeightsSource) -> dict[str, Any]:
    from ..weights.files import find

    return {
        "name": source.name,
        "title": source.title,
        "architectures": [name for name in architectures() if source.fits(name)],
        "top1": source.top1,
        "top5": source.top5,
        "accuracy": source.accuracy,
        "origin": source.origin,
        "licence": source.licence,
        "on_this_machine": not source.files or find(source) is not None,
    }


def _block(facts: dict[str, Any]) -> str:
    shares = [(name, facts[name.replace("-", "")]) for name in ("top-1", "top-5")]
    measured = ", ".join(f"{name} {share:.1f} %" for name, share in shares if share is not None)
    accuracy = ": ".join(part for part in (measured, facts["accuracy"]) if part)
    fits_all = len(facts["architectures"]) == len(architectures())
    return "\n".join(
        (
            f"{facts['name']}: {facts['title']}",
            f"  fits             {'every architecture' if fits_all else ', '.join(facts['architectures'])}",
            f"  accuracy         {accuracy}",
            f"  licence          {facts['licence']}",
            f"  on this machine  {'yes' if facts['on_this_machine'] else 'no'}",
        )
    )


@weights.command()
def download(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help=f"The weights to download. One of: {_DOWNLOADS}.")
    ],
) -> None:
    """Download published weights, unless they are on this machine already.

    A download that was cut off continues where it stopped. The file is checked against its published
    checksum before it is used. Downloads are kept in the folder that the environment variable ALEXNET_CACHE
    names, by default the user's cache directory.
    """
    from ..weights import files

    source = get_source(name)
    with progress_bar(f"Downloading {name}", in_bytes=True) as progress:
        path = files.download(source, progress)
    print_out(f"The weights '{name}' are on this machine: {path}")


@weights.command()
def verify(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help=f"The weights to check. One of: {_WITH_FILES}.")
    ],
) -> None:
    """Check the checksum of weights on this machine."""
    from ..weights import files

    source = get_source(name)
    with progress_bar(f"Checking {name}", in_bytes=True) as progress:
        path = files.verify(source, progress)
    print_out(f"The weights '{name}' have the right checksum: {path}")


@weights.command("import")
def import_weights(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file of weights, fetched by other means.")
    ],
    name: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="NAME",
            help=f"For published weights, which ones: {_DOWNLOADS}. For a network of your own, a new name: "
            "app and shell list it as an architecture of this name.",
        ),
    ],
    architecture: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="For a network of your own: the architecture whose layers it has, but for their widths and "
            "classes. By default the one that names and shapes speak for.",
        ),
    ] = None,
    labels: own_weights.Labels = None,
    normalization: own_weights.Normalization = None,
    channel_order: own_weights.ChannelOrder = None,
    resize_to: own_weights.ResizeTo = None,
) -> None:
    """Use published weights that were fetched by other means, or a network of your own.

    A published file is checked against its published checksum. A file of your own may come from train
    cifar10, train folder or Teach it, or from any other program, if its network is like AlexNet: PyTorch,
    safetensors, ONNX or caffemodel. The weights are copied to the folder that the environment variable
    ALEXNET_CACHE names, by default the user's cache directory.
    """
    details = (labels, normalization, channel_order, resize_to)
    is_said = architecture is not None or any(one is not None for one in details)
    if name in WEIGHTS or is_from_here(file):
        if is_said:
            raise UserError(
                f"What {file.name} belongs to is known: leave out --architecture, --labels, --normalization, "
                "--channel-order and --resize-to."
            )
        _import_known(file, name)
        return

    from ..own.opening import open_weights

    check_name(name)
    opened = open_weights(file, own_weights.asked_for(architecture, *details))
    print_table(("layer", "in the file", "shape"), opened.mapping.rows)
    for note in opened.notes:
        print_error(note)
    _print_added(name, add_opened(opened, name))


def _import_known(file: Path, name: str) -> None:
    """Import published weights, or a file that was trained or taught here."""
    from ..weights import files

    if name in WEIGHTS:
        path = files.import_file(file, get_source(name))
        print_out(f"The weights '{name}' are on this machine: {path}")
    else:
        _print_added(name, add(file, name))


def _print_added(name: str, path: Path) -> None:
    print_out(f"The network '{name}' is on this machine: {path}. Open it with --architecture {name}.")


@weights.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A network that weights import has added.")],
) -> None:
    """Remove a network of your own from app and shell. The file that you imported stays where it is."""
    remove_named(name)
    print_out(f"The network '{name}' is removed.")
