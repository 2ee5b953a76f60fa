"""Compute heat maps, write them to files, and compute those of an earlier file again.

This module imports PyTorch: import it only when it is needed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from ..alexnet import AlexNet
from ..attribution import Attribution, answer, archive, explain
from ..attribution.archive import Archive, Explained, Recorded
from ..attribution.picture import over_photo
from ..predict import classify, labels
from ..preprocess import Photo
from ..question import Setting
from .destination import Wanted
from .network import Network
from .output import print_out, whole_file
from .photos import read_photo_file
from .pictures import Problems
from .whole_photo import over_whole_photo


def label(network: Network, target: int) -> str:
    return labels(network.alexnet.architecture)[target]


def compute(
    wanted: Sequence[Wanted],
    layer: str | None,
    settings: Mapping[str, Mapping[str, Setting]],
    network: Network,
    problems: Problems,
    progress: Callable[[float, int], None],
) -> Iterator[tuple[int, Explained]]:
    """Yield each heat map with its position in `wanted`. Those of a photo that cannot be read are left out.

    Args:
        wanted: heat maps of the same photo stand side by side, so that each photo is read once.
        settings: the parameters of each method.
        progress: is called with the number of heat maps that are done, and of all.
    """
    position = 0
    for file, of_photo in itertools.groupby(wanted, key=lambda one: one.file):
        photo = None
        with problems.reported(file):
            photo = read_photo_file(file)
        for one in of_photo:
            if photo is not None:
                found = network.run(partial(_computed, photo, one, layer, settings[one.method]))
                yield position, Explained(photo, found, label(network, found.question.target))
            position += 1
            progress(position, len(wanted))


def _computed(
    photo: Photo, one: Wanted, layer: str | None, settings: Mapping[str, Setting], alexnet: AlexNet
) -> Attribution:
    target = int(classify(alexnet, photo).ranking[0]) if one.target is None else one.target
    return explain(alexnet, alexnet.prepare(photo), one.method, target, layer, settings)


def write(
    out: Path, explained: Sequence[Explained], network: Network, size: int | None, *, whole: bool = False
) -> None:
    """Write a picture (.png), numbers (.npy) or an archive (.zip), as the ending of the file's name says.

    Args:
        size: the side of pictures, or None for the usual one.
        whole: draw the heat map over the whole photo, in the photo's size. Only for a picture.
    """
    first, architecture = explained[0], network.alexnet.architecture
    with whole_file(out) as stream:
        if out.suffix.lower() == ".zip":
            side = size or archive.PICTURE_SIDE
            archive.write(stream, architecture.name, network.weights, explained, side)
        elif out.suffix.lower() == ".npy":
            np.save(stream, first.attribution.heatmap)
        else:
            if whole:
                picture = over_whole_photo(first.photo, architecture, first.attribution)
            else:
                picture = over_photo(first.photo, architecture, first.attribution, side=size)
            Image.fromarray(picture).save(stream, format="PNG")


def explain_again(earlier: Archive, device: str) -> tuple[Network, list[Explained]]:
    """Compute an archive's heat maps again, and print how far each differs from the one in the archive."""
    network, explained = Network(earlier.architecture, earlier.weights, device), []
    for item in earlier.recorded:
        found = network.run(partial(_made_again, item))
        explained.append(Explained(item.photo, found, label(network, item.question.target)))
        print_out(f"{found.method.title} for {explained[-1].label}: {_agreement(item, found.values)}")
    return network, explained


def _made_again(item: Recorded, alexnet: AlexNet) -> Attribution:
    return answer(alexnet, alexnet.prepare(item.photo), item.question)


def _agreement(item: Recorded, values: np.ndarray) -> str:
    if item.values is None or item.values.shape != values.shape:
        return "computed again; the file contains no heat map to compare it with."
    difference = float(np.abs(values - item.values).max())
    share = difference / (float(np.abs(item.values).max()) or 1.0)
    if share == 0:
        return "exactly the same heat map."
    return f"the same heat map within {share:.1g} of its largest value."
