"""The command line: `python -m model ...`.

Every command is a file in `model/cli/` and one line here. Large packages are imported inside the commands, so
that `describe`, `weights list` and `--help` answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from .cli.app import ANY_OPTION, app
from .cli.capture import capture
from .cli.cell import cell
from .cli.check import check
from .cli.describe import describe
from .cli.explain import explain
from .cli.health import health
from .cli.method_options import MethodsCommand
from .cli.methods import methods
from .cli.output import print_error, spell_out_what_cannot_be_encoded
from .cli.own_weights import with_own_weights
from .cli.predict import predict
from .cli.train import train
from .cli.visualize import VisualizeCommand, visualize
from .cli.weights import weights
from .errors import PROGRAM, UserError

BAD_INPUT = 2

cli = typer.Typer(
    help="Look inside AlexNet from the shell: its layers, predictions, activations and explanations.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
cli.command()(describe)
cli.command()(with_own_weights(predict))
cli.command()(with_own_weights(capture))
cli.command(cls=MethodsCommand)(with_own_weights(explain))
cli.command(cls=MethodsCommand)(with_own_weights(check))
cli.command()(methods)
cli.command(cls=VisualizeCommand)(with_own_weights(visualize))
cli.command()(with_own_weights(cell))
cli.command()(with_own_weights(health))
cli.command(context_settings=ANY_OPTION)(app)
cli.add_typer(weights, name="weights")
cli.add_typer(train, name="train")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status: 0, or 2 after an error message on bad input.

    Bugs are not caught: their traceback helps to find them.
    """
    spell_out_what_cannot_be_encoded()
    try:
        status = typer.main.get_command(cli).main(arguments, PROGRAM, standalone_mode=False)
    except typer.TyperException as error:
        print_error(f"{_usage_message(error)} See: {_where_to_look(error)} --help")
        return BAD_INPUT
    except UserError as error:
        print_error(error)
        return BAD_INPUT
    return status or 0


def _usage_message(error: typer.TyperException) -> str:
    # Remove a prefix by Pydantic that means nothing to users.
    message = error.format_message().replace("Value error, ", "")
    return message if message.endswith((".", ")")) else f"{message}."


def _where_to_look(error: typer.TyperException) -> str:
    """Return the command line up to the error, for example `python -m model weights`."""
    context = getattr(error, "ctx", None)
    return context.command_path if context else PROGRAM


if __name__ == "__main__":
    sys.exit(main())
