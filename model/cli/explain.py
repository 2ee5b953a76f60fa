"""`explain`: what in a photo speaks for a class, as a picture or as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model.cli import options
from model.cli.methods import Layer, Method, Settings, Target, check_method, numbers
from model.cli.output import check_output_path, print_error, print_out, whole_file
from model.weights.sources import DEFAULT_ARCHITECTURE

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.attribution import Attribution
    from model.preprocess import Photo

Out = Annotated[
    Path,
    typer.Option(
        metavar="FILE.png|FILE.npy",
        help="The file to write; an old one is replaced. A .png shows the map over the crop that the network "
        "sees; a .npy holds it as float32 numbers, one for each pixel of that crop.",
    ),
]


def explain(
    image: options.Image,
    method: Method,
    out: Out,
    layer: Layer = None,
    target: Target = None,
    settings: Settings = None,
    architecture: options.Architecture = DEFAULT_ARCHITECTURE,
    weights: options.Weights = None,
    device: options.Device = "auto",
) -> None:
    """Show which parts of a photo speak for a class.

    In a .png the map is divided by its largest magnitude and coloured with viridis, yellow for the most
    evidence; maps with a sign go from blue (against the class) over white to red (for it).
    """
    check_output_path(out, [".png", ".npy"])
    check_method(method, layer)
    values = numbers(settings or [])

    from model.cli.network import Network
    from model.cli.photos import read_photo_file

    photo = read_photo_file(image)
    network = Network(architecture, weights, device)
    attribution = network.run(lambda model: _explain(model, photo, method, target, layer, values))
    _write(out, attribution, photo, network.model)
    _report(out, attribution, network.model)


def _explain(
    model: AlexNet,
    photo: Photo,
    method: str,
    target: int | None,
    layer: str | None,
    values: dict[str, float],
) -> Attribution:
    from model.attribution import explain as explain_class
    from model.predict import classify

    if target is None:
        target = int(classify(model, photo).ranking[0])
    return explain_class(model, model.prepare(photo), method, target, layer, values)


def _write(out: Path, attribution: Attribution, photo: Photo, model: AlexNet) -> None:
    import numpy as np
    from PIL import Image

    from model.overlay import overlay
    from model.preprocess import network_crop

    with whole_file(out) as stream:
        if out.suffix.lower() == ".npy":
            np.save(stream, attribution.heatmap)
        else:
            crop = network_crop(photo, model.architecture)
            picture = overlay(crop, attribution.normalized, signed=attribution.method.signed)
            Image.fromarray(picture).save(stream, format="PNG")


def _report(out: Path, attribution: Attribution, model: AlexNet) -> None:
    from model.predict import class_names

    label = class_names(model.architecture.classes)[attribution.target]
    place = f" of {attribution.layer}" if attribution.layer else ""
    print_out(
        f"{out} holds {attribution.method.title}{place} for class {attribution.target}, {label}, "
        f"whose logit is {attribution.logit:.2f}."
    )
    if not attribution.has_evidence:
        print_error(f"There is no positive evidence for {label}: the map is zero everywhere.")
