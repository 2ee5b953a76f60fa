"""The command `app`: open the browser app, from any folder."""

from __future__ import annotations

import signal
import subprocess
import sys

import typer

from ..assets import ROOT
from ..errors import UserError

ANY_OPTION = {"allow_extra_args": True, "ignore_unknown_options": True}


def app(context: typer.Context) -> None:
    """Open the app in a browser. All options are passed to Streamlit: app --server.port 8600."""
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *context.args]
    with subprocess.Popen(command) as streamlit:
        # Whatever stops this process, such as a service manager, must not leave Streamlit behind.
        signal.signal(signal.SIGTERM, lambda *_: streamlit.terminate())
        try:
            status = streamlit.wait()
        except KeyboardInterrupt:  # Ctrl+C is how the user stops the app
            status = 0
    if status not in (0, -signal.SIGTERM):
        raise UserError("Streamlit could not start the app. Its message is above.")
