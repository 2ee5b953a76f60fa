"""The page Shape lab: change the network's numbers, and see how shapes and costs follow."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.architectures import Architecture
from model.editing import (
    ACTIVATIONS,
    EDITABLE,
    KIND_TITLES,
    POOLINGS,
    PRESET_TITLES,
    PRESETS,
    RULE_TITLES,
    edited,
    kinds_of,
    rule_of,
    settings,
    with_kinds,
    with_rule,
)
from model.export import to_code
from model.layers import LayerInfo, describe_until_failure
from viz_app import address, state
from viz_app.draw import tables
from viz_app.widgets.network import network_diagram
from viz_app.widgets.run import part
from viz_app.widgets.show import arithmetic, background, heading, layer_table, totals

heading(
    "Shape lab",
    "Change any number of the network, and see how the shapes and costs of all later layers follow.",
)

Changes = dict[str, dict[str, int | None]]

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
    choose, resize = st.columns([3, 2], vertical_alignment="bottom")
    rounding, activation, pooling = st.columns(3, vertical_alignment="bottom")
    sums = st.columns(3)
    kept = address.kept("preset", PRESET_TITLES, "227")
    preset = choose.selectbox("Start from", list(PRESETS), format_func=PRESET_TITLES.__getitem__, **kept)
    start = PRESETS[preset]
    kept = address.kept("input", range(1, 2049), start.input_size, f"lab_input-{preset}")
    size = resize.number_input("Input, pixels", 1, 2048, **kept)
    kept = address.kept("rounding", RULE_TITLES, rule_of(start), f"rounding-{preset}")
    rule = rounding.selectbox(
        "Sizes are rounded", list(RULE_TITLES), format_func=RULE_TITLES.__getitem__, **kept
    )
    function, pool = kinds_of(start)
    function = _kind(activation, "Activation function", "activation", tuple(ACTIVATIONS), function, preset)
    pool = _kind(pooling, "Pooling keeps", "pooling", tuple(POOLINGS), pool, preset)
    changed = edited(start.with_input_size(size), _changes(start, preset))
    architecture = with_kinds(with_rule(changed, rule), function, pool)
    infos, failure = describe_until_failure(architecture)
    totals(infos, sums)
    _result(architecture, infos, failure)
    if infos:
        layer_table(infos, key="lab_table")
    if not failure:
        _export(architecture, infos)
    background("shape_lab")


def _kind(
    place: DeltaGenerator, title: str, name: str, options: tuple[str, ...], usual: str, preset: str
) -> str:
    """Show a choice of activation function or pooling, and return it. Shapes do not depend on it."""
    kept = address.kept(name, options, usual, f"{name}-{preset}")
    return place.selectbox(title, options, format_func=KIND_TITLES.__getitem__, **kept)


def _changes(start: Architecture, preset: str) -> Changes:
    """Show the table of settings, and return the user's changes by layer."""
    usual = {layer.name: settings(layer) for layer in start.layers if type(layer) in EDITABLE}
    changes = address.settle("changes", usual, key=f"changes-{preset}")
    editor, changed = state.editor_of_changes(preset, changes)
    used = {name for its in usual.values() for name in its}
    rows = pd.DataFrame(
        [
            {COLUMNS[name]: changed.get(layer, {}).get(name, value) for name, value in its.items()}
            for layer, its in usual.items()
        ],
        columns=list(dict.fromkeys(COLUMNS[name] for name in COLUMNS if name in used)),
        index=pd.Index(list(usual), name="layer"),
        dtype="Int64",
    )
    with st.container(key="lab_settings"):
        table = st.data_editor(
            rows,
            key=editor,
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
        for layer, its in usual.items()
        for name in rows.columns
        if name not in [COLUMNS[setting] for setting in its] and not pd.isna(table.loc[layer, name])
    ]:
        st.info(f"These numbers change nothing: {', '.join(filled)}.", icon=":material/info:")
    changes = _differences(table, usual)
    state.keep_changes(preset, changes)
    return changes


def _differences(table: pd.DataFrame, usual: Mapping[str, Mapping[str, int]]) -> Changes:
    """Return the settings in the table that differ from the preset's; None for a number that was deleted."""
    found: Changes = {}
    for layer, its in usual.items():
        for name, value in its.items():
            written = table.loc[layer, COLUMNS[name]]
            number = None if pd.isna(written) else int(written)
            if number != value:
                found.setdefault(layer, {})[name] = number
    return found


def _result(architecture: Architecture, infos: list[LayerInfo], failure: str) -> None:
    """Show the diagram and the formulas of one layer, and say what is wrong if a layer has no output."""
    names = [info.name for info in infos]
    if failure:
        st.error(failure, icon=":material/block:")
    for info in infos:
        if unseen := _unseen(info):
            st.info(unseen, icon=":material/info:")
    if not infos:
        return
    layer = st.selectbox("Layer", names, **address.kept("layer", names, names[0]))
    if not failure:
        network_diagram("lab_diagram", architecture, infos, layer)
    arithmetic(infos, names.index(layer))


def _unseen(info: LayerInfo) -> str:
    """Return a sentence if a layer does not use all of its input, else ""."""
    if not info.stride or not info.is_spatial:
        return ""
    padding = info.padding or 0
    room = info.input_shape[1] + 2 * padding - info.span
    left = room % info.stride
    if info.stride > info.span:
        return (
            f"{info.name}: its window of {info.span} moves by {info.stride}. The rows and columns between "
            "two windows are not used."
        )
    if not left:
        return ""
    if info.overhang:
        edge = "0s" if info.type == "Conv" else "nothing"
        return (
            f"{info.name}: {room}/{info.stride} + 1 = {room / info.stride + 1:g} is rounded up to "
            f"{info.output_shape[1]}. The last window reaches {info.overhang} rows and columns beyond the "
            f"edge, where it reads {edge}."
        )
    missed = left - padding
    rest = "The last row and column are" if missed == 1 else f"The last {missed} rows and columns are"
    return (
        f"{info.name}: {room}/{info.stride} + 1 = {room / info.stride + 1:g} is not a whole number, so the "
        f"window fits {info.output_shape[1]} times. {rest if missed > 0 else 'Some of the padding is'} not "
        "used."
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
