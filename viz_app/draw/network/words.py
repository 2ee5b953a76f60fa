"""Write the texts in the diagram: names and numbers of layers, and the predicted classes with bars."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from textwrap import wrap

from model.layers import LayerInfo
from viz_app.draw.network.elements import LINE, NAME, SMALL, Drawing, place, written
from viz_app.draw.network.facts import short_shape
from viz_app.draw.network.forms import CHIP, Frame
from viz_app.draw.network.layout import Placed, answer_rows

CHIP_WIDTH = 76
SHORTEST_BAR = 2


def names(drawing: Drawing, placed: Placed) -> Iterator[str]:
    """Yield name, shape and parameters of a stage, below the towers or, on a narrow page, above the stage."""
    info, form = placed.stage.main, drawing.form
    if form.down:
        y = placed.along[0] - form.words + 24
        shape, numbers = drawing.facts[info.name].shape, drawing.facts[info.name].parameters
        yield f'<rect class="hit" x="0" y="{y - 22:.0f}" width="{form.across:.0f}" height="{CHIP}"/>'
        yield (
            f'<text class="halo" x="8" y="{y:.1f}" font-size="{NAME}"><tspan class="name">{info.name}</tspan>'
            f'<tspan class="quiet" dx="10" font-size="{SMALL - 1}">{shape}</tspan></text>'
        )
        if numbers:
            yield written(form.across - 8, y, numbers, SMALL - 1, "quiet halo number", "end")
        return
    x, y = sum(placed.along) / 2, drawing.layout.across[1] + 36
    wide = placed.along[1] - placed.along[0] + 44
    high = LINE * (3 if form.name == "across" else 2)
    yield f'<rect class="hit" x="{x - wide / 2:.0f}" y="{y - 24:.0f}" width="{wide:.0f}" height="{high}"/>'
    yield written(x, y, info.name, NAME, "name")
    yield written(x, y + LINE, short_shape(info.output_shape), SMALL, "quiet")
    if info.parameters and form.name == "across":
        yield written(x, y + 2 * LINE, f"{info.parameters:,}", SMALL, "quiet number")


def small_name(drawing: Drawing, placed: Placed, info: LayerInfo, row: int) -> str:
    """Return the name of a layer that keeps the shape, such as relu1, with an area that can be clicked."""
    form = drawing.form
    if form.down:
        x, y = 8.0 + row * CHIP_WIDTH, placed.along[0] - form.words + 24 + CHIP
        left, anchor, kind = x - 4, "start", "quiet halo"
    else:
        x = sum(placed.along) / 2
        lines = 3 if form.name == "across" else 2
        y = drawing.layout.across[1] + 36 + lines * LINE + 4 + row * CHIP
        left, anchor, kind = x - CHIP_WIDTH / 2, "middle", "quiet"
    hit = f'<rect class="hit" x="{left:.0f}" y="{y - 21:.0f}" width="{CHIP_WIDTH}" height="{CHIP}"/>'
    return hit + written(x, y, info.name, SMALL - 1, kind, anchor)


def answer(drawing: Drawing) -> Iterator[str]:
    """Yield the most probable classes with their bars."""
    answers, frame = drawing.pictures.answers, drawing.layout.answer
    if not answers or drawing.form.name == "slim":
        return
    rows = answer_rows(drawing.layout, len(answers))
    parts = []
    for row, (prediction, top) in enumerate(zip(answers, rows, strict=True)):
        best = " best" if row == 0 else ""
        lines = wrap(prediction.label, 19 if not drawing.form.down else 40)[:2]
        y = top - 12 - (len(lines) - 1) * 23
        for line in lines:
            parts.append(written(frame.x, y, line, NAME if row == 0 else SMALL, f"word{best}", "start"))
            y += 23
        room = frame.width - 66
        length = max(SHORTEST_BAR, prediction.probability * room)
        for kind, width in (("track", room), (f"bar{best}", length)):
            bar = place(Frame(frame.x, top, width, 14))
            parts.append(f'<rect class="{kind}" {bar} rx="2"/>')
        share = f"{prediction.probability:.1%}"
        parts.append(written(frame.x + frame.width, top + 13, share, SMALL, f"number{best}", "end"))
    label = f"{drawing.facts['answer'].sentence}"
    said = ", ".join(f"{a.label} {a.probability:.1%}" for a in answers)
    yield (
        f'<g data-layer="answer" role="link" aria-label="{escape(f"{label}: {said}")}">'
        f'<rect class="hit" {place(frame)}/><g class="words">{"".join(parts)}</g></g>'
    )
