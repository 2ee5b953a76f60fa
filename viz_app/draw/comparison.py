"""Draw AlexNet beside other networks, and make the tables that compare them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from plotly import graph_objects as go

from viz_app.draw import colours, figures

if TYPE_CHECKING:
    from model.comparison import Compared
    from viz_app.cached import Timing

ALEXNETS = ("alexnet-2012", "alexnet")
LARGEST = 46  # diameter in pixels of the point with the most parameters
BESIDE = {  # where a name stands beside its point, so that no two names overlap
    "alexnet-2012": "middle right",
    "alexnet": "bottom center",
    "googlenet": "bottom left",
    "resnet18": "middle right",
    "vit_b_16": "middle left",
}

ERRORS = {
    "second place": 26.2,
    "AlexNet, one network": 18.2,
    "AlexNet, five networks": 16.4,
    "AlexNet, seven networks": 15.3,
}
"""Top-5 errors of the contest of 2012 in percent: Krizhevsky et al. 2012, table 2."""


def accuracy_and_cost(networks: Collection[Compared], height: int = 440) -> go.Figure:
    """Draw published accuracies against multiply-adds. The area of a point is its number of parameters."""
    shown = [one for one in networks if one.published]
    most = max(one.parameters for one in shown)
    crops = {one.name: one.published[0].crops for one in shown}
    titles = [one.title + (f", {crops[one.name]} crops" if crops[one.name] > 1 else "") for one in shown]
    figure = go.Figure(
        go.Scatter(
            x=[one.macs / 1e9 for one in shown],
            y=[one.top1 for one in shown],
            text=titles,
            mode="markers+text",
            textposition=[BESIDE.get(one.name, "top center") for one in shown],
            textfont={"size": 14},
            cliponaxis=False,
            marker={
                "size": [one.parameters for one in shown],
                "sizemode": "area",
                "sizeref": 2 * most / LARGEST**2,
                "sizemin": 4,
                "color": [colours.MARK if one.name in ALEXNETS else colours.ACCENT for one in shown],
                "opacity": 0.8,
            },
            customdata=[(one.parameters / 1e6, one.year, one.weights, crops[one.name]) for one in shown],
            hovertemplate=(
                "<b>%{text}</b> (%{customdata[1]})<br>top-1 accuracy %{y:.1f} %, crops: %{customdata[3]}<br>"
                "%{x:.2f} billion multiply-adds<br>%{customdata[0]:.1f} million parameters<br>"
                "%{customdata[2]}<extra></extra>"
            ),
        )
    )
    ticks = [0.3, 1, 3, 10, 30]
    figure.update_xaxes(
        title="multiply-adds in billions (log scale)",
        type="log",
        range=[-0.85, 1.55],
        tickvals=ticks,
        ticktext=[f"{tick:g}" for tick in ticks],
    )
    figure.update_yaxes(title="top-1 accuracy", ticksuffix=" %", range=[52, 86])
    return figures.bare(figure, height, showlegend=False)


def network_table(networks: Collection[Compared]) -> pd.DataFrame:
    """Return a table with one row for each network: what it is, what it costs, how accurate it is."""
    return pd.DataFrame(
        [
            {
                "network": one.title,
                "year": one.year,
                "depth": one.depth,
                "parameters": one.parameters,
                "multiply-adds": one.macs,
                "outputs": one.neuron_bytes / 1e6,
                "top-1": one.top1,
                "weights": _weights(one),
                "normalization": one.normalization,
                "activation": one.activation,
                "regularization": one.regularization,
            }
            for one in networks
        ]
    )


def _weights(network: Compared) -> str:
    """Return the name of the weights that the accuracy belongs to, and the accuracy of other weights."""
    if not network.published:
        return "none for ImageNet"
    first, *later = network.published
    crops = f"{first.crops} crops" if first.crops > 1 else "one crop"
    return "; ".join([f"{first.weights}, {crops}", *(f"{one.weights}: {one.top1:.1f} %" for one in later)])


def advice(networks: dict[str, Compared]) -> dict[str, str]:
    """Return when to use AlexNet and when not, each with its evidence, as Markdown."""
    own, torchvision, mobile = networks["alexnet-2012"], networks["alexnet"], networks["mobilenet_v2"]
    vgg, resnet, efficient = networks["vgg16"], networks["resnet50"], networks["efficientnet_b0"]
    later = [one for one in networks.values() if one.published and one.name not in ALEXNETS]
    worst, *_, best = sorted(later, key=_top1)
    return {
        "**Use it to learn** how a convolutional network works.": (
            f"It has {own.depth} layers with weights on the longest way from the picture to the answer. "
            f"{resnet.title} has {resnet.depth}, and {efficient.title} has {efficient.depth}."
        ),
        "**Use it to look at filters** as pictures.": (
            f"Its first kernels are {_side(own)} pixels, large enough to show a pattern. The largest kernels "
            f"of {resnet.title} are {_side(resnet)}, and those of {vgg.title} are {_side(vgg)}."
        ),
        "**It depends:** do not call it too slow without a comparison.": (
            f"It takes {_billions(own)} multiply-adds. {vgg.title} takes {vgg.macs / own.macs:.0f} times and "
            f"{resnet.title} {resnet.macs / own.macs:.1f} times as many, but {mobile.title} takes "
            f"{_billions(mobile)}."
        ),
        "**Do not use it** for the best accuracy.": (
            f"The first guess is right for {own.top1:.1f} % of the pictures with the network of 2012 (ten "
            f"crops) and for {torchvision.top1:.1f} % with torchvision's (one crop). The later networks in "
            f"the table reach {worst.top1:.1f} % ({worst.title}) to {best.top1:.1f} % ({best.title})."
        ),
        "**Do not use it** where memory is scarce.": (
            f"Its {own.parameters / 1e6:.0f} million parameters take {own.parameter_bytes / 1e6:.0f} MB. "
            f"Those of {mobile.title} take {mobile.parameter_bytes / 1e6:.0f} MB, and it is right for "
            f"{mobile.top1:.1f} % of the pictures."
        ),
        "**Do not start transfer learning** with it, unless you compare your result with earlier work.": (
            f"{efficient.title} is right {_top1(efficient) - _top1(torchvision):.0f} points more often than "
            f"torchvision's AlexNet and has {100 * efficient.parameters / own.parameters:.0f} % of its "
            "parameters. Networks that are more accurate on ImageNet usually transfer better "
            "([Kornblith et al. 2019](https://arxiv.org/abs/1805.08974))."
        ),
    }


def _top1(network: Compared) -> float:
    return network.published[0].top1


def _side(network: Compared) -> str:
    return f"{network.kernel_sizes[0]}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{network.kernel_sizes[0]}"


def _billions(network: Compared) -> str:
    return f"{network.macs / 1e9:.2f} billion"


def errors() -> go.Figure:
    """Draw the top-5 errors of the contest of 2012 as bars."""
    texts = [f"{error:.1f} %" for error in ERRORS.values()]
    return figures.bars(list(ERRORS), list(ERRORS.values()), texts, height=230)


def times(timings: Sequence[Timing]) -> go.Figure:
    """Draw how long each network takes for a picture as bars, with its multiply-adds beside its name."""
    labels = [f"{one.title}<br>{one.macs / 1e9:.2f} billion" for one in timings]
    texts = [f"{one.milliseconds:.1f} ms" for one in timings]
    return figures.bars(labels, [one.milliseconds for one in timings], texts, height=70 + 58 * len(timings))
