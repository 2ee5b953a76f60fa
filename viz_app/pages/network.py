"""The network as a drawing, a table, and the arithmetic of one layer."""

import streamlit as st

from model.layers import LayerInfo
from viz_app import cached, formulas, state, tables
from viz_app.parts import background, heading, network_diagram, part

heading("Network", "How a picture shrinks into an answer. Choose a layer in the drawing or in the table.")


@part
def network_page() -> None:
    architecture = state.network().data
    names = list(architecture.layer_names)
    state.valid_choice("layer", names)
    choose_layer, choose_size, *sums = st.columns([3, 3, 3, 4, 3], vertical_alignment="bottom")
    layer = choose_layer.selectbox("Layer", names, key="layer", bind="query-params")
    size = choose_size.number_input(
        "Input size in pixels", 1, 1024, architecture.input_size, key=f"input-{architecture.name}",
        persist_state="session", help="The paper says 224. Try it, and see what conv1 makes of it.",
    )  # fmt: skip
    infos = cached.layers(architecture.name, size)
    _totals(infos, sums)
    network_diagram("diagram", architecture, infos, layer)
    _arithmetic(infos, names.index(layer))
    _table(infos, names)
    background("network")


def _totals(infos: list[LayerInfo], columns: list) -> None:
    parameters, macs, memory = columns
    parameters.metric("Parameters", f"{sum(info.parameters for info in infos):,}")
    macs.metric("Multiply-accumulates", f"{sum(info.macs for info in infos):,}")
    memory.metric("Activations", f"{sum(info.activation_bytes for info in infos) / 2**20:.2f} MiB")


def _arithmetic(infos: list[LayerInfo], index: int) -> None:
    info, before = infos[index], infos[index - 1] if index else None
    steps = {
        "Output height and width" if info.is_spatial else "Output": formulas.output_size(info),
        "Parameters, weights and biases": formulas.parameters(info),
        "Multiply-accumulates": formulas.macs(info),
        "Receptive field, in input pixels": formulas.receptive_field(info, before),
        "Jump between neighbours, in input pixels": formulas.jump(info, before),
        "Memory of the output": formulas.memory(info),
    }
    with st.container(border=True, key="arithmetic"):
        shapes = f"{tables.shape(info.input_shape)} → {tables.shape(info.output_shape)}"
        st.subheader(f"{info.name}: {shapes}", anchor=False)
        for column, (meaning, formula) in zip(st.columns(3) + st.columns(3), steps.items(), strict=True):
            column.caption(meaning)
            column.latex(formula)


def _table(infos: list[LayerInfo], names: list[str]) -> None:
    column = st.column_config
    st.dataframe(
        tables.layer_table(infos),
        hide_index=True,
        height="content",
        row_height=32,
        key="layer_table",
        on_select=lambda: _take_row(names),
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


def _take_row(names: list[str]) -> None:
    cells = st.session_state["layer_table"]["selection"]["cells"]
    if cells and cells[0][0] < len(names):  # the last row is the total
        state.choose("layer", names[cells[0][0]])


network_page()
