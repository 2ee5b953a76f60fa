"""Show a heading, a chart, a picture, a network's drawing, its layers in a table, the arithmetic of one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Literal

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from model.architectures import Architecture
from model.layers import LayerInfo
from model.preprocess import network_crop
from viz_app import cached, state
from viz_app.components import clickable_diagram
from viz_app.draw import layer_formulas, pictures, tables
from viz_app.draw.diagram import draw

# Of Plotly's row of buttons only the one that saves the chart, three times as large as on screen.
QUIET = {
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "png", "filename": "alexnet", "scale": 3},
}


def heading(title: str, sentence: str) -> None:
    """A page's title and the one thing that it shows; on every page, whether the network has learned."""
    st.title(title, anchor=False)
    st.markdown(sentence)
    if state.network().weights == "random":
        st.info("These weights are random: the network has learned nothing, and what it finds is chance.")


def chart(figure: go.Figure, key: str, alt: str) -> None:
    """Show a chart over the width that there is.

    Args:
        alt: what it shows, for those who cannot see it.
    """
    st.plotly_chart(figure, key=key, config=QUIET, alt=alt)


def picture(
    pixels: np.ndarray | Image.Image,
    alt: str,
    caption: str | None = None,
    width: int | Literal["stretch"] = "stretch",
) -> None:
    """Show a picture without loss: JPEG would blur feature maps and heat maps.

    Args:
        alt: what it shows, for those who cannot see it.
    """
    st.image(pixels, caption, width=width, output_format="PNG", alt=alt)


def network_diagram(key: str, architecture: Architecture, infos: list[LayerInfo], layer: str) -> None:
    """The network with the picture as its input; a click in it chooses the layer."""
    crop = pictures.png(pictures.reduced(network_crop(state.photo(), architecture), 227))
    clickable_diagram(
        draw(architecture, infos, f"data:image/png;base64,{base64.b64encode(crop).decode()}"),
        key=key,
        selected=layer,
        on_pick=lambda name: state.choose("layer", name),
    )


def totals(infos: list[LayerInfo], columns: list) -> None:
    """What the whole network costs, in three columns."""
    parameters, macs, memory = columns
    parameters.metric("Parameters", f"{sum(info.parameters for info in infos):,}")
    macs.metric("Multiply-accumulates", f"{sum(info.macs for info in infos):,}")
    memory.metric("Activations", f"{sum(info.activation_bytes for info in infos) / 2**20:.2f} MiB")


def arithmetic(infos: list[LayerInfo], index: int) -> None:
    """The formulas of one layer, worked out."""
    info, before = infos[index], infos[index - 1] if index else None
    steps = {
        "Output height and width" if info.is_spatial else "Output": layer_formulas.output_size(info),
        "Parameters, weights and biases": layer_formulas.parameters(info),
        "Multiply-accumulates": layer_formulas.macs(info),
        "Receptive field, in input pixels": layer_formulas.receptive_field(info, before),
        "Jump between neighbours, in input pixels": layer_formulas.jump(info, before),
        "Memory of the output": layer_formulas.memory(info),
    }
    with st.container(border=True, key="arithmetic"):
        shapes = f"{tables.shape(info.input_shape)} → {tables.shape(info.output_shape)}"
        st.subheader(f"{info.name}: {shapes}", anchor=False)
        for column, (meaning, formula) in zip(st.columns(3) + st.columns(3), steps.items(), strict=True):
            column.caption(meaning)
            column.latex(formula)


def layer_table(
    infos: list[LayerInfo], key: str, on_select: Literal["ignore"] | Callable[[], None] = "ignore"
) -> None:
    """All layers with their shapes and costs, and the totals in the last row."""
    column = st.column_config
    st.dataframe(
        tables.layer_table(infos),
        hide_index=True,
        height="content",
        row_height=32,
        key=key,
        on_select=on_select,
        selection_mode="single-cell",
        column_config={
            "layer": column.TextColumn(width=62, pinned=True),
            **{name: column.TextColumn(width=58) for name in ("kernel", "stride", "padding", "groups")},
            "size": column.TextColumn("output size", width=225),
            "output": column.TextColumn(width=105),
            "parameters": column.NumberColumn(format="localized", width=95),
            "MACs": column.NumberColumn(format="localized", width=112, help="multiply-accumulate operations"),
            "of parameters": column.NumberColumn("share", format="percent", width=66),
            "of MACs": column.NumberColumn("share", format="percent", width=66),
            "memory": column.NumberColumn("memory, KiB", format="%.1f"),
            "sees": column.TextColumn(help="receptive field, in input pixels"),
            "jump": column.TextColumn(help="input pixels between neighbouring outputs"),
        },
        alt="All layers with their shapes and costs, and the totals in the last row",
    )


def background(name: str) -> None:
    """The explanation belonging to a page, folded away until someone asks."""
    with st.expander("Background", icon=":material/menu_book:"):
        st.markdown(cached.text(name))
