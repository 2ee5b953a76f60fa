"""Pictures and drawings to click and drag on: what Plotly in Streamlit cannot do, in four small components.

All hand a click, a drag, a touch or an arrow key to a callback, which writes it into the session's state,
so that the picture and all that depends on it always show the same choice.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from model.receptive_field import Box
from viz_app.draw.pictures import Picture

_HERE = Path(__file__).parent


def _component(name: str, html: str):
    return st.components.v2.component(
        name,
        html=html,
        css=(_HERE / f"{name}.css").read_text("utf-8"),
        js="".join((_HERE / f"{part}.js").read_text("utf-8") for part in ("choices", name)),
    )


_picture = _component(
    "picture",
    '<div class="scroller"><div class="frame" tabindex="0" role="slider" aria-valuemin="0">'
    '<img draggable="false"><div class="hover" hidden></div><div class="marker" hidden></div></div></div>'
    '<div class="caption"></div>',
)
_diagram = _component("diagram", '<div class="drawing" tabindex="0" role="group"></div>')

_sliding = _component(
    "sliding",
    '<div class="bench" tabindex="0" role="group">'
    '<figure class="input"><div class="frame"><img draggable="false"><div class="window"></div></div>'
    "<figcaption></figcaption></figure>"
    '<figure class="output"><div class="frame"><img draggable="false"><div class="cell"></div></div>'
    "<figcaption></figcaption></figure>"
    '<div class="controls"><button class="back" title="One cell back">&#8592;</button>'
    '<button class="play">Play</button><button class="next" title="One cell on">&#8594;</button>'
    '<span class="place" aria-live="polite"></span></div></div>',
)

_box = _component(
    "box",
    '<div class="frame" tabindex="0" role="group"><img draggable="false"><div class="box">'
    '<div class="corner" style="left:0; top:0"></div><div class="corner" style="right:0; top:0"></div>'
    '<div class="corner" style="left:0; bottom:0"></div><div class="corner" style="right:0; bottom:0"></div>'
    '</div></div><div class="caption" aria-live="polite"></div>',
)


def clickable_picture(
    picture: Picture,
    *,
    key: str,
    selected: int | None,
    on_pick: Callable[[int], None],
    alt: str,
    labels: Sequence[str] | None = None,
) -> None:
    """Show a picture; `on_pick` gets the index of a region that is clicked or reached by arrow keys.

    Args:
        selected: the region to mark. None where nothing stays chosen, as with switches: then arrow keys
            only move from region to region, and Enter or Space picks.
        alt: what the picture shows, for those who cannot see it.
        labels: a caption for each region, shown under the picture while it is pointed at.
    """
    encoded = base64.b64encode(picture.data).decode()
    _picture(
        key=key,
        data={
            "source": f"data:{picture.mime};base64,{encoded}",
            "alt": alt,
            "width": picture.size[0],
            "height": picture.size[1],
            "pixelated": picture.pixelated,
            "regions": [list(region) for region in picture.regions],
            "labels": None if labels is None else list(labels),
            "selected": selected,
        },
        on_picked_change=lambda: on_pick(int(st.session_state[key]["picked"])),
    )


def box_on_picture(
    data: bytes, size: tuple[int, int], *, box: Box, key: str, on_draw: Callable[[Box], None], alt: str
) -> None:
    """Show a box on a picture: drag to draw another, inside it to move it, a corner to resize it.

    Arrow keys move the box, with Shift they resize it.

    Args:
        data: the bytes of a PNG.
        size: width and height in the picture's own pixels, which the box is counted in.
        on_draw: gets the new box, once, when the pointer or the key is let go.
        alt: what the picture shows, for those who cannot see it.
    """

    def draw() -> None:
        left, top, right, bottom = (int(edge) for edge in st.session_state[key]["drawn"])
        on_draw(Box(top, left, bottom, right))

    _box(
        key=key,
        data={
            "source": f"data:image/png;base64,{base64.b64encode(data).decode()}",
            "alt": alt,
            "width": size[0],
            "height": size[1],
            "box": [box.left, box.top, box.right, box.bottom],
        },
        on_drawn_change=draw,
    )


def clickable_diagram(svg: str, *, key: str, selected: str, on_pick: Callable[[str], None]) -> None:
    """Show an SVG; `on_pick` gets the `data-layer` of a part that is clicked or reached by arrow keys."""
    _diagram(
        key=key,
        data={"svg": svg, "selected": selected},
        on_picked_change=lambda: on_pick(str(st.session_state[key]["picked"])),
    )


@dataclass(frozen=True)
class Side:
    """A map under the sliding window, or the one that it yields.

    Attributes:
        data: the bytes of a PNG.
        size: rows and columns of the map; the picture may have more pixels.
        caption: what it shows.
    """

    data: bytes
    size: tuple[int, int]
    caption: str


def sliding_window(
    below: Side,
    above: Side,
    *,
    kernel: int,
    stride: int,
    padding: int,
    position: tuple[int, int],
    key: str,
    on_pick: Callable[[int, int], None],
) -> None:
    """Show how a window over one map yields the cells of another: play, pause, step, click, arrow keys.

    Args:
        position: row and column of the chosen cell.
        on_pick: gets the row and column of a cell that is clicked, stepped to or paused at.
    """
    sides = {
        name: {
            "source": f"data:image/png;base64,{base64.b64encode(side.data).decode()}",
            "alt": side.caption,
            "rows": side.size[0],
            "columns": side.size[1],
        }
        for name, side in (("input", below), ("output", above))
    }
    _sliding(
        key=key,
        data={
            **sides,
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "row": position[0],
            "column": position[1],
        },
        on_picked_change=lambda: on_pick(*divmod(int(st.session_state[key]["picked"]), above.size[1])),
    )
