"""The page Arithmetic: how an activation is computed from the layer before."""

import numpy as np
import streamlit as st

from model.preprocess import network_crop
from viz_app import address, cached, state
from viz_app.components import Side, sliding_window
from viz_app.draw import activation_figures, activation_formulas, colours, figures, pictures
from viz_app.widgets.choose import choose_cell
from viz_app.widgets.links import about_channel
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading

heading("Arithmetic", "Choose any activation, and see how it is computed from the layer before.")


@part
def one_number() -> None:
    network = state.network()
    infos = cached.layers(network.architecture)
    names = [info.name for info in infos]
    controls = st.columns(4, vertical_alignment="bottom")
    layer = controls[0].selectbox("Layer", names, **address.kept("layer", names, names[0]))
    info = infos[names.index(layer)]
    channel, row, column = choose_cell(info, controls[1:])
    cell = cached.cell(state.photo(), network, layer, channel, row, column)
    # The window and the sum stand side by side, so that one sees both change.
    window, result = st.columns([3, 2], gap="medium") if info.is_spatial else (None, st.container())
    if window:
        with window:
            _bench(cell, network)
    with result, st.container(key="worked"):
        _verdict(cell)
    _PARTS.get(info.type, _nothing)(cell)
    if info.is_spatial:
        about_channel(info, channel)
    background("cell")


def _bench(cell, network: cached.Network) -> None:
    """Show the window in the layer's input and the activation in its output."""
    info, maps = cell.layer, cached.feature_maps(state.photo(), network)
    above = maps[info.name][cell.channel]
    names = [layer.name for layer in network.data.layers]
    position = names.index(info.name)
    if position == 0:
        below, title = network_crop(state.photo(), network.data), "the crop that the network sees"
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
    worked, captured = st.columns(2)
    worked.metric("Computed here", f"{cell.worked:.7g}")
    captured.metric("In the network", f"{cell.captured:.7g}")
    st.markdown(
        ":material/check_circle: equal, except for rounding in float32"
        if cell.agrees
        else ":material/error: **not equal: please report this**"
    )


def _convolution(cell) -> None:
    order = np.argsort(-np.abs(cell.plane_sums), kind="stable")
    if len(order) <= 3:
        for plane, name in enumerate(figures.input_channels(len(order))):
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
            alt="The sum of the products of each input channel",
        )
    with products:
        choices = [int(i) for i in cell.inputs[order]]
        kept = address.kept("plane", choices, choices[0])
        chosen = st.selectbox("Input channel, strongest first", choices, **kept)
        _plane(cell, chosen - int(cell.inputs[0]), f"Channel {chosen}")


def _plane(cell, plane: int, name: str) -> None:
    st.markdown(f"**{name}: the products add up to {cell.plane_sums[plane]:.6g}**")
    grids = {"input": cell.patch, "kernel": cell.kernel, "product": cell.products}
    # These are three charts, so that a narrow screen can show them one below the other. Large kernels need
    # wide charts, or their numbers are too small to read.
    is_large = cell.patch.shape[-1] > 7
    with st.container(key=f"wide-plane-{plane}" if is_large else f"plane-{plane}"):
        places = st.columns(3, gap="small")
    for column, (title, values) in zip(places, grids.items(), strict=True):
        with column:
            chart(
                activation_figures.numbers([(title, values[plane])], height=430 if is_large else 300),
                key=f"plane-{plane}-{title}",
                alt=f"{name}: {title}",
            )


def _norm(cell) -> None:
    names = [f"channel {i}" + (" (this one)" if i == cell.channel else "") for i in cell.neighbours]
    st.markdown("**The neighbouring channels at the same row and column**")
    chart(
        figures.bars(names, cell.values, [f"{v:.5g}" for v in cell.values], height=60 + 45 * len(names)),
        key="neighbours",
        alt="The activations of the neighbouring channels",
    )


def _window(cell, winner: tuple[int, int] | None) -> None:
    """Show the values in the window of a pooling or normalization, with a frame around one of them."""
    rows, columns = cell.window.shape
    st.markdown(
        f"**The window in the layer's input: rows {cell.top} to {cell.top + rows - 1}, "
        f"columns {cell.left} to {cell.left + columns - 1}**"
    )
    chart(
        activation_figures.window(cell.window, winner),
        key="window",
        alt="The values in the window" + (", with a frame around the largest" if winner else ""),
    )


def _spatial_norm(cell) -> None:
    _window(cell, None)


def _pool(cell) -> None:
    rows = len(cell.window)
    _window(cell, None if cell.mean else cell.winner)
    overlap = rows - (cell.layer.stride or rows)
    if overlap > 0:
        st.caption(
            f"Windows are {rows} wide and {cell.layer.stride} apart, so the next window shares {overlap} of "
            "these rows or columns. The paper calls this overlapping pooling."
        )


def _linear(cell) -> None:
    order = cell.largest(14)
    st.markdown(f"**The 14 largest of {cell.x.size:,} products**")
    names = [f"{cell.weights[i]:.4g} × {cell.x[i]:.4g} (input {i})" for i in order]
    chart(
        figures.bars(names, cell.products[order], [f"{cell.products[i]:.4g}" for i in order], height=620),
        key="terms",
        alt="The largest products of the sum",
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
        "In training, dropout sets each unit to 0 with probability one half and doubles the others, so that "
        "their sum stays the same on average. For a prediction all units are used, and the layer passes its "
        "input on unchanged. (The paper did not double them in training, but halved all for a prediction.)"
    )


def _nothing(_cell) -> None:
    """Show nothing, for layers whose formula is enough."""


_PARTS = {
    "Conv": _convolution,
    "LocalResponseNorm": _norm,
    "SpatialResponseNorm": _spatial_norm,
    "MaxPool": _pool,
    "AvgPool": _pool,
    "AdaptiveAvgPool": _pool,
    "Linear": _linear,
    "Softmax": _softmax,
    "Dropout": _dropout,
}

one_number()
