"""Find a free port for the app, and wait until the app answers."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
import urllib.request

from .patience import patience


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(address: str, server: subprocess.Popen) -> bool:
    """Wait until the app at an address answers. Return False if its process ends before."""
    end = time.monotonic() + patience()
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=patience()):
                return True
        except OSError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.2)
    return False
