"""The page Architecture: a diagram of the network, a table of all layers, and the formulas of one layer."""

import streamlit as st

from viz_app import address, cached, state
from viz_app.widgets.network import network_diagram
from viz_app.widgets.run import part
from viz_app.widgets.show import arithmetic, background, heading, layer_table, totals

heading("Architecture", "All layers with their shapes and costs. Choose one in the diagram or in the table.")


@part
def network_page() -> None:
    architecture = state.network().data
    names = list(architecture.layer_names)
    choose_layer, choose_size, *sums = st.columns([3, 3, 3, 4, 3], vertical_alignment="bottom")
    layer = choose_layer.selectbox("Layer", names, **address.kept("layer", names, names[0]))
    size = choose_size.number_input(
        "Input size in pixels",
        1,
        1024,
        help="The paper says 224. Try it, and see what size the output of conv1 gets.",
        **address.kept("input", range(1, 1025), architecture.input_size, f"input-{architecture.name}"),
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
