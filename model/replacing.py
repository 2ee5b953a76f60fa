"""Write a file so that it is never half a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a name for a new file, which takes the place of `path` in one step when the block ends.

    So a kill at any moment, or an error in the block, leaves the old file or the new one.
    """
    partial = path.with_name(f"{path.name}.partial")
    yield partial
    partial.replace(path)
