"""Draw runs: curves of loss and accuracy, the confusion matrix, photos with what the network says."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
from plotly import graph_objects as go

from model.overlay import VIRIDIS, png
from model.training.runs.record import Epoch, Point, Predictions
from viz_app.draw import colours, figures, pictures

Quantity = Literal["loss", "accuracy"]
CONFUSION_AXES = "Rows: what the photos show. Columns: what the network says, in % of the row's photos."


@dataclass(frozen=True)
class Curves:
    """A run's history, and its finer points."""

    history: Sequence[Epoch]
    points: Sequence[Point]

    @property
    def is_empty(self) -> bool:
        return not (self.history or self.points)


def curves(runs: Mapping[str, Curves], quantity: Quantity, height: int = 330) -> go.Figure:
    """Draw loss or accuracy of several runs, by name: training as a line, validation as points."""
    figure = go.Figure()
    shown = "%{y:.1%}" if quantity == "accuracy" else "%{y:.3f}"
    for number, (name, run) in enumerate(runs.items()):
        before = f"{name}: " if len(runs) > 1 else ""
        colour = colours.LINES[number % len(colours.LINES)]
        figure.add_scatter(
            x=[one.epoch for one in run.points],
            y=[getattr(one, quantity) for one in run.points],
            name=f"{before}training",
            mode="lines",
            line={"color": colour, "width": 2},
            opacity=0.75,
            hovertemplate=f"epoch %{{x:.2f}}, training: <b>{shown}</b>",
        )
        figure.add_scatter(
            x=[one.number for one in run.history],
            y=[getattr(one, f"validation_{quantity}") for one in run.history],
            name=f"{before}validation",
            mode="lines+markers",
            line={"color": colour, "width": 3, "dash": "dot"},
            marker={"size": 9, "symbol": "diamond"},
            hovertemplate=f"epoch %{{x}}, validation: <b>{shown}</b>",
        )
    figure.update_xaxes(title="epoch", rangemode="tozero", showgrid=False)
    figure.update_yaxes(
        title=quantity, rangemode="tozero", tickformat=".0%" if quantity == "accuracy" else None
    )
    # The legend stands below the chart; there must be room for one row for each name.
    below = 26 * 2 * len(runs)
    legend = {"orientation": "h", "yanchor": "top", "y": -60 / (height - 72), "x": 0, "font": {"size": 15}}
    figure = figures.bare(figure, height + below, legend=legend)
    return figure.update_layout(margin={"b": 60 + below})


def confusion(matrix: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """Draw how often photos of each class were given each class, as shares of the row's photos.

    Args:
        matrix: counts, int [classes, classes]; a row is the photo's class, a column the network's answer.
    """
    shares = matrix / np.maximum(1, matrix.sum(1, keepdims=True))
    side = 150 + 42 * len(classes)
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(classes),
            y=list(classes),
            zmin=0,
            zmax=1,
            colorscale=list(VIRIDIS),
            showscale=False,
            xgap=1,
            ygap=1,
            customdata=matrix.tolist(),
            text=[[f"{100 * share:.0f}" if share else "" for share in row] for row in shares],
            texttemplate="%{text}",
            textfont={"size": 14},
            hovertemplate=(
                "a photo of <b>%{y}</b>, named <b>%{x}</b>: %{customdata} times, %{z:.1%}<extra></extra>"
            ),
        )
    )
    # The axes have no titles, which a narrow screen would cut: `CONFUSION_AXES` stands below the chart.
    figure.update_xaxes(side="bottom", showgrid=False, tickangle=-40)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figures.bare(figure, side)


def prediction_grid(found: Predictions, chosen: Sequence[int], classes: Sequence[str]) -> str:
    """Return photos as HTML, each with its class and the network's answer below it.

    Args:
        chosen: positions in `found.shown`.
    """
    tiles = []
    for position in chosen:
        row = found.probabilities[found.shown[position]].astype(float)
        label, guess = int(found.labels[found.shown[position]]), int(row.argmax())
        is_right = label == guess
        true, said = escape(classes[label]), escape(classes[guess])
        picture = base64.b64encode(png(found.pixels[position])).decode()
        verdict = f"<b>✓ {said}</b>" if is_right else f"<b>✗ {said}</b><br>is {true}"
        tiles.append(
            f'<figure class="{"right" if is_right else "wrong"}">'
            f'<img src="data:image/png;base64,{picture}" alt="a photo of {true}, named {said}">'
            f"<figcaption>{verdict} {row[guess]:.0%}</figcaption></figure>"
        )
    return f'<div class="predictions">{"".join(tiles)}</div>'


def strip(filters: np.ndarray) -> np.ndarray:
    """Return one filter at several moments side by side: float [moments, 3, h, w] -> uint8 [h, w', 3].

    All moments have the same scale, so that one sees a filter grow.
    """
    tiles = pictures.filter_tiles(filters, common_scale=True)
    large = [pictures.enlarge(tile, 16) for tile in tiles]
    gap = np.full((len(large[0]), 4, 3), 255, np.uint8)
    parts = [part for tile in large for part in (tile, gap)]
    return np.concatenate(parts[:-1], axis=1)
