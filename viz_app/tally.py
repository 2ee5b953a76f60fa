"""Count what visitors predict about claims, in this process's memory. Nothing here imports Streamlit."""

from __future__ import annotations

import threading
from collections import Counter
from functools import cache


@cache
def tally() -> Tally:
    """Return the counts of this process; they begin anew when the app is started."""
    return Tally()


class Tally:
    """How many visitors have predicted what about each claim. Threads can share it."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._lock = threading.Lock()

    def add(self, claim: str, answer: str) -> None:
        """Count a visitor's first prediction about a claim."""
        with self._lock:
            self._counts.setdefault(claim, Counter())[answer] += 1

    def counts(self, claim: str) -> Counter[str]:
        """Return how often each answer was predicted."""
        with self._lock:
            return Counter(self._counts.get(claim, ()))
