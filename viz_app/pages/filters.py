"""The first layer's filters: what the network looks for in the pixels themselves."""

import numpy as np
import streamlit as st

from model.preprocess import network_crop
from viz_app import cached, state
from viz_app.components import clickable_picture
from viz_app.draw import figures, pictures, tables
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading, picture

heading(
    "Filters",
    "The filters of conv1 in colour. Choose one, by a click or the arrow keys, to see its weights.",
)


@part
def filters() -> None:
    network = state.network()
    kernels = cached.kernels(network, "conv1")
    count, towers = len(kernels), network.data.towers
    state.valid_choice("filter", range(count))
    pick, scale, _ = st.columns([2, 3, 5], vertical_alignment="bottom")
    chosen = pick.number_input("Filter", 0, count - 1, key="filter", bind="query-params")
    common = scale.toggle("One scale for all", key="filter_scale", persist_state="session")
    if towers == 2:
        for column, tower in zip(st.columns(2), ("first", "second"), strict=True):
            column.markdown(f"**Tower of the {tower} GPU**")
    clickable_picture(
        pictures.mosaic(pictures.filter_tiles(kernels, common), columns=16, blocks=towers),
        key="filter_mosaic",
        selected=chosen,
        on_pick=lambda index: state.choose("filter", index),
        alt=f"All {count} filters of conv1 as small colour pictures",
        labels=[f"filter {index}" for index in range(count)],
    )
    _one(kernels[chosen], chosen, network)
    background("filters")


def _one(kernel: np.ndarray, index: int, network: cached.Network) -> None:
    colour, planes = st.columns([1, 3], gap="medium")
    with colour, st.container(key="filter_colour"):
        st.markdown(f"**Filter {index}** · {tables.shape(kernel.shape)}")
        tile = pictures.filter_tiles(kernel[None], common_scale=False)[0]
        picture(pictures.enlarge(tile, 30), f"Filter {index} in colour", "in colour, grey is zero")
    with planes:
        chart(
            figures.planes(kernel), key="planes", alt=f"The weights of filter {index} for red, green and blue"
        )
    weights, response, over = st.columns([4, 4, 3], gap="medium")
    with weights:
        st.markdown(f"**Its {kernel.size} weights** · largest {np.abs(kernel).max():.3g}")
        chart(figures.histogram(kernel), key="histogram", alt="Histogram of the weights")
    with response:
        answer = cached.feature_maps(state.photo(), network)["conv1"][index]
        st.markdown(f"**Its response to the picture** · {tables.shape(answer.shape)}")
        chart(
            figures.heatmap(answer, height=300),
            key="response",
            alt=f"Output of filter {index} on the picture",
        )
    with over:
        st.markdown("**Where it fires**")
        crop = network_crop(state.photo(), network.data)
        picture(pictures.map_over(crop, answer), f"The positive response of filter {index} over the picture")


filters()
