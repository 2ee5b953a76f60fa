"""Show the diagram of the network. Layers can be chosen, and the diagram can be played, zoomed and saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from viz_app.components.scripts import script
from viz_app.draw.network.facts import Facts
from viz_app.draw.network.style import COLOUR, GREY, style

_HERE = Path(__file__).parent
_SCRIPTS = ("network_play", "network_camera", "network_save", "network")

_network = st.components.v2.component(
    "network",
    html='<div class="network"><div class="view"></div>'
    '<div class="bar"><div class="controls"><button class="play" type="button">Play</button>'
    '<input class="time" type="range" min="0" step="10" aria-label="Position of the light">'
    '<button class="farther" type="button" title="Zoom out" aria-label="Zoom out">−</button>'
    '<button class="reset" type="button" title="Show the whole network">Whole</button>'
    '<button class="nearer" type="button" title="Zoom in, also with Ctrl and the wheel, or with two fingers" '
    'aria-label="Zoom in">+</button>'
    '<details class="save"><summary>Save</summary><div>'
    '<button type="button" data-save="svg-colour">SVG in colour</button>'
    '<button type="button" data-save="svg-grey">SVG in grey</button>'
    '<button type="button" data-save="png-colour">PNG in colour</button>'
    '<button type="button" data-save="png-grey">PNG in grey</button>'
    '</div></details></div><p class="facts" aria-live="polite"></p></div></div>',
    css=(_HERE / "network.css").read_text("utf-8"),
    js=script(*_SCRIPTS),
)


def network_drawing(
    drawings: Sequence[str],
    pictures: Mapping[str, str],
    facts: Mapping[str, Facts],
    *,
    key: str,
    name: str,
    start: str = "",
    selected: str | None = None,
    on_pick: Callable[[str], None] | None = None,
    plays: bool = False,
) -> str | None:
    """Show the diagram. Return the layer that was just clicked, "conv1:20" for a channel, or None.

    Args:
        drawings: one SVG, or one for wide pages and one for narrow pages.
        pictures: data URIs of the pictures in them, by name.
        facts: the text below the diagram for each layer.
        name: of the file that can be saved, without extension.
        start: the text below the diagram while the pointer is on no layer.
        selected: the layer to mark.
        on_pick: called with the layer that is chosen, also by arrow keys. None if a choice opens a page; then
            arrow keys only move from layer to layer, and Enter chooses.
        plays: whether the light starts to move when the page is opened.
    """
    used = set(re.findall(r'data-picture="([^"]+)"', "".join(drawings)))
    result = _network(
        key=key,
        data={
            "drawings": list(drawings),
            "pictures": {name: uri for name, uri in pictures.items() if name in used},
            "facts": {layer: asdict(about) for layer, about in facts.items()},
            "start": start,
            "selected": selected,
            "plays": plays,
            "opens": on_pick is None,
            "styles": {"colour": style(COLOUR, "svg "), "grey": style(GREY, "svg ")},
            "name": name,
        },
        on_picked_change=lambda: on_pick(str(st.session_state[key]["picked"])) if on_pick else None,
    )
    return result.picked
