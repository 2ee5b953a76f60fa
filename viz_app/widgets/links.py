"""Links between pages that show the same channel."""

from __future__ import annotations

import streamlit as st

from model.layers import LayerInfo
from viz_app import address, cached, state
from viz_app.address.table import write
from viz_app.cached.networks import Network

# Page, what its link says, and its icon.
PAGES = (
    ("feature_maps", "Its feature map", "layers"),
    ("cell", "Work out one of its numbers", "calculate"),
    ("patches", "What excites it in photos", "frame_inspect"),
    ("feature_visualization", "Make a picture that excites it", "auto_awesome"),
)


def about_channel(info: LayerInfo, channel: int) -> None:
    """Show links to what the other pages say about a channel of a layer with feature maps."""
    with st.container(horizontal=True, key="about_channel", gap="medium"):
        for page, label, icon in PAGES:
            if page != address.page():
                _link(page, label, icon, {"layer": info.name, "channel": str(channel)})
        if relu := _relu(info, state.network()):
            off = write("off", {relu: frozenset([channel])})
            _link("ablation", "Switch it off", "toggle_off", {"off_layer": relu, "off": off})


def _link(page: str, label: str, icon: str, choices: dict[str, str]) -> None:
    st.page_link(
        address.PAGE_FILES / f"{page}.py",
        label=label,
        icon=f":material/{icon}:",
        query_params=address.on_every_page() | choices,
    )


def _relu(info: LayerInfo, network: Network) -> str | None:
    """Return the ReLU whose channels are those of this layer, or None."""
    infos = cached.layers(network.architecture)
    names = [one.name for one in infos]
    at = names.index(info.name)
    near = infos[at : at + 2] if info.type == "Conv" else infos[at : at + 1]
    return next((one.name for one in near if one.type == "ReLU"), None)
