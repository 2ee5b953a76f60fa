"""The command-line options for attribution methods: method, target, layer and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError
from ..question import Setting

if TYPE_CHECKING:
    from ..attribution import Method as AnyMethod

USUAL = "grad-cam"  # the method of `explain` if none is given
_METHOD = "The attribution method; all methods are listed below."
_TARGET = (
    "The class whose logit is explained: its name, such as tabby, or its number, counted from 0. A part of "
    "the name is enough if it fits one class only. By default the predicted class."
)

Method = Annotated[str, typer.Option(metavar="NAME", help=_METHOD)]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        metavar="NAME",
        help=f"{_METHOD} By default {USUAL}. May be given several times, for a .zip or a folder.",
    ),
]
Layer = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The layer whose feature maps are used, for methods that use a layer. By default the last "
        "convolution after its ReLU: relu5.",
    ),
]
Target = Annotated[str | None, typer.Option(metavar="CLASS", help=_TARGET)]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target", metavar="CLASS", help=f"{_TARGET} May be given several times, for a .zip or a folder."
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A parameter of the method, such as samples=50; may be given several times. If there are "
        "several methods, it is set for all that have it. See the list below.",
    ),
]


class MethodsCommand(typer.core.TyperCommand):
    """A command whose help lists all methods below the options. They are loaded only for the help."""

    def format_epilog(self, ctx, formatter) -> None:
        from ..attribution import METHODS

        with formatter.section("Methods"):
            formatter.write_dl([(method.name, _help(method)) for method in METHODS.values()])


def _help(method) -> str:
    parts = [method.meaning]
    if method.needs_layer:
        parts.append("Uses --layer.")
    if method.parameters:
        limits = (f"{p.name}={p.usual} ({p.allowed})" for p in method.parameters)
        parts.append(f"Parameters: {', '.join(limits)}.")
    return " ".join(parts)


def find_targets(architecture: str, texts: Sequence[str] | None) -> list[int]:
    """Return the indices of the classes that --target names: [281, 7] for ["tabby", "7"].

    A class that is named twice, "tabby" and "281", is contained once.

    Raises:
        UserError: there is no such architecture or class, or a name can mean several classes.
    """
    from ..class_search import find_target
    from ..networks import get_architecture

    return list(dict.fromkeys(find_target(get_architecture(architecture), text) for text in texts or []))


def complete_settings(
    names: Sequence[str], layer: str | None, given: Mapping[str, Setting]
) -> dict[str, Mapping[str, Setting]]:
    """Return the value of every parameter of each method, defaults filled in.

    {"saliency": {}, "smoothgrad": {"samples": 50.0, "noise": 15.0, "seed": 0.0}} for `--set samples=50`.

    Args:
        given: values by parameter. A value is used for every method that has the parameter.

    Raises:
        UserError: there is no such method, a layer was given but no method uses one, no method has a
            parameter that was given, or a value is out of its limits.
    """
    from ..attribution import get_method
    from ..parameters import completed

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
        use = "uses" if len(methods) == 1 else "use"
        raise UserError(f"{names} {use} no layer: leave --layer out, or choose one of: {those}.")


def _check_parameter(methods: Sequence[AnyMethod], name: str) -> None:
    has = {method.name: [parameter.name for parameter in method.parameters] for method in methods}
    if not any(name in parameters for parameters in has.values()):
        of_each = "; ".join(f"{method} has {', '.join(its) or 'none'}" for method, its in has.items())
        raise UserError(f"There is no parameter '{name}' to set: {of_each}.")
