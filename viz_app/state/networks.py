"""The chosen network, and its channels that are switched off."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from model.architectures import Architecture
from model.networks import architectures as public
from model.networks import get_source, sources_for
from model.private import find_private
from model.weights.files import find
from model.weights.sources import DEFAULT_ARCHITECTURE
from viz_app import address, cached
from viz_app.cached import Network


def network() -> Network:
    """Return the chosen network. If its weights are not on this machine, others that fit are used."""
    architecture = st.session_state.get("architecture")
    if architecture not in architectures():
        architecture = DEFAULT_ARCHITECTURE
    weights = st.session_state.get("weights") or sources_for(architecture)[0].name
    if not is_here(weights):
        weights = next(source.name for source in sources_for(architecture) if is_here(source.name))
    return Network(architecture, weights, st.session_state.get("device") or "auto")


def architectures() -> dict[str, Architecture]:
    """Return the architectures that this session can choose from, by name: its own networks come last."""
    own = st.session_state.setdefault("own_networks", [])
    wanted = address.asked("architecture")
    if wanted and wanted not in own and find_private(wanted):  # after a reload, or by a link
        own.append(wanted)
    found = ((name, find_private(name)) for name in own)
    return public() | {name: one.architecture for name, one in found if one}


def use_own_network(name: str) -> None:
    """Choose a private network of this session. Call this only from a callback."""
    own = [one for one in st.session_state.get("own_networks", ()) if one != name]
    st.session_state["own_networks"] = [*own, name]
    st.session_state["architecture"] = name
    st.session_state["weights"] = name
    address.rerun_everything()


def use_weights(weights: str) -> None:
    """Choose weights, and download them if they are missing. Call this only from a callback."""
    st.session_state["weights"] = weights
    if not is_here(weights):
        st.session_state[f"download-{weights}"] = True
    address.rerun_everything()


def is_here(weights: str) -> bool:
    """Return whether these weights can be used without a download."""
    source = get_source(weights)
    return not source.files or find(source) is not None


def _off_key(network: Network) -> str:
    """Return the key of what is switched off; with other weights, a channel means something else."""
    return f"off-{network.architecture}-{network.weights}"


def settle_switched_off(network: Network) -> None:
    """Switch off the channels that the address names, if there are any."""
    counts = {info.name: info.output_shape[0] for info in cached.layers(network.architecture)}
    address.settle("off", counts, key=_off_key(network))


def switched_off(network: Network) -> dict[str, frozenset[int]]:
    """Return the channels of each layer that this session has switched off: {"relu5": {3, 7}}."""
    return st.session_state.get(_off_key(network), {})


def switch(network: Network, layer: str, channels: Sequence[int]) -> None:
    """Switch channels of a layer off, or on again if they are off. Call this only from a callback."""
    off = switched_off(network)
    changed = off.get(layer, frozenset()) ^ frozenset(channels)
    st.session_state[_off_key(network)] = {**off, layer: changed}


def switch_off(network: Network, layer: str, channels: Sequence[int]) -> None:
    """Switch channels of a layer off; channels that are off stay off."""
    off = switched_off(network)
    changed = off.get(layer, frozenset()) | frozenset(channels)
    st.session_state[_off_key(network)] = {**off, layer: changed}


def switch_all_on(network: Network) -> None:
    """Switch all channels of all layers on again."""
    st.session_state.pop(_off_key(network), None)
