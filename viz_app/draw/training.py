"""Draw runs: curves of loss and accuracy, the confusion matrix, photos with what the network says."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from model.overlay import VIRIDIS, png
from model.training.runs.record import Epoch, Point, Predictions
from viz_app.draw import colours, figures

PANELS = ("loss", "accuracy")


@dataclass(frozen=True)
class Curves:
    """A run's history, and its finer points."""

    history: Sequence[Epoch]
    points: Sequence[Point]

    @property
    def is_empty(self) -> bool:
        return not (self.history or self.points)


def curves(runs: Mapping[str, Curves], height: int = 380) -> go.Figure:
    """Draw loss and accuracy of several runs, by their titles: training as a line, validation as points."""
    figure = make_subplots(1, 2, subplot_titles=PANELS, horizontal_spacing=0.08)
    for number, (title, run) in enumerate(runs.items()):
        before = f"{title}: " if len(runs) > 1 else ""
        colour = colours.LINES[number % len(colours.LINES)]
        for column, name in enumerate(PANELS, start=1):
            shown = "%{y:.1%}" if name == "accuracy" else "%{y:.3f}"
            figure.add_scatter(
                x=[one.epoch for one in run.points],
                y=[getattr(one, name) for one in run.points],
                name=f"{before}training",
                mode="lines",
                line={"color": colour, "width": 2},
                opacity=0.75,
                legendgroup=title,
                showlegend=column == 1,
                hovertemplate=f"epoch %{{x:.2f}}, training: <b>{shown}</b>",
                row=1,
                col=column,
            )
            figure.add_scatter(
                x=[one.number for one in run.history],
                y=[getattr(one, f"validation_{name}") for one in run.history],
                name=f"{before}validation",
                mode="lines+markers",
                line={"color": colour, "width": 3, "dash": "dot"},
                marker={"size": 9, "symbol": "diamond"},
                legendgroup=title,
                showlegend=column == 1,
                hovertemplate=f"epoch %{{x}}, validation: <b>{shown}</b>",
                row=1,
                col=column,
            )
    figure.update_xaxes(title="epoch", rangemode="tozero", showgrid=False)
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(tickformat=".0%", row=1, col=2)
    below = 24 * 2 * len(runs)
    legend = {"orientation": "h", "yanchor": "top", "y": -0.22, "x": 0, "font": {"size": 15}}
    figure = figures.bare(figure, height + below, legend=legend)
    return figure.update_layout(margin={"t": 40, "b": 60 + below})


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
    figure.update_xaxes(title="the network says", side="bottom", showgrid=False, tickangle=-40)
    figure.update_yaxes(title="the photo shows", autorange="reversed", showgrid=False)
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
    top = np.abs(filters).max() or 1.0
    tiles = ((filters / top * 0.5 + 0.5) * 255).round().astype(np.uint8).transpose(0, 2, 3, 1)
    side = tiles.shape[1] * 16
    large = tiles.repeat(16, axis=1).repeat(16, axis=2)
    gap = np.full((side, 4, 3), 255, np.uint8)
    parts = [part for tile in large for part in (tile, gap)]
    return np.concatenate(parts[:-1], axis=1)
