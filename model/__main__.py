"""The command line: `python -m model ...`, the same functions as the page's, for the shell.

Every command is a file in `model/cli/` and one line here. Heavy packages are imported inside the
commands, so that `describe`, `weights list` and `--help` answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from model.cli.capture import capture
from model.cli.cell import cell
from model.cli.check import check
from model.cli.describe import describe
from model.cli.explain import explain
from model.cli.health import health
from model.cli.method_options import MethodsCommand
from model.cli.methods import methods
from model.cli.output import print_error, spell_out_what_cannot_be_encoded
from model.cli.predict import predict
from model.cli.train import train
from model.cli.visualize import VisualizeCommand, visualize
from model.cli.weights import weights
from model.errors import UserError

PROGRAM = "python -m model"
BAD_INPUT = 2

app = typer.Typer(
    help="Look inside AlexNet from the shell: its layers, predictions, activations and explanations.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(describe)
app.command()(predict)
app.command()(capture)
app.command(cls=MethodsCommand)(explain)
app.command(cls=MethodsCommand)(check)
app.command()(methods)
app.command(cls=VisualizeCommand)(visualize)
app.command()(cell)
app.command()(health)
app.add_typer(weights, name="weights")
app.add_typer(train, name="train")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and give its exit status: 0, or 2 after one line on bad input.

    Programming errors are not caught: their traceback is what finds them.
    """
    spell_out_what_cannot_be_encoded()
    try:
        status = typer.main.get_command(app).main(arguments, PROGRAM, standalone_mode=False)
    except typer.TyperException as error:
        print_error(f"{_usage_message(error)} See: {_where_to_look(error)} --help")
        return BAD_INPUT
    except UserError as error:
        print_error(error)
        return BAD_INPUT
    return status or 0


def _usage_message(error: typer.TyperException) -> str:
    message = error.format_message().replace("Value error, ", "")  # Pydantic's words, not the user's
    return message if message.endswith((".", ")")) else f"{message}."


def _where_to_look(error: typer.TyperException) -> str:
    """The command line so far, for example `python -m model weights`."""
    context = getattr(error, "ctx", None)
    return context.command_path if context else PROGRAM


if __name__ == "__main__":
    sys.exit(main())
