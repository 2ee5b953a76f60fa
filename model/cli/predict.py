"""`predict`: what the network makes of photos."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model.cli import options
from model.cli.output import Cell, is_folder, print_error, print_json, print_table, progress_bar
from model.errors import UserError
from model.weights.sources import DEFAULT_ARCHITECTURE

if TYPE_CHECKING:
    from model.predict import Prediction

Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="IMAGE_OR_FOLDER",
        help="Photos, or folders of photos. Of a folder, all pictures in it and below it are taken.",
    ),
]
Top = Annotated[
    int, typer.Option(min=1, metavar="N", help="How many classes to show, the most probable first.")
]
TenCrop = Annotated[
    bool,
    typer.Option(
        "--ten-crop",
        help="Average over ten crops as the paper does: the corners, the centre, and their mirror images. "
        "By default only the centre counts.",
    ),
]


def predict(
    paths: Paths,
    architecture: options.Architecture = DEFAULT_ARCHITECTURE,
    weights: options.Weights = None,
    device: options.Device = "auto",
    top: Top = 5,
    ten_crop: TenCrop = False,
    output_format: options.TableOrJson = "table",
) -> None:
    """Name the most probable classes of photos.

    Files that cannot be used are named on standard error, one line each, while the others are still
    predicted; the exit status is 2 then. The logit is the class's score before the softmax.
    """
    problems = Problems()
    files = list(_pictures(paths, problems))
    results = _classify_all(files, architecture, weights, device, top, ten_crop, problems) if files else []
    if output_format == "json":
        print_json([{"image": str(path), "predictions": [asdict(p) for p in best]} for path, best in results])
    elif results:
        header = ("image", "class", "label", "probability", "logit")
        print_table(header, [row for path, best in results for row in _rows(path, best)])
    if problems.count:
        raise typer.Exit(2)


@dataclass
class Problems:
    """Bad inputs, each reported as it is met, so that the work on the good ones goes on."""

    count: int = 0

    @contextmanager
    def reported(self, path: Path) -> Iterator[None]:
        try:
            yield
        except UserError as error:
            self.count += 1
            # Photos of the same name may lie in several folders.
            print_error(error if str(path) in str(error) else f"{path}: {error}")


def _pictures(paths: Iterable[Path], problems: Problems) -> Iterator[Path]:
    for path in paths:
        with problems.reported(path):
            yield from _pictures_in(path) if is_folder(path) else [path]


def _pictures_in(folder: Path) -> list[Path]:
    from model.preprocess import EXTENSIONS

    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    pictures = [
        path
        for path in files
        if path.suffix.lower().lstrip(".") in EXTENSIONS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not pictures:
        raise UserError(
            f"The folder {folder} holds no pictures: no file in it ends in .{', .'.join(EXTENSIONS)}."
        )
    return pictures


def _classify_all(
    files: Sequence[Path],
    architecture: str,
    weights: str | None,
    device: str,
    top: int,
    ten_crop: bool,
    problems: Problems,
) -> list[tuple[Path, list[Prediction]]]:
    from model.cli.network import Network
    from model.cli.photos import read_photo_file
    from model.predict import classify, classify_ten_crop

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


def _rows(path: Path, best: Sequence[Prediction]) -> Iterator[tuple[Cell, ...]]:
    for rank, prediction in enumerate(best):
        yield (
            "" if rank else str(path),
            prediction.class_index,
            prediction.label,
            f"{prediction.probability:11.2%}",
            f"{prediction.logit:6.2f}",
        )
