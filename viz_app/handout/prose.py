"""Markdown and formulas as HTML, and the templates that they are put into."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from latex2mathml import exceptions
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin

# What a converter of formulas stumbles over is a teacher's typing error, and is shown as it was typed.
_BAD_FORMULA: tuple[type[Exception], ...] = (
    *(f for f in vars(exceptions).values() if isinstance(f, type) and issubclass(f, Exception)),
    ArithmeticError,
    LookupError,
    RecursionError,
    ValueError,
)


def formula(latex: str, *, is_block: bool = False) -> Markup:
    """Return a formula as MathML, or as it was typed if it cannot be understood."""
    try:
        return Markup(convert(latex, display="block" if is_block else "inline"))
    except _BAD_FORMULA:
        return Markup("<code>{}</code>").format(latex)


def markdown(text: str) -> Markup:
    """Return Markdown as HTML. HTML in it is shown as text; pictures, which would be fetched, are links."""
    return Markup(_parser().render(text))


def data_uri(png: bytes) -> str:
    """Return a PNG as an address that contains it, "data:image/png;base64,..."."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def page(template: str, **content: object) -> str:
    """Return an HTML file, made from one of the templates beside this module."""
    return _templates().get_template(template).render(**content)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    return parser.use(
        dollarmath_plugin,
        allow_space=False,  # "5 $ and 6 $" is money
        allow_digits=False,
        renderer=lambda latex, options: formula(latex, is_block=options["display_mode"]),
    )


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"markdown": markdown, "formula": formula, "data_uri": data_uri, "number": _number}
    return environment


def _number(value: int) -> Markup:
    """Return a number with thin spaces between thousands, which no printer breaks: 60 965 224."""
    return Markup(f"{value:,}".replace(",", "&#8239;"))


__all__ = ["data_uri", "escape", "formula", "markdown", "page"]
