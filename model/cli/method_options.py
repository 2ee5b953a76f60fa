"""Attribution methods as options of a command: which one, of what, with which settings."""

from __future__ import annotations

from typing import Annotated

import typer

from model.errors import UserError

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


class MethodsCommand(typer.core.TyperCommand):
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


def check_method(method: str, layer: str | None) -> None:
    """See to it that a layer is only given to a method that looks at one.

    Raises:
        UserError: there is no such method, or it looks at no layer and one was given.
    """
    from model.attribution import METHODS, get_method

    if layer and not get_method(method).needs_layer:
        those = ", ".join(name for name, other in METHODS.items() if other.needs_layer)
        raise UserError(f"{method} looks at no layer: leave --layer out, or use one of: {those}.")
