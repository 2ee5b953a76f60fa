"""Draw how the last layers learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plotly import graph_objects as go

from viz_app.draw import colours, figures

if TYPE_CHECKING:
    from model.last_layers import Step


def history(steps: Sequence[Step], height: int = 320) -> go.Figure:
    """Draw the accuracy, and the loss as thin lines, of training and validation after each step."""
    figure = go.Figure()
    for number, (part, before) in enumerate({"training": "", "validation": "validation_"}.items()):
        for quantity, axis, dash in (("accuracy", "y", "solid"), ("loss", "y2", "dot")):
            shown = "%{y:.1%}" if quantity == "accuracy" else "%{y:.4f}"
            figure.add_scatter(
                x=list(range(len(steps))),
                y=[getattr(step, f"{before}{quantity}") for step in steps],
                name=f"{part}: {quantity}",
                yaxis=axis,
                mode="lines",
                line={"color": colours.LINES[number], "width": 3 if axis == "y" else 2, "dash": dash},
                hovertemplate=f"after %{{x}} steps: <b>{shown}</b>",
            )
    figure.update_xaxes(title="step", showgrid=False)
    figure.update_layout(
        yaxis={"title": "accuracy", "tickformat": ".0%", "range": [0, 1.02]},
        yaxis2={
            "title": "loss",
            "overlaying": "y",
            "side": "right",
            "rangemode": "tozero",
            "tickmode": "auto",
            "nticks": 5,
            "showgrid": False,
        },
    )
    legend = {"orientation": "h", "yanchor": "top", "y": -60 / (height - 72), "x": 0, "font": {"size": 15}}
    figure = figures.bare(figure, height + 4 * 24, legend=legend)
    return figure.update_layout(margin={"b": 60 + 4 * 24, "r": 60})
