"""Draw the diagram of a network as SVG, with the feature maps of a photo inside its layers.

The browser finds each part by an attribute, so that it can light, mark and open it: a layer's group has
`data-layer="conv1"`, a feature map `data-channel="20"`, and the connections into a stage `data-into="conv1"`.
An image has `data-picture="relu1/20"`; `with_pictures` or the browser puts the picture in. In the browser two
diagrams share the pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from math import sqrt

from model.architectures import Architecture
from model.layers import LayerInfo
from viz_app.draw.network.connections import threads
from viz_app.draw.network.elements import LINE, NAME, SMALL, Drawing, image, layer_group, place, written
from viz_app.draw.network.facts import Facts, short_shape
from viz_app.draw.network.forms import Format, Frame
from viz_app.draw.network.layout import Layout, Placed, layout
from viz_app.draw.network.marks import flow_lines
from viz_app.draw.network.pictures import NONE, Pictures
from viz_app.draw.network.stages import lanes, stages
from viz_app.draw.network.style import PAGE, Palette, style
from viz_app.draw.network.words import answer, names, small_name


def draw(
    architecture: Architecture,
    infos: list[LayerInfo],
    facts: Mapping[str, Facts],
    form: Format,
    pictures: Pictures = NONE,
    palette: Palette = PAGE,
) -> str:
    """Return the diagram of a network as SVG.

    Args:
        facts: about every layer; also read to users who cannot see the diagram.
        form: ACROSS, DOWN or SLIM.
        pictures: of a photo; NONE for empty layers.
    """
    placed = layout(stages(infos), lanes(architecture), form)
    drawing = Drawing(placed, pictures, facts, tuple(infos))
    parts = [*_bands(placed), *_threads(drawing), *_photo(drawing)]
    for stage in placed.placed:
        parts += _stage(drawing, stage)
    for _, curve, width in flow_lines(placed, pictures.channels, pictures.marks):
        parts.append(f'<path class="flow" d="{curve}" stroke-width="{width:.1f}"/>')
    parts += answer(drawing)
    total = sum(info.parameters for info in infos)
    title, rules = architecture.title, style(palette, "svg ")
    description = (
        f"From the photo through {len(infos)} layers with {total:,} parameters to the prediction. "
        + "; ".join(facts[info.name].sentence for info in infos)
        + "."
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{form.name}" role="group" '
        f'viewBox="0 0 {placed.width:g} {placed.height:g}" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
        f"<style>{rules}</style>{_glow(form)}{''.join(parts)}</svg>"
    )


def _glow(form: Format) -> str:
    """Return the gradient of the light that moves along the connections; the browser moves it."""
    end = 'x2="0" y2="90"' if form.down else 'x2="90" y2="0"'
    stops = "".join(
        f'<stop class="glow" offset="{offset}" stop-opacity="{opacity}"/>'
        for offset, opacity in ((0, 0), (0.6, 0.95), (1, 0))
    )
    return (
        f'<defs><linearGradient id="glow-{form.name}" class="front" gradientUnits="userSpaceOnUse" '
        f'x1="0" y1="0" {end} gradientTransform="translate(-999 -999)">{stops}</linearGradient></defs>'
    )


def _bands(layout: Layout) -> Iterator[str]:
    """Yield a light background behind each tower, from its first layer to its last."""
    spatial = [placed for placed in layout.placed if placed.stage.is_spatial]
    for lane in range(layout.lanes):
        slabs = [placed.slabs[lane] for placed in spatial]
        left, top = min(s.x for s in slabs), min(s.y for s in slabs)
        right, bottom = max(s.x + s.width for s in slabs), max(s.y + s.height for s in slabs)
        pad = 4 if layout.form.down else 12
        frame = Frame(left - pad, top - 4, right - left + 2 * pad, bottom - top + 8)
        yield f'<rect class="band" {place(frame)} rx="14"/>'
        if layout.form.name == "across" and layout.lanes == 2:
            y = layout.across[0] + 16 if lane == 0 else layout.across[1] - 4
            tower = ("first tower", "second tower")[lane]
            yield written(layout.form.margin, y, tower, SMALL - 1, "quiet", "start")


def _threads(drawing: Drawing) -> Iterator[str]:
    """Yield the connections into every stage and into the predicted classes, with the light on them."""
    form = drawing.form
    for into, curves, span in threads(drawing.layout, drawing.pictures):
        path = " ".join(curves)
        yield (
            f'<g data-into="{into}" data-from="{span[0]:.0f}" data-to="{span[1]:.0f}">'
            f'<path class="thread" d="{path}"/>'
            f'<path class="light" d="{path}" stroke="url(#glow-{form.name})" visibility="hidden"/></g>'
        )


def _photo(drawing: Drawing) -> Iterator[str]:
    frame = drawing.layout.photo
    shape = short_shape(drawing.infos[0].input_shape)
    parts = [f'<rect class="tile" {place(frame)}/>', image("photo", frame, drawing.pictures, False)]
    if drawing.form.down:
        x, y = frame.x + frame.width + 14, frame.y + frame.height / 2
        parts += [
            written(x, y - 8, "input", NAME, "name", "start"),
            written(x, y + 18, shape, SMALL, "quiet", "start"),
        ]
    else:
        x, y = frame.middle[0], drawing.layout.across[1] + 36
        parts += [written(x, y, "input", NAME, "name"), written(x, y + LINE, shape, SMALL, "quiet")]
        if drawing.form.name == "across":
            parts.append(written(x, y + 2 * LINE, "parameters:", SMALL, "quiet"))
    yield layer_group(drawing, "input", "".join(parts))


def _stage(drawing: Drawing, placed: Placed) -> Iterator[str]:
    """Yield the group of a stage's main layer with slabs and text, then of each layer after it."""
    stage = placed.stage
    name = stage.main.name
    body = "".join(_slab(frame, stage.main, drawing) for frame in placed.slabs)
    body += "".join(f'<rect class="tile" {place(tile.frame)}/>' for tile in placed.tiles)
    shown = _filters(drawing, placed) + _maps(drawing, placed, stage.main)
    inside = (
        f'<g class="body">{body}</g><g class="pictures">{shown}</g>'
        f'<g class="words">{"".join(names(drawing, placed))}</g>'
    )
    yield layer_group(drawing, name, inside, name)
    for row, info in enumerate(stage.after):
        maps = f'<g class="pictures" pointer-events="none">{_maps(drawing, placed, info)}</g>'
        chip = f'<g class="words">{small_name(drawing, placed, info, row)}</g>'
        yield layer_group(drawing, info.name, maps + chip, name)


