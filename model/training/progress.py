"""One line of progress with the time left, on standard error."""

from __future__ import annotations

import sys
import time


class Progress:
    """Counts from `start`, so that a resumed run does not believe that it is quicker than it is."""

    def __init__(self, name: str, total: int, start: int = 0) -> None:
        self.name, self.total, self.start = name, total, start
        self.began = self.shown = time.monotonic()

    def show(self, done: int, note: str = "") -> None:
        """At most once a second."""
        now = time.monotonic()
        if now - self.shown < 1.0 and done < self.total:
            return
        self.shown = now
        left = (now - self.began) / max(1, done - self.start) * (self.total - done)
        line = f"{self.name} {done}/{self.total}, {left / 60:.1f} min left {note}"
        print(line, file=sys.stderr, flush=True)
