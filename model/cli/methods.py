"""The command `methods`: describe the attribution methods, and how each is known to mislead."""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .output import print_json, print_out, print_table

if TYPE_CHECKING:
    from ..attribution import Method, Parameter

Name = Annotated[
    str | None,
    typer.Argument(metavar="[NAME]", help="The method to describe. By default all methods are listed."),
]

WIDEST = 100  # columns: longer lines are hard to read


def methods(name: Name = None, output_format: options.TableOrJson = "table") -> None:
    """List the attribution methods, or describe one of them in full.

    layer: the method uses the feature maps of a layer (`explain --layer`). signed: negative values are
    evidence against the class. class: the heat map is meant to depend on the class, not on the photo alone.
    Parameters are set with `explain --set`.
    """
    from ..attribution import METHODS, get_method

    if name:
        method = get_method(name)
        if output_format == "json":
            print_json(_facts(method) | {"explanation": method.explanation})
        else:
            print_out(documentation(method))
    elif output_format == "json":
        print_json([_facts(method) for method in METHODS.values()])
    else:
        header = ("name", "title", "layer", "signed", "class", "cost", "parameters")
        print_table(header, [_row(method) for method in METHODS.values()])


def _row(method: Method) -> tuple[str, ...]:
    marks = (method.needs_layer, method.signed, method.class_discriminative)
    parameters = ", ".join(f"{p.name}={p.usual}" for p in method.parameters)
    return (method.name, method.title, *("yes" if mark else "no" for mark in marks), method.cost, parameters)


def _facts(method: Method) -> dict[str, Any]:
    return {
        "name": method.name,
        "title": method.title,
        "meaning": method.meaning,
        "formula": method.formula,
        "paper": method.paper,
        "caveat": method.caveat,
        "needs_layer": method.needs_layer,
        "signed": method.signed,
        "class_discriminative": method.class_discriminative,
        "cost": method.cost,
        "parameters": [asdict(p) | {"default": p.default} for p in method.parameters],
    }


def documentation(method: Method) -> str:
    """Return a full description of a method as plain text for the terminal; the formula is in LaTeX."""
    parts = [
        f"{method.title} ({method.name})",
        _wrapped(method.meaning),
        f"  {method.formula}",
        *(_wrapped(paragraph.replace("*", "")) for paragraph in method.explanation.split("\n\n")),
        _wrapped(f"Caution: {method.caveat}"),
        _wrapped(f"Paper: {method.paper}"),
    ]
    if method.parameters:
        parts.append("\n".join(["Parameters, for explain --set NAME=VALUE:", *map(_line, method.parameters)]))
    return "\n\n".join(parts)


def _line(parameter: Parameter) -> str:
    return f"  {parameter.name}  {parameter.title} ({parameter.allowed}, by default {parameter.usual})"


def _wrapped(paragraph: str) -> str:
    width = min(shutil.get_terminal_size().columns, WIDEST)
    return textwrap.fill(" ".join(paragraph.split()), width, break_long_words=False, break_on_hyphens=False)
