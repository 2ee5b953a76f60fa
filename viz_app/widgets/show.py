"""Show a heading, a chart, a picture, the diagram of a network, a table of layers or a layer's formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from model.layers import LayerInfo
from model.preprocess import EXTENSIONS, MAX_BYTES
from viz_app import cached, state
from viz_app.draw import figures, layer_formulas, tables
from viz_app.settings import settings

# Show only one of Plotly's buttons: the one that saves the chart, three times as large as on screen.
QUIET = {
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "png", "filename": "alexnet", "scale": 3},
}

PRESENTED = 22 / 17  # as much larger as other type is in assets/presenter.css


def heading(title: str, sentence: str) -> None:
    """Show a page's title and one sentence that says what the page shows. Warn if the weights are random."""
    st.title(title, anchor=False)
    st.markdown(sentence)
    if state.network().weights == "random":
        st.info("These weights are random: the network has learned nothing, and its predictions are chance.")


def photo_upload(key: str, label_visibility: Literal["visible", "collapsed"] = "visible") -> None:
    """Show the widget to upload a photo of one's own, which then becomes the chosen photo."""
    st.file_uploader(
        "Your own photo",
        EXTENSIONS,
        key=key,
        on_change=state.take_photo,
        args=(key,),
        max_upload_size=MAX_BYTES >> 20,
        label_visibility=label_visibility,
    )


def photo_promise() -> None:
    """Say where an uploaded photo goes, and for how long."""
    st.caption(
        "Your photo stays in the memory of the computer that runs this app. Nobody else sees it unless you "
        f"share it. It is removed at the latest {settings().hours} after you leave."
    )


def chart(figure: go.Figure, key: str, alt: str) -> None:
    """Show a chart as wide as its column.

    Args:
        alt: what the chart shows, for users who cannot see it.
    """
    if state.presenter():
        figure = figures.enlarged(figure, PRESENTED)
    st.plotly_chart(figure, key=key, config=QUIET, alt=alt)


def picture(
    pixels: np.ndarray | Image.Image,
    alt: str,
    caption: str | None = None,
    width: int | Literal["stretch"] = "stretch",
) -> None:
    """Show a picture as PNG: JPEG would blur feature maps and heat maps.

    Args:
        alt: what the picture shows, for users who cannot see it.
    """
    st.image(pixels, caption, width=width, output_format="PNG", alt=alt)


def totals(infos: list[LayerInfo], columns: Sequence[DeltaGenerator]) -> None:
    """Show the network's total parameters, multiply-accumulates and memory, each in a column."""
    parameters, macs, memory = columns
    parameters.metric("Parameters", f"{sum(info.parameters for info in infos):,}")
    macs.metric("Multiply-accumulates", f"{sum(info.macs for info in infos):,}")
    memory.metric("Activations", f"{sum(info.activation_bytes for info in infos) / 2**20:.2f} MiB")


def arithmetic(infos: list[LayerInfo], index: int) -> None:
    """Show the formulas for one layer's shape and costs with the actual numbers."""
    info, before = infos[index], infos[index - 1] if index else None
    steps = {
        "Output height and width" if info.is_spatial else "Output": layer_formulas.output_size(info),
        "Parameters, weights and biases": layer_formulas.parameters(info),
        "Multiply-accumulates": layer_formulas.macs(info),
        "Receptive field, in input pixels": layer_formulas.receptive_field(info, before),
        "Jump from one activation to the next, in input pixels": layer_formulas.jump(info, before),
        "Memory for the output": layer_formulas.memory(info),
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
    """Show a table of all layers with their shapes and costs, and the totals in the last row."""
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
            "layer": column.TextColumn(width=max(62, 8 * max(len(i.name) for i in infos)), pinned=True),
            **{name: column.TextColumn(width=58) for name in ("kernel", "stride", "padding", "groups")},
            "size": column.TextColumn("output size", width=225),
            "output": column.TextColumn(width=105),
            "parameters": column.NumberColumn(format="localized", width=95),
            "MACs": column.NumberColumn(format="localized", width=112, help="multiply-accumulate operations"),
            "share of parameters": column.NumberColumn("share", format="percent", width=66),
            "share of MACs": column.NumberColumn("share", format="percent", width=66),
            "memory": column.NumberColumn("memory, KiB", format="%.1f"),
            "receptive field": column.TextColumn(help="side of the receptive field, in input pixels"),
            "jump": column.TextColumn(help="input pixels from one activation to the next"),
        },
        alt="All layers with their shapes and costs, and the totals in the last row",
    )


def background(name: str) -> None:
    """Show a page's explanation, viz_app/text/<name>.md, folded away until someone opens it."""
    with st.expander("Background", icon=":material/menu_book:"):
        st.markdown(cached.text(name))
