"""What Streamlit and Plotly lack: pictures to click and drag on, a sliding window, the bar of pages.

The diagram of the network is in `viz_app.components.network`.

Each of them passes a click, a drag, a touch or an arrow key to a callback. The callback writes the choice
into the session's state, from which all of the page is drawn, so that everything on it shows the same choice.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from model.receptive_field import Box
from viz_app.components.scripts import script
from viz_app.draw.pictures import Picture

_HERE = Path(__file__).parent


def _component(name: str, html: str):
    return st.components.v2.component(
        name,
        html=html,
        css=(_HERE / f"{name}.css").read_text("utf-8"),
        js=script("choices", "replaced", name),
    )


_picture = _component(
    "picture",
    '<div class="scroller"><div class="frame" tabindex="0" role="slider" aria-valuemin="0">'
    '<img draggable="false"><div class="hover" hidden></div><div class="marker" hidden></div></div></div>'
    '<div class="caption"></div>',
)

_bar = _component("bar", '<div class="bar"></div><div class="panel" hidden></div>')

_sliding = _component(
    "sliding",
    '<div class="bench" tabindex="0" role="group">'
    '<figure class="input"><div class="frame"><img draggable="false"><div class="window"></div></div>'
    "<figcaption></figcaption></figure>"
    '<figure class="output"><div class="frame"><img draggable="false"><div class="cell"></div></div>'
    "<figcaption></figcaption></figure>"
    '<div class="controls"><button class="back" title="One activation back">&#8592;</button>'
    '<button class="play">Play</button><button class="next" title="One activation on">&#8594;</button>'
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
    """Show a picture whose regions can be chosen by a click or by arrow keys.

    Args:
        selected: index of the chosen region, which is marked. None if every region is a switch of its own:
            arrow keys then only move from one to the next, and Enter or Space turns one on or off.
        on_pick: called with the index of a region when it is chosen, or turned on or off.
        alt: what the picture shows, for users who cannot see it.
        labels: a caption for each region, shown below the picture while the pointer is on the region.
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
    """Show a picture with a box that the user can draw anew, move and resize.

    Dragging outside the box draws a new one, dragging inside moves it, and dragging a corner resizes it.
    Arrow keys move the box; together with Shift they resize it.

    Args:
        data: the bytes of a PNG.
        size: the picture's width and height in pixels.
        box: in the same pixels.
        on_draw: called once with the new box, when the pointer or the key is released.
        alt: what the picture shows, for users who cannot see it.
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


def bar(data: dict[str, Any], *, key: str, on_presenter: Callable[[bool], None]) -> None:
    """Show the bar of pages. A hidden link of the key `link-<file>` must lead to each of them.

    Args:
        data: see bar.js.
        on_presenter: gets True or False when the presenter view is switched on or off.
    """
    _bar(
        key=key,
        data=data,
        on_presenter_change=lambda: on_presenter(bool(st.session_state[key]["presenter"])),
    )


@dataclass(frozen=True)
class Side:
    """One of the two pictures of a sliding window: the layer's input or its output.

    Attributes:
        data: the bytes of a PNG.
        size: rows and columns of the feature map; the picture may have more pixels.
        caption: what the picture shows.
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
    """Show how a window slides over a layer's input and computes one activation of the output at each stop.

    The user can play, pause, go on step by step, click an activation or use arrow keys.

    Args:
        below, above: the layer's input and its output.
        kernel, stride, padding: of the layer.
        position: row and column of the chosen activation.
        on_pick: called with the row and column of an activation when it is chosen, or when playing pauses
            at it.
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
