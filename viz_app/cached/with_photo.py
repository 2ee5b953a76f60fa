"""Results that show a photo's pixels: they are kept with the photo, and forgotten with it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from typing import Any, TypeVar

import streamlit as st

from model.preprocess import Photo

Result = TypeVar("Result")
MOST = 48  # results of one photo; new ones replace those that were not used for the longest time


class _Results:
    """The results of one photo by key. Threads can share it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> Any:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Hashable, result: Any) -> None:
        with self._lock:
            self._kept[key] = result
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)


@st.cache_resource(max_entries=32, ttl="30m", show_spinner=False)
def _results(sha256: str) -> _Results:
    return _Results()


def kept_with(photo: Photo, key: Hashable, compute: Callable[[], Result], spinner: str = "") -> Result:
    """Return a result that shows a photo, computed only if it is not kept yet. Nobody may write into it.

    Args:
        key: what the result depends on besides the photo, with a name that no other function uses.
        spinner: what the page shows while it is computed; "" for nothing.
    """
    results = _results(photo.sha256)
    found: Result | None = results.find(key)
    if found is None:
        with st.spinner(spinner) if spinner else nullcontext():
            found = compute()
        results.keep(key, found)
    return found


def forget(photo: Photo) -> None:
    """Drop all results that are kept with a photo."""
    _results.clear(photo.sha256)
