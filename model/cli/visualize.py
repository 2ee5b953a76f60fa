"""The command `visualize`: make a picture that excites a channel, a unit or a class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError
from ..weights.sources import DEFAULT_ARCHITECTURE
from . import options
from .output import check_output_path, print_out, progress_bar, whole_file

if TYPE_CHECKING:
    from ..alexnet import AlexNet
    from ..feature_visualization import Visualization

Out = Annotated[
    Path,
    typer.Option(
        metavar="FILE.png",
        help="The picture to write, as large as the network's input; an old one is replaced.",
    ),
]
Layer = Annotated[
    str | None, typer.Option(metavar="NAME", help="The layer, for example conv5 or fc6. Needs --channel.")
]
Channel = Annotated[
    int | None,
    typer.Option(metavar="N", help="The channel, or the unit of a layer without channels, counted from 0."),
]
Target = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS",
        help="A class whose logit is raised, by name or by number, counted from 0; instead of --layer and "
        "--channel.",
    ),
]
Place = Annotated[
    str,
    typer.Option(
        metavar="mean|centre",
        help="mean raises the mean of a channel's positive activations. centre raises only the activation in "
        "the centre; then only the pixels in its receptive field are written.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A parameter, such as steps=300; may be given several times. See the list below.",
    ),
]


class VisualizeCommand(typer.core.TyperCommand):
    """A command whose help lists the parameters below the options. They are loaded only for the help."""

    def format_epilog(self, ctx, formatter) -> None:
        from ..feature_visualization import PARAMETERS

        with formatter.section("Parameters"):
            formatter.write_dl(
                [(p.name, f"{p.title}. {p.default:g} ({p.low:g} to {p.high:g}).") for p in PARAMETERS]
            )


def visualize(
    out: Out,
    layer: Layer = None,
    channel: Channel = None,
    target: Target = None,
    place: Place = "mean",
    settings: Settings = None,
    architecture: options.Architecture = DEFAULT_ARCHITECTURE,
    weights: options.Weights = None,
    device: options.Device = "auto",
) -> None:
    """Make a picture that excites a channel, a unit or a class as much as possible, starting from noise.

    The same settings give the same picture; seed=1, seed=2 and so on give other ones.
    """
    check_output_path(out, [".png"])
    values = options.settings_by_name(settings, "steps=300")
    layer, channel = _goal(architecture, layer, channel, target)

    from ..feature_visualization import visualize as climb
    from .network import Network

    network = Network(architecture, weights, device)
    with progress_bar(f"{layer} {channel}") as progress:
        found = network.run(
            lambda alexnet: climb(alexnet, layer, channel, place, values, progress)  # type: ignore[arg-type]
        )
    _write(out, found)
    _report(out, found, network.alexnet)


def _goal(architecture: str, layer: str | None, channel: int | None, target: str | None) -> tuple[str, int]:
    """Return layer and channel; for a target, the logit layer and the target.

    Raises:
        UserError: neither or both were given, or the target names no class or several.
    """
    from ..class_search import find_target
    from ..networks import get_architecture

    if target is not None:
        if layer is not None or channel is not None:
            raise UserError("Give either --target or --layer and --channel, not both.")
        data = get_architecture(architecture)
        return data.logits_layer, find_target(data, target)
    if layer is None or channel is None:
        raise UserError("Say what to visualize: --layer and --channel, or --target for a class.")
    return layer, channel


def _write(out: Path, found: Visualization) -> None:
    from PIL import Image

    with whole_file(out) as stream:
        Image.fromarray(found.visible).save(stream, format="PNG")


def _report(out: Path, found: Visualization, alexnet: AlexNet) -> None:
    from ..predict import labels

    if found.layer == alexnet.architecture.logits_layer:
        label = labels(alexnet.architecture)[found.channel]
        what = f"class {found.channel}, {label}: the logit went"
    else:
        what = f"{found.name}: the activation went"
    print_out(f"{out} contains a picture for {what} from {found.start:.2f} to {found.end:.2f}.")
