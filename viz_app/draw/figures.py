"""Draw arrays and dataclasses as Plotly figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    """Give a figure small margins and letters that can be read from the last row of a lecture hall."""
    for axes in (figure.for_each_xaxis, figure.for_each_yaxis):
        axes(lambda axis: axis.update(tickfont_size=axis.tickfont.size or 15, title_font_size=16))
    return figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 28, "b": 8}, **layout)


def heatmap(values: np.ndarray, scope: np.ndarray | None = None, height: int = 340) -> go.Figure:
    """Draw an array as a heat map, row 0 at the top, each value shown under the pointer: float [h, w].

    Args:
        scope: the values that decide on the colour scale and its range, such as the whole layer, so that
            several channels can be compared; None for `values`.
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


def input_channels(count: int) -> tuple[str, ...]:
    """Return the names of the input's channels: three colours, or the luminance of grey photos."""
    return ("Luminance",) if count == 1 else ("Red", "Green", "Blue")


def planes(kernel: np.ndarray, height: int = 300) -> go.Figure:
    """Draw a filter's weights for each colour side by side on one colour scale: float [3 or 1, h, w]."""
    names = input_channels(len(kernel))
    figure = make_subplots(1, len(names), subplot_titles=names, horizontal_spacing=0.03)
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
    """Draw horizontal bars, the first at the top.

    If any value is negative, the numbers are written after the labels: beside the bars they would need room
    on both sides, which a narrow screen does not have.
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


def probabilities(predictions: Sequence[Prediction]) -> go.Figure:
    """Draw the probabilities of some classes as bars."""
    values = [p.probability for p in predictions]
    texts = [f"{value:.1%}" for value in values]
    figure = bars([p.label for p in predictions], values, texts, height=70 + 52 * len(predictions))
    # The axis always ends at 100 %, or a probability of half a percent could fill the chart.
    return figure.update_xaxes(range=[0, 1])


def logits(predictions: Sequence[Prediction], base: float) -> go.Figure:
    """Draw logits as bars that all start at `base`, such as the mean logit of all classes.

    They do not start at zero, which means nothing: the softmax depends only on differences between logits.
    """
    above = [p.logit - base for p in predictions]
    texts = [f"{p.logit:.2f}" for p in predictions]
    figure = bars([p.label for p in predictions], above, texts, height=70 + 52 * len(predictions))
    return figure.update_xaxes(range=[min(0.0, *above), 1.12 * max(above)])


def trials(
    layers: Sequence[str],
    whole: float,
    without: Sequence[float],
    without_others: Sequence[Sequence[float]],
    height: int = 420,
) -> go.Figure:
    """Draw the target's logit, and what it becomes without the marked or other channels of each layer.

    Args:
        whole: the logit with all channels.
        without: for each layer, the logit without its marked channels.
        without_others: for each layer, the logit without as many other channels, once for each random draw.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[value for values in without_others for value in values],
        y=[layer for layer, values in zip(layers, without_others, strict=True) for _ in values],
        mode="markers",
        name="others off",
        marker={"color": colours.PALE, "size": 11, "opacity": 0.75},
    )
    figure.add_scatter(
        x=list(without),
        y=list(layers),
        mode="markers",
        name="marked off",
        marker={"color": colours.MARK, "size": 15, "symbol": "diamond"},
    )
    figure.add_vline(whole, line_dash="dot", annotation_text="all channels", annotation_font_size=15)
    figure.update_yaxes(autorange="reversed", type="category", tickfont={"size": 16})
    figure.update_xaxes(title="logit of the target")
    # One name below the other: side by side, they do not fit on a narrow screen.
    legend = {"y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 15}}
    return bare(figure, height, legend=legend)


def before_and_after(
    labels: Sequence[str], before: np.ndarray, after: np.ndarray, height: int = 460
) -> go.Figure:
    """Draw the probabilities of classes before and after a change, as pairs of bars."""
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
    """Draw how a probability depends on the share of pixels that have been changed.

    Args:
        title: of the horizontal axis.
        x: shares of the pixels, 0 to 1.
        lines: the probabilities at these shares, by the name of the heat map that ordered the pixels.
        moved: the same for a heat map moved to random places, drawn dashed; None to leave it out.
    """
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
    # The legend stands above the chart; there must be room for one row for each name.
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "font": {"size": 15}}
    above = 24 * (len(lines) + 1 if len(lines) > 1 else 1)
    figure = bare(figure, height + above, legend=legend)
    return figure.update_layout(margin={"t": 12 + above})


def histogram(values: np.ndarray, height: int = 260) -> go.Figure:
    """Draw how often each value occurs among the weights, with a dotted line at zero."""
    figure = go.Figure(go.Histogram(x=values.ravel(), nbinsx=41, marker_color=colours.ACCENT))
    figure.update_traces(hovertemplate="%{x}: %{y} weights<extra></extra>")
    figure.add_vline(0, line_width=1, line_dash="dot")
    figure.update_xaxes(title="weight", showgrid=False, exponentformat="power")
    figure.update_yaxes(title="count")
    return bare(figure, height, bargap=0.05)


def sorted_units(values: np.ndarray, height: int = 380) -> go.Figure:
    """Draw the activations of a fully connected layer in descending order; the pointer shows the unit."""
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
    figure.update_yaxes(title="activation")
    return bare(figure, height)


def climb(
    curve: Sequence[float] | np.ndarray, steps: int, photo: float, quantity: str, height: int = 330
) -> go.Figure:
    """Draw how the activation grows while a feature visualization is made, beside a photo's activation.

    Args:
        curve: the activation after each step so far.
        steps: how many steps there will be.
        photo: the activation that the photo reaches.
        quantity: title of the vertical axis.
    """
    figure = go.Figure(
        go.Scatter(
            x=np.arange(1, len(curve) + 1),
            y=curve,
            mode="lines",
            name="the visualization, shaken",
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


def enlarged(figure: go.Figure, factor: float) -> go.Figure:
    """Return a copy of the figure with all type larger, and with more height for it, for the last row."""

    def larger(part: Any, name: str = "") -> Any:
        if isinstance(part, dict):
            is_font = name.endswith("font")
            return {k: v * factor if is_font and k == "size" else larger(v, k) for k, v in part.items()}
        return [larger(one, name) for one in part] if isinstance(part, list | tuple) else part

    made = go.Figure(larger(figure.to_plotly_json()))
    return made.update_layout(height=(figure.layout.height or 450) * (1 + (factor - 1) / 2))
