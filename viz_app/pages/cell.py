"""One number of a layer: the numbers that it is made of, and how they give it."""

import numpy as np
import streamlit as st

from model.preprocess import network_crop
from viz_app import cached, state
from viz_app.components import Side, sliding_window
from viz_app.draw import activation_figures, activation_formulas, colours, figures, pictures
from viz_app.widgets.choose import choose_cell
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading

heading("Arithmetic", "Choose any activation, and see how it is computed from the layer before.")


@part
def one_number() -> None:
    network = state.network()
    infos = cached.layers(network.architecture)
    names = [info.name for info in infos]
    state.valid_choice("layer", names)
    controls = st.columns(4, vertical_alignment="bottom")
    layer = controls[0].selectbox("Layer", names, key="layer", bind="query-params")
    info = infos[names.index(layer)]
    channel, row, column = choose_cell(info, controls[1:])
    cell = cached.cell(state.photo(), network, layer, channel, row, column)
    if info.is_spatial:
        _bench(cell, network)
    _verdict(cell)
    _PARTS.get(info.type, _nothing)(cell)
    background("cell")


def _bench(cell, network: cached.Network) -> None:
    """The window over the layer's input, and the cell in its output."""
    info, maps = cell.layer, cached.feature_maps(state.photo(), network)
    above = maps[info.name][cell.channel]
    names = [layer.name for layer in network.data.layers]
    position = names.index(info.name)
    if position == 0:
        below, title = network_crop(state.photo(), network.data), "what the network sees"
    elif info.type == "Conv":
        values = maps[names[position - 1]][cell.inputs].mean(0)
        title = f"mean of {names[position - 1]}'s channels {cell.inputs[0]} to {cell.inputs[-1]}"
        below = colours.paint(values, values)
    else:
        values = maps[names[position - 1]][cell.channel]
        below, title = colours.paint(values, values), f"{names[position - 1]}, channel {cell.channel}"
    sliding_window(
        Side(pictures.png(below), below.shape[:2], f"Input: {title}"),
        Side(pictures.png(colours.paint(above, above)), above.shape, f"Output: channel {cell.channel}"),
        kernel=info.kernel_size or 1,
        stride=info.stride or 1,
        padding=info.padding or 0,
        position=(cell.row, cell.column),
        key="bench",
        on_pick=state.choose_place,
    )


def _verdict(cell) -> None:
    st.latex(activation_formulas.worked(cell))
    worked, captured, same = st.columns([2, 2, 3], vertical_alignment="bottom")
    worked.metric("Worked out here", f"{cell.worked:.7g}")
    captured.metric("The network's", f"{cell.captured:.7g}")
    same.markdown(
        ":material/check_circle: equal, but for the rounding of float32"
        if cell.agrees
        else ":material/error: **these differ: please report it**"
    )


def _convolution(cell) -> None:
    order = np.argsort(-np.abs(cell.plane_sums), kind="stable")
    if len(order) <= 3:
        for name, plane in zip(("Red", "Green", "Blue"), range(len(order)), strict=True):
            _plane(cell, plane, name)
        return
    bars, products = st.columns([3, 5], gap="large")
    with bars:
        st.markdown(f"**The strongest of {len(order)} input channels**")
        shown = order[:10]
        chart(
            figures.bars(
                [f"channel {cell.inputs[i]}" for i in shown],
                cell.plane_sums[shown],
                [f"{cell.plane_sums[i]:.3g}" for i in shown],
                height=420,
            ),
            key="planes",
            alt="What each input channel contributes",
        )
    with products:
        choices = [int(i) for i in cell.inputs[order]]
        state.valid_choice("plane", choices)
        chosen = st.selectbox("Input channel, the strongest first", choices, key="plane")
        _plane(cell, chosen - int(cell.inputs[0]), f"Channel {chosen}")


def _plane(cell, plane: int, name: str) -> None:
    st.markdown(f"**{name}: the products add up to {cell.plane_sums[plane]:.6g}**")
    grids = {"input": cell.patch, "kernel": cell.kernel, "product": cell.products}
    # A chart each, so that on a phone they stand below one another.
    for column, (title, values) in zip(st.columns(3, gap="small"), grids.items(), strict=True):
        with column:
            chart(
                activation_figures.numbers(
                    [(title, values[plane])], height=380 if values.shape[-1] > 7 else 300
                ),
                key=f"plane-{plane}-{title}",
                alt=f"{name}: {title}",
            )


def _norm(cell) -> None:
    names = [f"channel {i}" + (" (this one)" if i == cell.channel else "") for i in cell.neighbours]
    st.markdown("**The neighbours at the same place**")
    chart(
        figures.bars(names, cell.values, [f"{v:.5g}" for v in cell.values], height=60 + 45 * len(names)),
        key="neighbours",
        alt="The values of the neighbouring channels",
    )


def _pool(cell) -> None:
    rows, columns = cell.window.shape
    st.markdown(
        f"**The window: rows {cell.top} to {cell.top + rows - 1}, "
        f"columns {cell.left} to {cell.left + columns - 1}**"
    )
    chart(
        activation_figures.window(cell.window, None if cell.mean else cell.winner),
        key="window",
        alt="The window's numbers, the largest one framed",
    )
    overlap = rows - (cell.layer.stride or rows)
    if overlap > 0:
        st.caption(
            f"Windows are {rows} wide and {cell.layer.stride} apart: the next one shares {overlap} of "
            "these columns, or rows. The paper calls it overlapping pooling."
        )


def _linear(cell) -> None:
    order = cell.largest(14)
    st.markdown(f"**The 14 largest of {cell.x.size:,} terms**")
    names = [f"{cell.weights[i]:.4g} × {cell.x[i]:.4g} (input {i})" for i in order]
    chart(
        figures.bars(names, cell.products[order], [f"{cell.products[i]:.4g}" for i in order], height=620),
        key="terms",
        alt="The largest terms of the sum",
    )


def _softmax(cell) -> None:
    order = np.argsort(-cell.exponentials, kind="stable")[:10]
    labels = cached.classification(state.photo(), state.network()).labels
    st.markdown(f"**The largest of {cell.exponentials.size:,} exponentials**")
    chart(
        figures.bars(
            [labels[i] for i in order],
            cell.exponentials[order],
            [f"exp({cell.logits[i]:.4g}) = {cell.exponentials[i]:.5g}" for i in order],
            height=480,
        ),
        key="exponentials",
        alt="The largest exponentials",
    )


def _dropout(cell) -> None:
    st.markdown(
        "In training, dropout sets each unit to 0 with the probability one half, and doubles the others so "
        "that their sum stays the same on average. For a prediction every unit takes part, and the "
        "layer passes its input on. (The paper left the others alone, and halved all for a prediction.)"
    )


def _nothing(_cell) -> None:
    """The formula says it all."""


_PARTS = {
    "Conv": _convolution,
    "LocalResponseNorm": _norm,
    "MaxPool": _pool,
    "AdaptiveAvgPool": _pool,
    "Linear": _linear,
    "Softmax": _softmax,
    "Dropout": _dropout,
}

one_number()
