"""Arrays and dataclasses -> Plotly figures. No Streamlit, no PyTorch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from model.predict import Prediction
from viz_app.draw import colours

VALUE_ON_HOVER = "row %{y}, column %{x}<br><b>%{z:.6g}</b><extra></extra>"
COLOUR_BAR = {
    "thickness": 10,
    "len": 0.9,
    "outlinewidth": 0,
    "exponentformat": "power",
    "tickfont": {"size": 14},
}


def bare(figure: go.Figure, height: int, **layout) -> go.Figure:
    """Small margins, nothing that distracts from the data, and letters that the last row can read."""
    for axes in (figure.for_each_xaxis, figure.for_each_yaxis):
        axes(lambda axis: axis.update(tickfont_size=axis.tickfont.size or 15, title_font_size=16))
    return figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 28, "b": 8}, **layout)


def heatmap(values: np.ndarray, scope: np.ndarray | None = None, height: int = 340) -> go.Figure:
    """One map with its values on hover: float [h, w], row 0 at the top.

    Args:
        scope: the values that decide on colours and their range, such as the whole layer, so that
            several maps can be compared; the map's own if None.
    """
    scope = values if scope is None else scope
    low, high = colours.value_range(scope)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            zmin=low,
            zmax=high,
            colorscale=colours.scale_for(scope),
            hovertemplate=VALUE_ON_HOVER,
            colorbar=COLOUR_BAR,
        )
    )
    axis = {"constrain": "domain", "visible": False}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis, autorange="reversed", scaleanchor="x")
    return bare(figure, height)


def planes(kernel: np.ndarray, height: int = 300) -> go.Figure:
    """A filter's weights for red, green and blue beside each other on one scale: float [3, h, w]."""
    figure = make_subplots(1, 3, subplot_titles=("Red", "Green", "Blue"), horizontal_spacing=0.03)
    low, high = colours.value_range(kernel)
    for column, plane in enumerate(kernel, start=1):
        figure.add_heatmap(z=plane, coloraxis="coloraxis", hovertemplate=VALUE_ON_HOVER, row=1, col=column)
        figure.update_yaxes(autorange="reversed", scaleanchor=f"x{column}", row=1, col=column)
    figure.update_xaxes(constrain="domain", visible=False)
    figure.update_yaxes(constrain="domain", visible=False)
    scale = colours.scale_for(kernel)
    return bare(
        figure, height, coloraxis={"cmin": low, "cmax": high, "colorscale": scale, "colorbar": COLOUR_BAR}
    )


