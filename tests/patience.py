"""How long tests wait for a result. Other work may share the machine, so only what hangs should fail."""

from __future__ import annotations

import os

# On a machine without other work. With PATIENCE=10 a test that you are writing fails sooner.
SECONDS = float(os.environ.get("PATIENCE", "120"))


def patience() -> float:
    """Return the seconds to wait: two minutes, and more in proportion if other work shares the cores.

    With ten other programs on two cores: (10 + 2) / 2 * 120 = 720.
    """
    if not hasattr(os, "getloadavg"):  # Windows
        return SECONDS
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return SECONDS * max(1.0, os.getloadavg()[0] / cores)
