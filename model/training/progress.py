"""One line of progress with the time left, on standard error."""

from __future__ import annotations

import math
import sys
import time


class TimeIsUpError(Exception):
    """The run has had the minutes that it was given; what it has done is kept."""


class Progress:
    """Counts from `start`, so that a resumed run does not believe that it is quicker than it is.

    Attributes:
        stop_at: when this process should stop, on the clock of `time.monotonic`.
    """

    stop_at = math.inf

    def __init__(self, name: str, total: int, start: int = 0) -> None:
        self.name, self.total, self.start = name, total, start
        self.began = self.shown = time.monotonic()

    def show(self, done: int, note: str = "") -> None:
        """Print at most once a second.

        Raises:
            TimeIsUpError: the time is over and something is left to do.
        """
        now = time.monotonic()
        if now >= self.stop_at and done < self.total:
            raise TimeIsUpError
        if now - self.shown < 1.0 and done < self.total:
            return
        self.shown = now
        left = (now - self.began) / max(1, done - self.start) * (self.total - done)
        line = f"{self.name} {done}/{self.total}, {left / 60:.1f} min left {note}"
        print(line, file=sys.stderr, flush=True)
