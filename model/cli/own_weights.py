"""Let every command that takes --weights NAME take a file of weights of any origin as well."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UserError
from ..networks import sources
from .output import print_error

if TYPE_CHECKING:
    from ..own.opening import Asked

Labels = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Names of the classes for --weights FILE: one a line, or JSON from index to name.",
    ),
]
Normalization = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|MEAN/STD",
        help="How pixels are prepared for --weights FILE: imagenet, caffe, zero-to-one, minus-one-to-one, or "
        "mean and standard deviation as torchvision's Normalize takes them, for example "
        "0.5,0.5,0.5/0.25,0.25,0.25.",
    ),
]
ChannelOrder = Annotated[
    str | None,
    typer.Option(metavar="RGB|BGR", help="The order of colours that --weights FILE was trained with."),
]
ResizeTo = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS",
        min=16,
        max=1024,
        help="For --weights FILE: the photo's central square is scaled to this side before the centre is "
        "cut out. By default that of the architecture, for example 256.",
    ),
]
_OPTIONS: dict[str, Any] = {
    "labels": Labels,
    "normalization": Normalization,
    "channel_order": ChannelOrder,
    "resize_to": ResizeTo,
}


def with_own_weights(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command in which --weights may be a file, with the options that say more about such a file.

    The command itself is called with the name of a network, whatever the user gave.
    """
    signature = inspect.signature(command, eval_str=True)
    takes_context = "context" in signature.parameters

    @functools.wraps(command)
    def with_file(
        *,
        context: typer.Context,
        labels: Path | None,
        normalization: str | None,
        channel_order: str | None,
        resize_to: int | None,
        **given: Any,
    ) -> None:
        details = (labels, normalization, channel_order, resize_to)
        if is_file(given["weights"]):
            source = context.get_parameter_source("architecture")
            is_chosen = source is not None and source.name == "COMMANDLINE"
            asked = asked_for(given["architecture"] if is_chosen else None, *details)
            given |= dict.fromkeys(("architecture", "weights"), _open(Path(given["weights"]), asked))
        elif any(one is not None for one in details):
            raise UserError(
                "--labels, --normalization, --channel-order and --resize-to belong to a file of weights: "
                "give it by --weights FILE."
            )
        command(**given, **({"context": context} if takes_context else {}))

    parameters = list(signature.parameters.values())
    if not takes_context:
        parameters = [
            Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
            *parameters,
        ]
    parameters += [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=annotation)
        for name, annotation in _OPTIONS.items()
    ]
    # Typer reads this to find out which options there are.
    with_file.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return with_file


def is_file(weights: str | None) -> bool:
    """Return whether --weights names a file, not one of the known weights."""
    if weights is None or weights in sources():
        return False
    path = Path(weights)
    return path.is_file() or bool(path.suffix) or len(path.parts) > 1


def asked_for(
    architecture: str | None,
    labels: Path | None,
    normalization: str | None,
    channel_order: str | None,
    resize_to: int | None,
) -> Asked:
    """Return what the user says about a file of weights.

    Raises:
        UserError: the names of the classes cannot be read.
    """
    from ..own.labels import read_labels_file
    from ..own.opening import Asked

    names = None if labels is None else read_labels_file(labels)
    return Asked(architecture, names, normalization, channel_order, resize_to)


def _open(path: Path, asked: Asked) -> str:
    """Open a file of weights, and return the name of its network, which this process alone knows."""
    from ..own.opening import open_private, open_weights

    opened = open_weights(path, asked)
    for note in opened.notes:
        print_error(note)
    return open_private(opened)
