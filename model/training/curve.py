"""Draw the learning curve of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def draw(losses: dict[str, list[float]], path: Path) -> None:
    """Draw the loss of every step and its running mean, one panel for each stage."""
    from matplotlib.figure import Figure

    stages = {name: values for name, values in losses.items() if values}
    figure = Figure(figsize=(4.5 * len(stages), 3.2), layout="constrained")
    for axes, (name, values) in zip(
        np.atleast_1d(figure.subplots(1, len(stages))), stages.items(), strict=True
    ):
        steps, width = np.arange(1, len(values) + 1), max(1, len(values) // 50)
        mean = np.convolve(values, np.ones(width) / width, "valid")
        axes.plot(steps, values, color="0.8", linewidth=0.7)
        axes.plot(steps[width - 1 :], mean, color="#31688e")
        axes.set(title=name, xlabel="step", ylabel="loss")
    figure.savefig(path, dpi=150)
