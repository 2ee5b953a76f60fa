"""Long work on threads, so that a page can show its progress and stop it. Nothing here imports Streamlit."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_futures
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

WORKERS = 2  # jobs that run at the same time; PyTorch spreads each over all cores anyway
PATIENCE = 10.0

COMPUTING = ThreadPoolExecutor(WORKERS, "compute")
DOWNLOADING = ThreadPoolExecutor(WORKERS, "download")  # its own pool, since a download needs no core


class StoppedError(Exception):
    """Raised in the work when no session waits for it any more, or by a job that was stopped."""


class Job(Generic[Result]):
    """Work that one or several browser sessions wait for. It runs as long as one of them waits.

    Args:
        work: called with this job, whose `progress` and `show` it calls from time to time.
        pool: the threads that the work runs on.
        patience: a session that has not called `join` for so many seconds no longer waits: its user has
            gone to another page or closed the browser.

    Attributes:
        name: a name that no other job has.
        preview: the intermediate result that the work has shown last, or None.
        notes: what the user should know about how the work was done, such as "on the CPU".
    """

    def __init__(
        self,
        work: Callable[[Job[Result]], Result],
        pool: ThreadPoolExecutor = COMPUTING,
        patience: float = PATIENCE,
    ) -> None:
        self.name = uuid.uuid4().hex
        self._work, self._pool, self._patience = work, pool, patience
        self._future: Future[Result] | None = None
        self._waiting: dict[str, float] = {}
        self._told: set[str] = set()
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._told.clear()
        self.preview: Any = None
        self.notes: list[str] = []
        self._done, self._total, self._since = 0.0, 0, 0.0

    def join(self, who: str) -> None:
        """Note that a session waits for the work; it calls this again as long as it waits.

        Start the work if it has not begun, if it was stopped, or if this session has been told that it
        failed.
        """
        with self._lock:
            self._waiting[who] = time.monotonic()
            if self._future is None or self.was_stopped or who in self._told:
                self._begin()
                self._future = self._pool.submit(self._run)

    def leave(self, who: str) -> None:
        """Note that a session no longer waits. When the last one leaves, the work is stopped."""
        with self._lock:
            self._waiting.pop(who, None)
            if not self._waiting and self._future is not None:
                self._future.cancel()  # work that has begun ends at its next call of `progress`

    def finished_within(self, seconds: float) -> bool:
        """Wait for at most so many seconds, and return whether the work has ended by then."""
        return self._future is not None and bool(wait_for_futures([self._future], seconds).done)

    def result(self, who: str) -> Result:
        """Wait for the work to end and return its result. An error in the work is raised here.

        Raises:
            StoppedError: the work was stopped before it had a result.
        """
        future = self._future
        if future is None or self.was_stopped:
            raise StoppedError
        try:
            return future.result()
        except Exception:
            self._told.add(who)
            raise

    def progress(self, done: float, total: int) -> None:
        """Note that `done` of `total` steps are done; the work calls this at every step.

        Raises:
            StoppedError: no session waits any more.
        """
        now = time.monotonic()
        with self._lock:
            self._waiting = {who: seen for who, seen in self._waiting.items() if now - seen < self._patience}
            if not self._waiting:
                raise StoppedError
            self._done, self._total = done, total

    def show(self, preview: Any) -> None:
        """Keep an intermediate result, which pages show while they wait; called by the work."""
        self.preview = preview

    @property
    def share(self) -> float:
        """Return the share of the work that is done, from 0 to 1."""
        return min(1.0, self._done / self._total) if self._total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Return an estimate from the time taken so far, or None if nothing is done yet."""
        if not self._done or not self._since:
            return None
        return (time.monotonic() - self._since) / self._done * (self._total - self._done)

    @property
    def has_begun(self) -> bool:
        """Return whether the work runs or has run; False while it waits for a free thread."""
        return self._since > 0

    @property
    def was_stopped(self) -> bool:
        """Return whether the work was stopped before it had a result. The next `join` starts it again."""
        future = self._future
        if future is None or not future.done():
            return False
        return future.cancelled() or isinstance(future.exception(), StoppedError)

    def _run(self) -> Result:
        self._since = time.monotonic()
        result = self._work(self)
        self.preview = None
        del self._work  # it never runs again, and it keeps objects such as a photo in memory
        return result
