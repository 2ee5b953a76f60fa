"""Keep photos and choices for a limited time, for links to shared photos and for tabs that are reloaded.

Everything that the app keeps outside a browser session is in a `Store`. `MemoryStore` keeps it in this
process, never on disk; another implementation could share it between processes. Nothing here imports
Streamlit.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from viz_app.settings import settings


@cache
def store() -> Store:
    """Return the store of this process, with the size and time of `settings`."""
    bounds = settings()
    return MemoryStore(bounds.store_megabytes * 2**20, bounds.store_hours * 3600)


class Store(Protocol):
    """Keeps bytes by key for a limited time."""

    def put(self, key: str, value: bytes) -> None:
        """Keep a value, in place of an earlier one with the same key."""

    def get(self, key: str) -> bytes | None:
        """Return the value; None if it was never kept, was dropped, or is too old."""

    def forget(self, key: str) -> None:
        """Drop the value, if there is one."""


def new_key() -> str:
    """Return a key that nobody can guess: 128 random bits, in characters that an address can contain."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class _Kept:
    value: bytes
    since: float


class MemoryStore:
    """A `Store` in this process's memory, with limited size and time. Threads can share it.

    For example, `MemoryStore(most_bytes=100, seconds=60)` keeps two values of 50 bytes: a third one replaces
    the older of the two, and after a minute all are dropped.

    Args:
        most_bytes: largest size of all values together. New values replace the oldest, and a value that is
            larger than this is not kept.
        seconds: how long a value is kept.
        clock: returns the time in seconds.
    """

    def __init__(self, most_bytes: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most_bytes, seconds, clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()  # the oldest first
        self._bytes = 0
        self._lock = threading.Lock()

    def put(self, key: str, value: bytes) -> None:
        with self._lock:
            self._drop(key)
            if len(value) > self._most:
                return
            self._drop_old()
            while self._bytes + len(value) > self._most:
                self._drop(next(iter(self._kept)))
            self._kept[key] = _Kept(value, self._clock())
            self._bytes += len(value)

    def get(self, key: str) -> bytes | None:
        with self._lock:
            self._drop_old()
            kept = self._kept.get(key)
            return kept.value if kept else None

    def forget(self, key: str) -> None:
        with self._lock:
            self._drop(key)

    def __len__(self) -> int:
        with self._lock:
            self._drop_old()
            return len(self._kept)

    def _drop(self, key: str) -> None:
        kept = self._kept.pop(key, None)
        self._bytes -= len(kept.value) if kept else 0

    def _drop_old(self) -> None:
        end = self._clock() - self._seconds
        while self._kept and next(iter(self._kept.values())).since <= end:
            self._drop(next(iter(self._kept)))
