"""Charts for the labs: the tuning of filters, and histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from plotly import graph_objects as go

from viz_app.draw import colours
from viz_app.draw.figures import COLOUR_BAR, bare

if TYPE_CHECKING:
    from model.histogram import Histogram

ZERO = "#8c96a3"  # of a dotted line that can be seen on a light and on a dark page
ANGLES = [0, 45, 90, 135]
# Viridis ends in yellow, on which a black cross is seen best; an orange ring is seen on all its colours.
BEST = {"symbol": "x-thin", "size": 12, "line": {"width": 3, "color": "#16202c"}}
SHOWN = {"symbol": "circle-open", "size": 14, "color": "#e8590c", "line": {"width": 3}}


def tuning_surface(
    amplitude: np.ndarray,
    orientations: np.ndarray,
    frequencies: np.ndarray,
    best: tuple[float, float],
    shown: tuple[float, float] | None,
    height: int = 340,
) -> go.Figure:
    """Draw how strongly a filter responds to gratings, with a cross at the maximum.

    Args:
        amplitude: the response for each orientation and frequency, float [O, F].
        best: orientation and frequency of the maximum.
        shown: orientation and frequency of the grating on screen, marked by a ring; None if there is none.
    """
    figure = go.Figure(
        go.Heatmap(
            z=amplitude,
            x=frequencies,
            y=orientations,
            zmin=0,
            zmax=float(amplitude.max()) or 1.0,
            colorscale=colours.scale_for(np.zeros(1)),
            colorbar=COLOUR_BAR,
            hovertemplate="%{y}°, %{x} cycles per pixel<br><b>%{z:.4g}</b><extra></extra>",
        )
    )
    for place, marker in ((best, BEST), (shown, SHOWN)):
        if place:
            figure.add_scatter(
                x=[place[1]], y=[place[0]], mode="markers", marker=marker, hoverinfo="skip", showlegend=False
            )
    edge = (orientations[1] - orientations[0]) / 2
    figure.update_yaxes(
        title="orientation", tickvals=ANGLES, ticksuffix="°", range=[-edge, 180 - edge], showgrid=False
    )
    edge = (frequencies[1] - frequencies[0]) / 2
    figure.update_xaxes(
        title="cycles per pixel",
        range=[frequencies[0] - edge, frequencies[-1] + edge],
        showgrid=False,
        dtick=0.1,
    )
    return bare(figure, height)


def tuning_curve(
    x: np.ndarray, amplitude: np.ndarray, best: float, title: str, height: int = 170
) -> go.Figure:
    """Draw the response along one axis of the tuning surface, with a dotted line at the maximum."""
    figure = go.Figure(
        go.Scatter(
            x=x,
            y=amplitude,
            mode="lines",
            line={"color": colours.ACCENT, "width": 2.5},
            hovertemplate="%{x}: <b>%{y:.4g}</b><extra></extra>",
        )
    )
    figure.add_vline(best, line_width=1, line_dash="dot", line_color=ZERO)
    figure.update_xaxes(title=title, showgrid=False, tickvals=ANGLES if x.max() > 1 else None, dtick=0.1)
    figure.update_yaxes(rangemode="tozero", exponentformat="power", nticks=4)
    return bare(figure, height)


def counts(histogram: Histogram, title: str, height: int = 300) -> go.Figure:
    """Draw a histogram with a dotted line at zero; a logarithmic scale keeps rare values visible."""
    edges = histogram.edges
    figure = go.Figure(
        go.Bar(
            x=(edges[1:] + edges[:-1]) / 2,
            y=histogram.counts,
            width=np.diff(edges),
            marker={"color": colours.ACCENT, "line": {"width": 0}},
            customdata=np.stack([edges[:-1], edges[1:]], 1),
            hovertemplate="%{customdata[0]:.4g} to %{customdata[1]:.4g}: <b>%{y:,}</b><extra></extra>",
        )
    )
    figure.add_vline(0, line_width=1, line_dash="dot", line_color=ZERO)
    figure.update_xaxes(title=title, showgrid=False, exponentformat="power")
    figure.update_yaxes(title="count", type="log", dtick=1, exponentformat="power")
    return bare(figure, height, bargap=0)
