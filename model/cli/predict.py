"""The command `predict`: print the most probable classes of photos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..networks import get_architecture
from ..weights.sources import DEFAULT_ARCHITECTURE
from . import options
from .output import Cell, print_csv, print_json, print_table, progress_bar
from .pictures import Problems, picture_files

if TYPE_CHECKING:
    from ..predict import Prediction

Top = Annotated[
    int, typer.Option(min=1, metavar="N", help="How many classes to show, the most probable first.")
]
TenCrop = Annotated[
    bool,
    typer.Option(
        "--ten-crop",
        help="Average over ten crops as the paper does: the corners, the centre, and their mirror images. "
        "By default only the centre is used.",
    ),
]
CSV_COLUMNS = ("image", "rank", "class_index", "wordnet_id", "label", "probability", "logit")


def predict(
    paths: options.Photos,
    architecture: options.Architecture = DEFAULT_ARCHITECTURE,
    weights: options.Weights = None,
    device: options.Device = "auto",
    top: Top = 5,
    ten_crop: TenCrop = False,
    output_format: options.TableJsonOrCsv = "table",
) -> None:
    """Print the most probable classes of photos.

    Files that cannot be used are named on standard error, one line each, and left out; the exit status is
    then 2. The logit is the score of a class before the softmax. With --format csv there is a row for each
    photo and class; rank 1 is the most probable class.
    """
    problems = Problems()
    files = list(picture_files(paths, problems))
    results = _classify_all(files, architecture, weights, device, top, ten_crop, problems) if files else []
    if output_format == "json":
        ids = _ids(architecture)
        print_json(
            [{"image": str(path), "predictions": [_facts(p, ids) for p in best]} for path, best in results]
        )
    elif output_format == "csv":
        ids = _ids(architecture)
        print_csv([row for path, best in results for row in _records(path, best, ids)], CSV_COLUMNS)
    elif results:
        header = ("image", "class", "label", "probability", "logit")
        print_table(header, [row for path, best in results for row in _rows(path, best)])
    if problems.count:
        raise typer.Exit(2)


def _classify_all(
    files: Sequence[Path],
    architecture: str,
    weights: str | None,
    device: str,
    top: int,
    ten_crop: bool,
    problems: Problems,
) -> list[tuple[Path, list[Prediction]]]:
    from ..predict import classify, classify_ten_crop
    from .network import Network
    from .photos import read_photo_file

    network = Network(architecture, weights, device)
    classify_photo = classify_ten_crop if ten_crop else classify
    results = []
    with progress_bar("Predicting") as progress:
        for done, path in enumerate(files, start=1):
            with problems.reported(path):
                photo = read_photo_file(path)
                classification = network.run(partial(classify_photo, photo=photo))
                results.append((path, classification.top(top)))
            progress(done, len(files))
    return results


def _ids(architecture: str) -> tuple[str, ...]:
    from ..predict import wordnet_ids

    return wordnet_ids(get_architecture(architecture))


def _facts(prediction: Prediction, ids: Sequence[str]) -> dict[str, Any]:
    """Return a prediction's facts, with the class's WordNet id if it is one of ImageNet's."""
    facts = asdict(prediction)
    return {
        "class_index": facts.pop("class_index"),
        "wordnet_id": ids[prediction.class_index] if ids else None,
        **facts,
    }


def _records(path: Path, best: Sequence[Prediction], ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    for rank, prediction in enumerate(best, start=1):
        yield {"image": str(path), "rank": rank, **_facts(prediction, ids)}


def _rows(path: Path, best: Sequence[Prediction]) -> Iterator[tuple[Cell, ...]]:
    for rank, prediction in enumerate(best):
        yield (
            "" if rank else str(path),
            prediction.class_index,
            prediction.label,
            f"{prediction.probability:11.2%}",
            f"{prediction.logit:6.2f}",
        )
