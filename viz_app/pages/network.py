"""The network as a drawing, a table, and the arithmetic of one layer."""

import streamlit as st

from viz_app import cached, state
from viz_app.widgets.run import part
from viz_app.widgets.show import arithmetic, background, heading, layer_table, network_diagram, totals

heading("Architecture", "All layers with their shapes and costs. Choose one in the drawing or in the table.")


@part
def network_page() -> None:
    architecture = state.network().data
    names = list(architecture.layer_names)
    state.valid_choice("layer", names)
    choose_layer, choose_size, *sums = st.columns([3, 3, 3, 4, 3], vertical_alignment="bottom")
    layer = choose_layer.selectbox("Layer", names, key="layer", bind="query-params")
    size = choose_size.number_input(
        "Input size in pixels",
        1,
        1024,
        architecture.input_size,
        key=f"input-{architecture.name}",
        persist_state="session",
        help="The paper says 224. Try it, and see what conv1 makes of it.",
    )
    infos = cached.layers(architecture.name, size)
    totals(infos, sums)
    network_diagram("diagram", architecture, infos, layer)
    arithmetic(infos, names.index(layer))
    layer_table(infos, key="layer_table", on_select=lambda: _take_row(names))
    background("network")


def _take_row(names: list[str]) -> None:
    cells = st.session_state["layer_table"]["selection"]["cells"]
    if cells and cells[0][0] < len(names):  # the last row is the total
        state.choose("layer", names[cells[0][0]])


network_page()
