"""Print how long functions of this project take compared with other libraries.

    python -m benchmarks.ratios [--rounds 15] [--threads N] [--only WORD]

A ratio below 1 means that we are faster. Both functions run in turn (A B A B ...), so that a machine that
gets slower affects both alike. The ratio is that of the medians.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import statistics
import time
from pathlib import Path

import torch

from benchmarks.comparisons import Comparison, Run, comparisons

WARM_UP_ROUNDS = 3


def seconds(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def time_in_turn(ours: Run, peer: Run, rounds: int) -> tuple[float, float]:
    """Return the median time of each function in seconds."""
    warm_up = min(WARM_UP_ROUNDS, rounds // 2)
    times = [(seconds(ours), seconds(peer)) for _ in range(warm_up + rounds)][warm_up:]
    first, second = zip(*times, strict=True)
    return statistics.median(first), statistics.median(second)


def machine() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    cpu = next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.processor())
    packages = ("torch", "torchvision", "captum", "torchcam", "grad-cam", "torchinfo")
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{package} not installed")
    threads = f"{torch.get_num_threads()} threads of {os.cpu_count()}"
    return f"{cpu}, {threads}, Python {platform.python_version()}\n{', '.join(versions)}"


def wanted(row: Comparison) -> str:
    if row.limit is not None:
        return f"{row.limit:g} s"
    return "" if row.target is None else f"{row.target:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15, help="fewer where one takes seconds")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only", default="", metavar="WORD", help="rows with this word")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(machine())
    print(f"{'what':24}{'against':24}{'ours':>13}{'theirs':>13}{'ratio':>8}{'target':>8}")
    for row in comparisons():
        if options.only not in row.what:
            continue
        line = f"{row.what:24}{row.against:24}"
        if row.peer is None:
            print(f"{line}not installed")
            continue
        ours, theirs = time_in_turn(row.ours, row.peer, min(options.rounds, row.rounds))
        print(
            f"{line}{ours * 1e3:10.2f} ms{theirs * 1e3:10.2f} ms{ours / theirs:8.3f}{wanted(row):>8}",
            flush=True,
        )


if __name__ == "__main__":
    main()