def bars(
    labels: Sequence[str], values: Sequence[float] | np.ndarray, texts: Sequence[str], height: int
) -> go.Figure:
    """Horizontal bars, the first on top.

    Where bars point both ways, numbers stand with the labels: beside a bar they would need room on both
    sides, which a narrow screen doesn't have.
    """
    two_ways = min(0.0, *values) < 0
    if two_ways:
        labels = [f"{label} <b>{text}</b>" for label, text in zip(labels, texts, strict=True)]
    figure = go.Figure(
        go.Bar(
            x=list(values),
            y=list(labels),
            text=None if two_ways else list(texts),
            orientation="h",
            marker_color=colours.ACCENT,
            textposition="auto",
            textangle=0,  # never on its side in a short bar
            insidetextanchor="end",
            textfont={"size": 16},
            hovertemplate="%{y}<extra></extra>" if two_ways else "%{y}: <b>%{text}</b><extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", tickfont={"size": 17}, ticklabelstandoff=8, automargin=True)
    figure.update_xaxes(visible=False)
    return bare(figure, height, bargap=0.25)


def top_classes(predictions: Sequence[Prediction], quantity: str) -> go.Figure:
    """The strongest classes as bars of their "probability" or "logit"."""
    values = [getattr(p, quantity) for p in predictions]
    texts = [f"{v:.1%}" if quantity == "probability" else f"{v:.3f}" for v in values]
    figure = bars([p.label for p in predictions], values, texts, height=70 + 52 * len(predictions))
    # Out of 100 %: a bar as wide as the chart would make half a percent look certain.
    return figure.update_xaxes(range=[0, 1]) if quantity == "probability" else figure


def before_and_after(
    labels: Sequence[str], before: np.ndarray, after: np.ndarray, height: int = 460
) -> go.Figure:
    """Probabilities of classes as pairs of bars."""
    figure = go.Figure()
    for name, values, colour in (("before", before, colours.PALE), ("after", after, colours.ACCENT)):
        figure.add_bar(
            name=name,
            x=values,
            y=list(labels),
            text=[f"{v:.1%}" for v in values],
            orientation="h",
            marker_color=colour,
            textposition="auto",
            textangle=0,
            insidetextanchor="end",
            textfont={"size": 14},
            hovertemplate=f"%{{y}} {name}: <b>%{{x:.3%}}</b><extra></extra>",
        )
    figure.update_yaxes(autorange="reversed", tickfont={"size": 16}, ticklabelstandoff=8, automargin=True)
    figure.update_xaxes(visible=False, range=[0, max(*before, *after)])
    legend = {"orientation": "h", "y": 1.1, "x": 0, "font": {"size": 15}}
    return bare(figure, height, bargap=0.2, bargroupgap=0.05, legend=legend)


def curves(
    title: str, x: np.ndarray, lines: dict[str, np.ndarray], moved: np.ndarray | None, height: int = 320
) -> go.Figure:
    """A probability over a share of pixels, for maps by their names and for one of them moved."""
    figure = go.Figure()
    drawn = [
        (y, name, colour, "solid") for (name, y), colour in zip(lines.items(), colours.LINES, strict=False)
    ]
    if moved is not None:
        drawn.append((moved, "moved", colours.PALE, "dash"))
    for y, name, colour, dash in drawn:
        figure.add_scatter(
            x=x,
            y=y,
            name=name,
            mode="lines",
            line={"color": colour, "width": 3, "dash": dash},
            hovertemplate="%{x:.0%} of the pixels: <b>%{y:.2%}</b>",
        )
    figure.update_xaxes(title=title, tickformat=".0%", showgrid=False)
    figure.update_yaxes(title="probability", tickformat=".0%", rangemode="tozero")
    # Names stand above the lines, if need be each in a row of its own.
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "font": {"size": 15}}
    above = 24 * (len(lines) + 1 if len(lines) > 1 else 1)
    figure = bare(figure, height + above, legend=legend)
    return figure.update_layout(margin={"t": 12 + above})


def histogram(values: np.ndarray, height: int = 260) -> go.Figure:
    """How often each value occurs among a filter's weights, zero marked."""
    figure = go.Figure(go.Histogram(x=values.ravel(), nbinsx=41, marker_color=colours.ACCENT))
    figure.update_traces(hovertemplate="%{x}: %{y} weights<extra></extra>")
    figure.add_vline(0, line_width=1, line_dash="dot")
    figure.update_xaxes(title="weight", showgrid=False, exponentformat="power")
    figure.update_yaxes(title="count")
    return bare(figure, height, bargap=0.05)


def sorted_units(values: np.ndarray, height: int = 380) -> go.Figure:
    """All units of a fully connected layer from the strongest to the weakest; hover names each."""
    order = np.argsort(-values, kind="stable")
    figure = go.Figure(
        go.Scatter(
            x=np.arange(values.size),
            y=values[order],
            customdata=order,
            mode="lines",
            fill="tozeroy",
            line={"color": colours.ACCENT, "width": 2},
            hovertemplate="unit %{customdata}: <b>%{y:.5g}</b><extra></extra>",
        )
    )
    figure.update_xaxes(title="units, the strongest first", showgrid=False)
    figure.update_yaxes(title="value")
    return bare(figure, height)


def climb(
    curve: Sequence[float] | np.ndarray, steps: int, photo: float, quantity: str, height: int = 330
) -> go.Figure:
    """What is raised, step by step, beside what a photo reaches."""
    figure = go.Figure(
        go.Scatter(
            x=np.arange(1, len(curve) + 1),
            y=curve,
            mode="lines",
            name="made picture, shaken",
            line={"color": colours.ACCENT, "width": 3},
            hovertemplate="step %{x}: <b>%{y:.4g}</b><extra></extra>",
        )
    )
    figure.add_scatter(
        x=[1, steps],
        y=[photo, photo],
        mode="lines",
        name="the photo",
        line={"color": colours.PALE, "width": 3, "dash": "dash"},
        hovertemplate="the photo: <b>%{y:.4g}</b><extra></extra>",
    )
    figure.update_xaxes(title="step", range=[1, steps], showgrid=False)
    figure.update_yaxes(title=quantity)
    return bare(figure, height, legend={"orientation": "h", "y": 1.15, "x": 0, "font": {"size": 15}})
