"""Return small pieces of SVG, of which the diagram consists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from model.layers import LayerInfo
from viz_app.draw.network.facts import Facts
from viz_app.draw.network.forms import Format, Frame
from viz_app.draw.network.layout import Layout
from viz_app.draw.network.pictures import Pictures

NAME, SMALL = 21, 19  # font sizes
LINE = 26  # height of a line


@dataclass(frozen=True)
class Drawing:
    """Everything that is drawn: where it is placed, its pictures and its texts."""

    layout: Layout
    pictures: Pictures
    facts: Mapping[str, Facts]
    infos: tuple[LayerInfo, ...]

    @property
    def form(self) -> Format:
        return self.layout.form


def place(frame: Frame) -> str:
    return f'x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.width:.1f}" height="{frame.height:.1f}"'


def layer_group(drawing: Drawing, name: str, inside: str, stage: str = "") -> str:
    """Return the group of a layer. In a slim diagram, which has no text below it, add a tooltip."""
    of_stage = f' data-stage="{stage}"' if stage else ""
    sentence = escape(drawing.facts[name].sentence)
    title = f"<title>{sentence}</title>" if drawing.form.name == "slim" else ""
    return f'<g data-layer="{name}"{of_stage} role="link" aria-label="{sentence}">{title}{inside}</g>'


def written(x: float, y: float, text: str, size: float, kind: str = "", anchor: str = "middle") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}"'
        f"{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{escape(text)}</text>"
    )


def image(name: str, frame: Frame, pictures: Pictures, pixels: bool = True) -> str:
    if name not in pictures.uris:
        return ""
    kind = ' class="pixels"' if pixels else ""
    return f'<image data-picture="{name}"{kind} {place(frame)} preserveAspectRatio="none"/>'
