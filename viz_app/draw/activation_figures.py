"""Charts of small arrays with every number written out: a patch of the input, a kernel, their products."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from viz_app.draw import colours
from viz_app.draw.figures import VALUE_ON_HOVER, bare


def power_of_ten(values: np.ndarray) -> int:
    """Return the power of ten to take out of all values: 0.0032 -> -3, 45000 -> 4.

    Return 0 where the largest magnitude is between 1 and 1000: such numbers are easy to read as they are.
    """
    top = float(np.abs(values).max())
    power = math.floor(math.log10(top)) if top else 0
    return 0 if 0 <= power <= 2 else power


def numbers(panels: Sequence[tuple[str, np.ndarray]], height: int) -> go.Figure:
    """Draw arrays side by side with every number written out, each array on a colour scale of its own.

    Args:
        panels: a title and a float [h, w] for each array. A power of ten that all its numbers share is
            written into the title.
    """
    powers = [power_of_ten(values) for _, values in panels]
    titles = [
        f"{title}, × 10<sup>{power}</sup>" if power else title
        for (title, _), power in zip(panels, powers, strict=True)
    ]
    figure = make_subplots(1, len(panels), subplot_titles=titles, horizontal_spacing=0.02)
    for column, ((_, values), power) in enumerate(zip(panels, powers, strict=True), start=1):
        figure.add_trace(_panel(values, power), row=1, col=column)
        figure.update_yaxes(autorange="reversed", scaleanchor=f"x{column}", row=1, col=column)
    figure.update_xaxes(constrain="domain", visible=False)
    figure.update_yaxes(constrain="domain", visible=False)
    return bare(figure, height)


def _panel(values: np.ndarray, power: int) -> go.Heatmap:
    low, high = colours.value_range(values)
    digits = ".2f" if high < 10.0 ** (power + 1) else ".0f" if len(values) > 7 else ".1f"
    texts = [[f"{v:z{digits}}" for v in row] for row in values / 10.0**power]  # z prints -0.0 as 0.0
    return go.Heatmap(
        z=values,
        zmin=low,
        zmax=high,
        colorscale=colours.scale_for(values),
        showscale=False,
        text=texts,
        texttemplate="%{text}",
        textfont={"size": 13 if len(values) > 3 else 18},
        hovertemplate=VALUE_ON_HOVER,
        xgap=1,
        ygap=1,
    )


def window(values: np.ndarray, winner: tuple[int, int] | None, height: int = 320) -> go.Figure:
    """Draw a pooling window with its numbers and a frame around the winner, its largest number."""
    figure = numbers([("", values)], height)
    if winner:
        row, column = winner
        edges = {"x0": column - 0.48, "x1": column + 0.48, "y0": row - 0.48, "y1": row + 0.48}
        figure.add_shape(type="rect", line={"color": "#e8590c", "width": 5}, **edges)
    return figure
