"""Print progress and the time left on standard error."""

from __future__ import annotations

import math
import sys
import time


class TimeIsUpError(Exception):
    """Raised when the time given to a run is over. All that has been done is stored."""


class Progress:
    """A line of progress.

    Args:
        start: how much an earlier run has done; it does not count for the speed.

    Attributes:
        stop_at: when this process should stop, on the clock of `time.monotonic`.
    """

    stop_at = math.inf

    def __init__(self, name: str, total: int, start: int = 0) -> None:
        self.name, self.total, self.start = name, total, start
        self.began = self.shown = time.monotonic()

    def show(self, done: int, note: str = "") -> None:
        """Print the progress, at most once a second.

        Raises:
            TimeIsUpError: the time is over and the work is not done.
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
