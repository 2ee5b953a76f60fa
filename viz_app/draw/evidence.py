"""Draw the figures of a claim's test: bars and curves as Plotly figures, maps and pictures as pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from plotly import graph_objects as go

from viz_app.draw import colours, figures, pictures

if TYPE_CHECKING:
    from model.claims.evidence import Bars, Lines, Maps

SIDE = 260  # smallest side of a map on screen, in pixels


def bars(found: Bars) -> go.Figure:
    """Draw numbers as bars, each with its unit."""
    unit = f" {found.unit}" if found.unit else ""
    texts = [f"{value:,.{found.digits}f}{unit}" for value in found.values]
    return figures.bars(found.labels, found.values, texts, height=60 + 46 * len(found.labels))


def lines(found: Lines, height: int = 340) -> go.Figure:
    """Draw curves over the same axis."""
    figure = go.Figure()
    for (name, y), colour in zip(found.lines.items(), _colours(len(found.lines)), strict=False):
        figure.add_scatter(
            x=found.x,
            y=y,
            name=name,
            mode="lines" if len(found.x) > 12 else "lines+markers",
            line={"color": colour, "width": 3},
            hovertemplate=f"{name}: <b>%{{y:.4g}}</b> at %{{x:.4g}}<extra></extra>",
        )
    figure.update_xaxes(title=found.x_title, showgrid=False)
    figure.update_yaxes(title=found.y_title)
    above = 24 * len(found.lines)  # one row for each name, so that a narrow screen has room
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "font": {"size": 15}}
    figure = figures.bare(figure, height + above, legend=legend, showlegend=len(found.lines) > 1)
    return figure.update_layout(margin={"t": 12 + above})


def _colours(count: int) -> list[str]:
    return [colours.LINES[i % len(colours.LINES)] for i in range(count)]


def maps(found: Maps) -> dict[str, np.ndarray]:
    """Return maps in colour on one scale, enlarged with sharp edges: {name: uint8 [H, W, 3]}."""
    scope = np.concatenate([values.ravel() for values in found.maps.values()])
    return {name: pictures.visible(colours.paint(values, scope), SIDE) for name, values in found.maps.items()}


def cell(value: str | int | float) -> str:
    """Return a value as a table shows it: 60965224 -> "60,965,224", 2012 -> "2012", 0.5 -> "0.5"."""
    if isinstance(value, str):
        return value
    if value == int(value):
        return f"{int(value):,}" if abs(value) >= 10_000 else f"{int(value)}"
    return f"{value:.4g}"
