"""The command `health`: count dead units on a folder of photos, and examine the weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from ..weights.sources import DEFAULT_ARCHITECTURE
from . import options
from .output import Cell, print_json, print_table, progress_bar
from .pictures import Problems, picture_files

if TYPE_CHECKING:
    from torch import Tensor

    from ..alexnet import AlexNet


def health(
    paths: options.Photos,
    architecture: options.Architecture = DEFAULT_ARCHITECTURE,
    weights: options.Weights = None,
    device: options.Device = "auto",
    output_format: options.TableOrJson = "table",
) -> None:
    """Count dead units, units that are always on, zeros after each ReLU, and near-duplicate filters.

    Files that cannot be used are named on standard error and left out; the exit status is then 2.
    """
    from ..health import batches
    from ..health import health as examine
    from .network import Network
    from .photos import read_photo_file

    problems = Problems()
    files = list(picture_files(paths, problems))
    if not files:
        raise typer.Exit(2)
    network = Network(architecture, weights, device)

    def inputs(alexnet: AlexNet) -> Iterator[Tensor]:
        """Yield one photo at a time, so that a folder of any size fits in memory."""
        for done, path in enumerate(files, start=1):
            with problems.reported(path):
                yield from batches(alexnet, [read_photo_file(path)])
            progress(done, len(files))

    with progress_bar("Examining") as progress:
        found = network.run(lambda alexnet: examine(alexnet, inputs(alexnet)))
    relus = {relu.before: relu for relu in found.relus}
    rows = [_row(layer, relus.get(layer.layer)) for layer in found.weights]
    if output_format == "json":
        print_json({"pictures": found.pictures, "layers": rows})
    else:
        print_table(tuple(rows[0]), [tuple(_short(value) for value in row.values()) for row in rows])
    if problems.count:
        raise typer.Exit(2)


def _row(layer: Any, relu: Any) -> dict[str, Any]:
    """Return the facts about a layer with weights and the ReLU after it; None where there is no ReLU."""
    return {
        "layer": layer.layer,
        "units": len(relu.firing) if relu else None,
        "dead": list(relu.dead) if relu else None,
        "always_on": list(relu.always_on) if relu else None,
        "sparsity": relu.sparsity if relu else None,
        "near_duplicates": None
        if layer.duplicates is None
        else [[pair.first, pair.second, pair.cosine] for pair in layer.duplicates],
    }


def _short(value: Any) -> Cell:
    """Return the length of a list, a share as a percentage, anything else as it is."""
    if isinstance(value, list):
        return len(value)
    return f"{value:.1%}" if isinstance(value, float) else value
