"""The page Filters: the filters of conv1, their weights, and their feature maps for the photo."""

import numpy as np
import streamlit as st

from model.preprocess import network_crop
from viz_app import address, cached, state
from viz_app.components import clickable_picture
from viz_app.draw import figures, pictures, tables
from viz_app.widgets.choose import telling_channel
from viz_app.widgets.downloads import save_picture_and_numbers
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
    pick, scale, _ = st.columns([2, 3, 5], vertical_alignment="bottom")
    usual = telling_channel(cached.layers(network.architecture)[0])
    chosen = pick.number_input("Filter", 0, count - 1, **address.kept("filter", range(count), usual))
    common = scale.toggle("Same colour scale for all", **address.kept("filter_scale"))
    if towers == 2:
        st.markdown("**Left half:** tower of the first GPU. **Right half:** tower of the second GPU.")
    everything = pictures.mosaic(pictures.filter_tiles(kernels, common), columns=16, blocks=towers)
    clickable_picture(
        everything,
        key="filter_mosaic",
        selected=chosen,
        on_pick=lambda index: state.choose("filter", index),
        alt=f"All {count} filters of conv1 in colour",
        labels=[f"filter {index}" for index in range(count)],
    )
    save_picture_and_numbers(everything, kernels, "conv1-filters")
    _one(kernels[chosen], chosen, network)
    background("filters")


def _one(kernel: np.ndarray, index: int, network: cached.Network) -> None:
    colour, planes = st.columns([1, 3], gap="medium")
    with colour, st.container(key="filter_colour"):
        st.markdown(f"**Filter {index}** · {tables.shape(kernel.shape)}")
        tile = pictures.filter_tiles(kernel[None], common_scale=False)[0]
        picture(
            pictures.enlarge(tile, 30), f"Filter {index} in colour", "in colour; a weight of zero is grey"
        )
    with planes:
        chart(
            figures.planes(kernel), key="planes", alt=f"The weights of filter {index} for red, green and blue"
        )
    weights, response, over = st.columns([4, 4, 3], gap="medium")
    with weights:
        st.markdown(f"**{kernel.size} weights** · largest {np.abs(kernel).max():.3g}")
        chart(figures.histogram(kernel), key="histogram", alt="Histogram of the weights")
    with response:
        answer = cached.feature_maps(state.photo(), network)["conv1"][index]
        st.markdown(f"**Feature map for the photo** · {tables.shape(answer.shape)}")
        chart(
            figures.heatmap(answer, height=300),
            key="response",
            alt=f"The feature map of filter {index} for the photo",
        )
    with over:
        st.markdown("**Positive activations over the photo**")
        crop = network_crop(state.photo(), network.data)
        picture(pictures.map_over(crop, answer), f"The positive activations of filter {index} over the photo")


filters()
