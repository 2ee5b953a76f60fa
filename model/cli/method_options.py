"""Attribution methods as options of a command: which one, of what, with which settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError

if TYPE_CHECKING:
    from ..attribution import Method as AnyMethod

_METHOD = "How to explain the score; the methods are listed below."
_TARGET = "The class whose logit is explained, counted from 0. By default the predicted one."

Method = Annotated[str, typer.Option(metavar="NAME", help=_METHOD)]
Methods = Annotated[
    list[str] | None,
    typer.Option("--method", metavar="NAME", help=f"{_METHOD} May be given several times, for a .zip."),
]
Layer = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The layer to look at, for methods that look at one. By default the last convolution after its "
        "ReLU: relu5.",
    ),
]
Target = Annotated[int | None, typer.Option(metavar="CLASS_INDEX", help=_TARGET)]
Targets = Annotated[
    list[int] | None,
    typer.Option(
        "--target", metavar="CLASS_INDEX", help=f"{_TARGET} May be given several times, for a .zip."
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A parameter of the method, such as samples=50; may be given several times. Of several methods, "
        "all that have it get it. See the list below.",
    ),
]


class MethodsCommand(typer.core.TyperCommand):
    """Lists the methods under the options; they are only looked up when someone asks."""

    def format_epilog(self, ctx, formatter) -> None:
        from ..attribution import METHODS

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


def complete_settings(
    names: Sequence[str], layer: str | None, given: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """Every parameter's value for each of the methods: those given, the others at their defaults.

    A value goes to every method that has the parameter, as a layer goes to every method that looks at one.

    Raises:
        UserError: there is no such method, no method looks at a layer and one was given, no method has
            a parameter that was given, or a value is out of its limits.
    """
    from ..attribution import get_method
    from ..attribution.base import completed

    methods = [get_method(name) for name in names]
    if layer:
        _check_layer(methods)
    for name in given:
        _check_parameter(methods, name)
    settings = {}
    for method in methods:
        own = {p.name: given[p.name] for p in method.parameters if p.name in given}
        settings[method.name] = completed(method.title, method.parameters, own)
    return settings


def _check_layer(methods: Sequence[AnyMethod]) -> None:
    from ..attribution import METHODS

    if not any(method.needs_layer for method in methods):
        names = " and ".join(method.name for method in methods)
        those = ", ".join(name for name, other in METHODS.items() if other.needs_layer)
        looks = "looks" if len(methods) == 1 else "look"
        raise UserError(f"{names} {looks} at no layer: leave --layer out, or use one of: {those}.")


def _check_parameter(methods: Sequence[AnyMethod], name: str) -> None:
    has = {method.name: [parameter.name for parameter in method.parameters] for method in methods}
    if not any(name in parameters for parameters in has.values()):
        of_each = "; ".join(f"{method} has {', '.join(its) or 'none'}" for method, its in has.items())
        raise UserError(f"There is no parameter '{name}' to set: {of_each}.")
