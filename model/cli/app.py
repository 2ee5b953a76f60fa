"""`app`: the browser app, from any folder."""

from __future__ import annotations

import subprocess
import sys

import typer

from ..assets import ROOT
from ..errors import UserError

ANY_OPTION = {"allow_extra_args": True, "ignore_unknown_options": True}


def app(context: typer.Context) -> None:
    """Open the app in a browser. Options go to Streamlit: app --server.port 8600."""
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *context.args]
    try:
        status = subprocess.call(command)
    except KeyboardInterrupt:  # how a server is stopped
        status = 0
    if status:
        raise UserError("Streamlit could not start the app: its own message is above.")
