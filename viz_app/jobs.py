"""Long work on a thread of its own, so that pages can show how far it is, and stop it. No Streamlit."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_futures
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

WORKERS = 2  # jobs at once; PyTorch spreads each over all cores anyway
PATIENCE = 10.0

COMPUTING = ThreadPoolExecutor(WORKERS, "compute")
DOWNLOADING = ThreadPoolExecutor(WORKERS, "download")  # apart: waiting for a server keeps no core busy


class StoppedError(Exception):
    """Raised within the work once nobody waits for it any more."""


class Job(Generic[Result]):
    """Work that browser sessions may wait for together; it goes on as long as one of them waits.

    Args:
        work: gets the job, to which it reports by `progress` and `show`.
        pool: whose threads it runs on.
        patience: seconds without a sign of life after which someone counts as gone, as to another page.

    Attributes:
        name: its own.
        preview: what the work has shown last, or None.
        notes: what the user should know of how the work was done.
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
        """Wait for it, or go on waiting; the first to come starts the work, and so does one who has been told
        that it failed.
        """
        with self._lock:
            self._waiting[who] = time.monotonic()
            if self._future is None or self.was_stopped or who in self._told:
                self._begin()
                self._future = self._pool.submit(self._run)

    def leave(self, who: str) -> None:
        """Wait no longer; the last to go stops the work."""
        with self._lock:
            self._waiting.pop(who, None)
            if not self._waiting and self._future is not None:
                self._future.cancel()  # in case it has not begun

    def finished_within(self, seconds: float) -> bool:
        """Whether there is a result, or an error, after at most that time."""
        return self._future is not None and bool(wait_for_futures([self._future], seconds).done)

    def result(self, who: str) -> Result:
        """What the work has found; waits for it. An error of the work is raised here, for all who wait.

        Raises:
            StoppedError: it was stopped before it had found anything.
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
        """Called by the work; `StoppedError` when it may end."""
        now = time.monotonic()
        with self._lock:
            self._waiting = {who: seen for who, seen in self._waiting.items() if now - seen < self._patience}
            if not self._waiting:
                raise StoppedError
            self._done, self._total = done, total

    def show(self, preview: Any) -> None:
        """Called by the work: what it has so far."""
        self.preview = preview

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return min(1.0, self._done / self._total) if self._total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None before anything is done."""
        if not self._done or not self._since:
            return None
        return (time.monotonic() - self._since) / self._done * (self._total - self._done)

    @property
    def has_begun(self) -> bool:
        """False while other jobs come first."""
        return self._since > 0

    @property
    def was_stopped(self) -> bool:
        """Ended without a result; who joins, starts it again."""
        future = self._future
        if future is None or not future.done():
            return False
        return future.cancelled() or isinstance(future.exception(), StoppedError)

    def _run(self) -> Result:
        self._since = time.monotonic()
        found = self._work(self)
        self.preview = None
        del self._work  # with all that it holds, such as a photo; what has a result never runs again
        return found
