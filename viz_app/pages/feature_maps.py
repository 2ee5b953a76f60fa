"""The page Feature maps: the output of a layer for the photo, all channels and then one of them."""

import numpy as np
import streamlit as st

from model.layers import LayerInfo
from model.preprocess import network_crop
from viz_app import address, cached, state
from viz_app.components import clickable_picture
from viz_app.draw import figures, layer_formulas, pictures, tables
from viz_app.widgets.choose import telling_channel
from viz_app.widgets.downloads import save_picture_and_numbers
from viz_app.widgets.links import about_channel
from viz_app.widgets.network import network_diagram
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading, picture

ORDERS = ("index", "mean", "maximum")

heading(
    "Feature maps",
    "The output of every layer for this photo. Choose a layer in the diagram, then one of its channels.",
)


@part
def feature_maps() -> None:
    network = state.network()
    infos = cached.layers(network.architecture)
    names = [info.name for info in infos]
    controls = st.columns([2, 2, 2, 3], vertical_alignment="bottom")
    layer = controls[0].selectbox("Layer", names, **address.kept("layer", names, names[0]))
    network_diagram("map_diagram", network.data, infos, layer)
    info = infos[names.index(layer)]
    values = cached.feature_maps(state.photo(), network)[layer]
    if info.is_spatial:
        _maps(values, info, network, controls[1:])
    else:
        _units(values, info, network)
    background("feature_maps")


def _facts(values: np.ndarray, info: LayerInfo) -> None:
    what, formula = st.columns([1, 1], vertical_alignment="center")
    what.subheader(f"{info.name}: {tables.shape(info.output_shape)}", anchor=False)
    what.caption(
        f"{info.parameters:,} parameters · {np.mean(values == 0):.0%} of the values are zero · "
        f"from {values.min():.4g} to {values.max():.4g}"
    )
    formula.latex(layer_formulas.output_size(info))


def _maps(values: np.ndarray, info: LayerInfo, network: cached.Network, controls: list) -> None:
    count = len(values)
    order = controls[1].selectbox("Sorted by", ORDERS, **address.kept("order", ORDERS, ORDERS[0]))
    common = controls[2].toggle("Same colour scale for all", **address.kept("map_scale"))
    chosen = address.kept("channel", range(count), telling_channel(info))
    channel = controls[0].number_input("Channel", 0, count - 1, **chosen)
    ranking = _ranking(values, order)
    towers = network.data.towers if order == "index" else 1
    _facts(values, info)
    everything, one, over = st.columns([6, 5, 4], gap="medium")
    tiles = pictures.map_tiles(values[ranking], common)
    mosaic = pictures.mosaic(tiles, columns=pictures.columns(count), blocks=towers)
    with everything:
        clickable_picture(
            mosaic,
            key="map_mosaic",
            selected=int(np.flatnonzero(ranking == channel)[0]),
            on_pick=lambda position: state.choose("channel", int(ranking[position])),
            alt=f"All {count} feature maps of {info.name}",
            labels=[
                f"channel {c} · mean {m:.3g}"
                for c, m in zip(ranking, values[ranking].mean((1, 2)), strict=True)
            ],
        )
        save_picture_and_numbers(mosaic, values, f"{info.name}-feature-maps")
    _one(values[channel], values if common else None, f"Channel {channel} of {info.name}", network, one, over)
    about_channel(info, channel)


def _ranking(values: np.ndarray, order: str) -> np.ndarray:
    """Return the channel numbers in ascending order, or with the largest mean or maximal activation first."""
    if order == "index":
        return np.arange(len(values))
    strength = values.mean((1, 2)) if order == "mean" else values.max((1, 2))
    return np.argsort(-strength, kind="stable")


def _one(
    values: np.ndarray, scope: np.ndarray | None, title: str, network: cached.Network, one, over
) -> None:
    with one:
        st.markdown(f"**{title}**")
        chart(figures.heatmap(values, scope, height=340), key="one_map", alt=f"{title}, with its values")
        if not values.any():
            st.caption("This channel is silent on this photo: all its activations are zero.")
    with over:
        st.markdown("**Over the photo**")
        picture(
            pictures.map_over(network_crop(state.photo(), network.data), values), f"{title}, over the photo"
        )


def _units(values: np.ndarray, info: LayerInfo, network: cached.Network) -> None:
    _facts(values, info)
    curve, strongest = st.columns([3, 2], gap="large")
    with curve:
        chart(figures.sorted_units(values), key="units", alt=f"All units of {info.name}, sorted")
    with strongest:
        order = np.argsort(-values, kind="stable")[:15]
        labels = cached.classification(state.photo(), network).labels
        named = len(labels) == len(values)
        names = [labels[unit] if named else f"unit {unit}" for unit in order]
        st.markdown("**The strongest units**")
        chart(
            figures.bars(names, values[order], [f"{v:.4g}" for v in values[order]], height=560),
            key="strongest",
            alt="The fifteen strongest units",
        )


feature_maps()