def _slab(frame: Frame, info: LayerInfo, drawing: Drawing) -> str:
    """Return the front of a layer and its side, which is deeper for more channels."""
    front = f'<rect class="slab" {place(frame)} rx="2"/>'
    if not info.is_spatial:
        return front
    depth = 0.7 * sqrt(info.output_shape[0] / drawing.layout.lanes) * (0.6 if drawing.form.down else 1)
    x, y, w, h, d = frame.x, frame.y, frame.width, frame.height, depth
    side = f"M{x:.1f},{y:.1f}l{d:.1f},{-d:.1f}h{w:.1f}v{h:.1f}l{-d:.1f},{d:.1f}"
    return f'<path class="side" d="{side}"/>{front}'


def _maps(drawing: Drawing, placed: Placed, info: LayerInfo) -> str:
    """Return the feature maps of a layer that are drawn, or its strip of units."""
    if not placed.tiles:
        return _strip(info.name, placed.slabs[0].grown(-1), drawing)
    if not info.is_spatial:
        return ""
    channels = drawing.pictures.channels.get(placed.stage.main.name, ())
    parts = []
    for tile in placed.tiles:
        if not channels:
            continue
        channel = channels[tile.lane][tile.rank]
        name = f"{info.name}/{channel}"
        inside = image(name, tile.frame, drawing.pictures)
        what = f"channel {channel} of {info.name}"
        if not inside:
            inside = f'<rect class="paper" {place(tile.frame)}/><rect class="silent" {place(tile.frame)}/>'
            what += ": zero for this photo"
        if channel in drawing.pictures.marks.channels.get(placed.stage.main.name, ()):
            what += ": on the path of the decision"
            inside += f'<rect class="carrier" {place(tile.frame.grown(1.5))} rx="2"/>'
        parts.append(f'<g data-channel="{channel}"><title>{what}</title>{inside}</g>')
    return "".join(parts)


def _strip(name: str, frame: Frame, drawing: Drawing) -> str:
    """Return the picture of all units, from top to bottom, or from left to right on a narrow page."""
    if not drawing.form.down:
        return image(name, frame, drawing.pictures)
    turned = Frame(frame.y, frame.x, frame.height, frame.width)
    return f'<g transform="matrix(0 1 1 0 0 0)">{image(name, turned, drawing.pictures)}</g>'


def _filters(drawing: Drawing, placed: Placed) -> str:
    """Return the filters beside the feature maps of the first convolution; "" for other layers."""
    form, channels = drawing.form, drawing.pictures.channels.get(placed.stage.main.name, ())
    if not form.filters or placed is not drawing.layout.placed[0] or not channels:
        return ""
    parts = []
    for tile in placed.tiles:
        side, channel = form.filters, channels[tile.lane][tile.rank]
        frame = Frame(placed.slabs[0].x + form.edge, tile.frame.middle[1] - side / 2, side, side)
        picture = image(f"filter/{channel}", frame, drawing.pictures)
        parts.append(f"<g><title>filter {channel} of {placed.stage.main.name}</title>{picture}</g>")
    return "".join(parts)
