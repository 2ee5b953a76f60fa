"""`explain`: what in a photo speaks for a class, as a picture or as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model.cli import options
from model.cli.output import check_output_path, print_error, print_out, whole_file
from model.errors import UserError
from model.weights.sources import DEFAULT_ARCHITECTURE

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.attribution import Attribution
    from model.preprocess import Photo

Method = Annotated[
    str, typer.Option(metavar="NAME", help="How to explain the score; the methods are listed below.")
]
Layer = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The layer to look at, for methods that look at one. By default the last convolution after its "
        "ReLU: relu5.",
    ),
]
Target = Annotated[
    int | None,
    typer.Option(
        metavar="CLASS_INDEX",
        help="The class whose logit is explained, counted from 0. By default the predicted one.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A parameter of the method, such as samples=50; may be given several times. See the list below.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        metavar="FILE.png|FILE.npy",
        help="The file to write; an old one is replaced. A .png shows the map over the crop that the network "
        "sees; a .npy holds it as float32 numbers, one for each pixel of that crop.",
    ),
]


class ExplainCommand(typer.core.TyperCommand):
    """Lists the methods under the options; they are only looked up when someone asks."""

    def format_epilog(self, ctx, formatter) -> None:
        from model.attribution import METHODS

        with formatter.section("Methods"):
            formatter.write_dl([(method.name, _help(method)) for method in METHODS.values()])


def _help(method) -> str:
    parts = [method.meaning]
    if method.needs_layer:
        parts.append("Looks at --layer.")
    if method.parameters:
        limits = (f"{p.name}={p.default:g} ({p.low:g} to {p.high:g})" for p in method.parameters)
        parts.append(f"Parameters: {', '.join(limits)}.")
    return " ".join(parts)


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
    _check_method(method, layer)
    values = _values(settings or [])

    from model.cli.network import Network
    from model.cli.photos import read_photo_file

    photo = read_photo_file(image)
    network = Network(architecture, weights, device)
    attribution = network.run(lambda model: _explain(model, photo, method, target, layer, values))
    _write(out, attribution, photo, network.model)
    _report(out, attribution, network.model)


def _check_method(method: str, layer: str | None) -> None:
    from model.attribution import METHODS, get_method

    if layer and not get_method(method).needs_layer:
        those = ", ".join(name for name, other in METHODS.items() if other.needs_layer)
        raise UserError(f"{method} looks at no layer: leave --layer out, or use one of: {those}.")


def _values(settings: list[str]) -> dict[str, float]:
    """NAME=VALUE, as given, as numbers by name."""
    values = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        try:
            values[name.strip()] = float(value)
        except ValueError:
            raise UserError(f"--set takes NAME=NUMBER, for example samples=50, not '{setting}'.") from None
    return values


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
