"""Choices without a widget of their own: clicks, positions, boxes, the Shape lab's table, the view."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.receptive_field import Box
from viz_app import address
from viz_app.cached import Network
from viz_app.state.photos import photo


def choose(key: str, value: Any) -> None:
    """Set a widget's choice, for example after a click in a picture. Call this only from a callback."""
    st.session_state[key] = value


def chosen(key: str, default: Any) -> Any:
    """Return a choice that `choose` has set, or the default."""
    return st.session_state.get(key, default)


def place_is_of_another(of: tuple) -> bool:
    """Return whether row and column were chosen on another feature map, and are to be reset to the strongest.

    Return False if `choose_place` has just set them or if the address contains them. From now on they belong
    to this feature map.

    Args:
        of: identifies this feature map, for example by photo, network, layer and channel.
    """
    before = st.session_state.get("place_of")
    st.session_state["place_of"] = of
    return before is not None and before != of


def channel_is_of_another(layer: str) -> bool:
    """Return whether the channel was chosen in another layer, so that it must be reset."""
    before = st.session_state.get("place_of")
    return before is not None and before[-2] != layer and before[-1] == st.session_state.get("channel")


def choose_place(row: int, column: int) -> None:
    """Choose a row and a column. Call this only from a callback."""
    choose("row", row)
    choose("column", column)
    st.session_state.pop("place_of", None)


def settle_box(network: Network) -> None:
    """Draw the box that the address contains, if there is one."""
    address.settle("box", network.data.input_size, key=_box_key(network))


def _box_key(network: Network) -> str:
    """Return the key of the box, which belongs to a photo and to the size of the crop."""
    return f"box-{photo().sha256[:12]}-{network.data.input_size}"


def drawn_box(network: Network) -> Box | None:
    """Return the box that the user has drawn on the photo, in pixels of the crop; None if there is none."""
    return st.session_state.get(_box_key(network))


def draw_box(network: Network, box: Box | None) -> None:
    """Set the box on the photo, or remove it. Call this only from a callback."""
    st.session_state[_box_key(network)] = box


def editor_of_changes(preset: str, changes: dict) -> tuple[str, dict]:
    """Return the key of the Shape lab's table for a preset, and the changes that it starts with.

    The table itself keeps what the user types into it. If the changes are not those that were read from it
    last, for example because a link has been opened, a new table with another key takes its place.
    """
    number = st.session_state.get(f"lab_number-{preset}", 0)
    is_new = changes != st.session_state.get(f"lab_read-{preset}", {})
    number += is_new
    key = f"lab-{preset}-{number}" if number else f"lab-{preset}"
    if is_new or key not in st.session_state:
        st.session_state[f"lab_start-{preset}"] = changes
    st.session_state[f"lab_number-{preset}"] = number
    return key, st.session_state.get(f"lab_start-{preset}", {})


def keep_changes(preset: str, changes: dict) -> None:
    """Keep the changes that have been read from the Shape lab's table."""
    st.session_state[f"changes-{preset}"] = st.session_state[f"lab_read-{preset}"] = changes


def presenter() -> bool:
    """Return whether this session shows the presenter view: no sidebar, larger type and figures."""
    return st.session_state.get("presenter", False)


def set_presenter(on: bool) -> None:
    """Switch the presenter view on or off. Call this only from a callback."""
    st.session_state["presenter"] = on
