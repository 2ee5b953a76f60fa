"""Find the address under which other machines in the room reach this app. Nothing here imports Streamlit."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit, urlunsplit


def lan_address() -> str | None:
    """Return this machine's address in the local network; None if there is no network."""
    # Connecting a UDP socket sends nothing: the system only chooses the address that it would send from. The
    # first target, an address reserved for documentation, has the default route. The others are for networks
    # without one.
    for target in ("192.0.2.1", "10.255.255.255", "192.168.255.255", "172.31.255.255"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((target, 9))
            except OSError:
                continue
            found = probe.getsockname()[0]
        if not _is_only_here(found):
            return found
    return None


def base_address(url: str, base_path: str = "", own: Callable[[], str | None] = lan_address) -> str | None:
    """Return the app's address for others: "http://192.168.1.7:8501/"; None if there is no network.

    Args:
        url: address of the app in the teacher's browser. It is right for others, too, unless it is a name
            like localhost, which every machine has for itself.
        base_path: path under which the app is served, Streamlit's `server.baseUrlPath`.
        own: returns this machine's address in the local network.
    """
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    netloc = parts.netloc
    if _is_only_here(host):
        found = own()
        if found is None:
            return None
        netloc = f"{found}:{parts.port}" if parts.port else found
    path = f"/{base_path.strip('/')}/" if base_path.strip("/") else "/"
    return urlunsplit((parts.scheme or "http", netloc, path, "", ""))


def class_address(base: str, code: str) -> str:
    """Return the address that students open: "http://192.168.1.7:8501/?class=BCDF"."""
    base = base.strip().rstrip("/")
    if "://" not in base:  # people often leave out http://
        base = f"http://{base}"
    return f"{base}/?{urlencode({'class': code})}"


def _is_only_here(host: str) -> bool:
    """Return whether a name means the machine itself: "localhost", "127.0.0.1", "::1" or "0.0.0.0"."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified
