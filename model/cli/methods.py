"""`methods`: what each attribution method does, and how it is known to mislead."""

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
    typer.Argument(metavar="[NAME]", help="The method to read about. By default all are listed."),
]

WIDEST = 100  # columns: longer lines are hard to read


def methods(name: Name = None, output_format: options.TableOrJson = "table") -> None:
    """List the ways to explain a class score, or print the documentation of one.

    layer: looks at a layer (`explain --layer`). signed: values below zero mean something. class: the map
    is meant to depend on the class, not on the picture alone. Parameters are given to `explain --set`.
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
    parameters = ", ".join(f"{p.name}={p.default:g}" for p in method.parameters)
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
        "parameters": [asdict(parameter) for parameter in method.parameters],
    }


def documentation(method: Method) -> str:
    """Everything about a method as plain text, as wide as the terminal; the formula in LaTeX."""
    parts = [
        f"{method.title} ({method.name})",
        _wrapped(method.meaning),
        f"  {method.formula}",
        *(_wrapped(paragraph.replace("*", "")) for paragraph in method.explanation.split("\n\n")),
        _wrapped(f"Mind: {method.caveat}"),
        _wrapped(f"Paper: {method.paper}"),
    ]
    if method.parameters:
        parts.append("\n".join(["Parameters, for explain --set NAME=VALUE:", *map(_line, method.parameters)]))
    return "\n\n".join(parts)


def _line(parameter: Parameter) -> str:
    limits = f"from {parameter.low:g} to {parameter.high:g}, usually {parameter.default:g}"
    return f"  {parameter.name}  {parameter.title} ({limits})"


def _wrapped(paragraph: str) -> str:
    width = min(shutil.get_terminal_size().columns, WIDEST)
    return textwrap.fill(" ".join(paragraph.split()), width, break_long_words=False, break_on_hyphens=False)
