"""A network to change: every shape and cost follows, and what is impossible is explained where it fails."""

import pandas as pd
import streamlit as st

from model.architectures import Architecture
from model.editing import EDITABLE, PRESETS, edited, settings
from model.export import to_code
from model.layers import LayerInfo, describe_until_failure
from viz_app import state
from viz_app.draw import tables
from viz_app.widgets.run import part
from viz_app.widgets.show import arithmetic, background, heading, layer_table, network_diagram, totals

heading(
    "Shape lab",
    "Change any number of the network, and see how the shapes and costs of all later layers follow.",
)

COLUMNS = {
    "channels": "channels or units",
    "units": "channels or units",
    "kernel_size": "kernel",
    "stride": "stride",
    "padding": "padding",
    "dilation": "dilation",
    "groups": "groups",
    "size": "pooled to",
}


@part
def shape_lab() -> None:
    choose, resize, *sums = st.columns([4, 2, 3, 4, 3], vertical_alignment="bottom")
    preset = choose.selectbox("Start from", list(PRESETS), key="preset", bind="query-params")
    start = PRESETS[preset]
    size = resize.number_input("Input, pixels", 1, 2048, start.input_size, key=f"lab_input-{preset}")
    architecture = edited(start.with_input_size(size), _changes(start, preset))
    infos, failure = describe_until_failure(architecture)
    totals(infos, sums)
    _result(architecture, infos, failure)
    if infos:
        layer_table(infos, key="lab_table")
    if not failure:
        _export(architecture, infos)
    background("shape_lab")


def _changes(start: Architecture, preset: str) -> dict[str, dict[str, int | None]]:
    """The table of settings, as the user has left it."""
    layers = [layer for layer in start.layers if type(layer) in EDITABLE]
    rows = pd.DataFrame(
        [{COLUMNS[name]: value for name, value in settings(layer).items()} for layer in layers],
        columns=list(dict.fromkeys(COLUMNS.values())),
        index=pd.Index([layer.name for layer in layers], name="layer"),
        dtype="Int64",
    ).dropna(axis="columns", how="all")
    table = st.data_editor(
        rows,
        key=f"lab-{preset}",
        height="content",
        row_height=30,
        width="stretch",
        placeholder="",
        column_config={
            name: st.column_config.NumberColumn(min_value=0 if name == "padding" else 1, step=1)
            for name in rows.columns
        },
    )
    if filled := [
        f"{layer} has no {name}"
        for layer, row in rows.iterrows()
        for name, value in row.items()
        if pd.isna(value) and not pd.isna(table.loc[layer, name])
    ]:
        st.info(f"{', '.join(filled)}: a number there changes nothing.", icon=":material/info:")
    return {
        layer.name: {
            name: None if pd.isna(value := table.loc[layer.name, COLUMNS[name]]) else int(value)
            for name in settings(layer)
        }
        for layer in layers
    }


def _result(architecture: Architecture, infos: list[LayerInfo], failure: str) -> None:
    """The drawing and one layer's formulas, or what is wrong."""
    names = [info.name for info in infos]
    if failure:
        st.error(failure, icon=":material/block:")
    for info in infos:
        if unseen := _unseen(info):
            st.info(unseen, icon=":material/info:")
    if not infos:
        return
    state.valid_choice("layer", names)
    layer = st.selectbox("Layer", names, key="layer", bind="query-params")
    if not failure:
        network_diagram("lab_diagram", architecture, infos, layer)
    arithmetic(infos, names.index(layer))


def _unseen(info: LayerInfo) -> str:
    """A sentence where a window's steps do not come out even, or are longer than the window."""
    if not info.stride or not info.is_spatial:
        return ""
    padding = info.padding or 0
    room = info.input_shape[1] + 2 * padding - info.span
    left = room % info.stride
    if info.stride > info.span:
        return (
            f"{info.name}: its window of {info.span} moves by {info.stride}. Rows and columns between two "
            "places are not looked at."
        )
    if not left:
        return ""
    missed = left - padding
    rest = "The last row and column are" if missed == 1 else f"The last {missed} rows and columns are"
    return (
        f"{info.name}: {room}/{info.stride} + 1 = {room / info.stride + 1:g} is not whole, so there are "
        f"{info.output_shape[1]} places. {rest if missed > 0 else 'Some of the padding is'} not looked at."
    )


def _export(architecture: Architecture, infos: list[LayerInfo]) -> None:
    code, table, _ = st.columns([2, 2, 5])
    text = to_code(architecture)
    code.download_button(
        "Download the code",
        text,
        "network.py",
        "text/x-python",
        key="code",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )
    table.download_button(
        "Table",
        tables.layer_table(infos).to_csv(index=False),
        "network.csv",
        "text/csv",
        key="csv",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )
    with st.expander("PyTorch code", icon=":material/code:"):
        st.code(text, "python")


shape_lab()
