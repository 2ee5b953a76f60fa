"""Draw the connections between layers as thin curves, called threads.

In a pooling, each channel depends on one channel, so its threads are parallel. In a convolution, each channel
depends on all channels of its tower, or of both towers: then threads cross from tower to tower. In a fully
connected layer, each unit depends on all units before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from viz_app.draw.network.forms import Frame
from viz_app.draw.network.layout import Layout, Placed, answer_rows
from viz_app.draw.network.pictures import Pictures
from viz_app.draw.network.stages import Stage, reads_all_lanes

POINTS = 7  # positions along a photo or a strip of units where threads begin and end

Point = tuple[float, float]
Ends = list[tuple[int, Point]]  # lane and position; the photo and strips of units have lane -1


def threads(layout: Layout, pictures: Pictures) -> Iterator[tuple[str, list[str], Point]]:
    """Yield for each stage and the predictions: name, curves into it, and where these start and end."""
    down = layout.form.down
    begins: Ends = _edge(layout.photo, down, far=True, lane=-1)
    before: Placed | None = None
    at = _end(layout.photo, down)
    for placed in layout.placed:
        targets = _ends(placed, down, far=False)
        if before is not None and before.tiles and placed.stage.is_pooling:
            pairs = [(a, b) for (_, a), (_, b) in zip(begins, targets, strict=True)]
        else:
            pairs = _pairs(begins, targets, placed.stage)
        yield placed.stage.main.name, [curve(a, b, down) for a, b in pairs], (at, placed.along[0])
        begins, before, at = _ends(placed, down, far=True), placed, placed.along[1]
    if pictures.answers and layout.form.name != "slim":
        yield "answer", _to_answer(layout, pictures, down), (at, _start(layout.answer, down))


def _pairs(begins: Ends, targets: Ends, stage: Stage) -> list[tuple[Point, Point]]:
    """Return all pairs of a point where a thread begins and a point of this stage where it ends."""
    all_lanes = reads_all_lanes(stage)
    return [
        (begin, target)
        for lane, begin in begins
        for other, target in targets
        if all_lanes or lane in (other, -1)
    ]


def _start(frame: Frame, down: bool) -> float:
    return frame.y if down else frame.x


def _end(frame: Frame, down: bool) -> float:
    return frame.y + frame.height if down else frame.x + frame.width


def _ends(placed: Placed, down: bool, far: bool) -> Ends:
    """Return where threads arrive at a stage, or, if `far`, where they leave it."""
    if not placed.tiles:
        return _edge(placed.slabs[0], down, far=far, lane=-1)
    at = placed.along[1 if far else 0]
    middles = [(tile.lane, *tile.frame.middle) for tile in placed.tiles]
    return [(lane, (x, at) if down else (at, y)) for lane, x, y in middles]


def _edge(frame: Frame, down: bool, far: bool, lane: int) -> Ends:
    """Return points spread over an edge of a photo or a strip: the edge where threads leave if `far`."""
    at = _end(frame, down) if far else _start(frame, down)
    start, length = (frame.x, frame.width) if down else (frame.y, frame.height)
    spread: Sequence[float] = [start + length * (index + 0.5) / POINTS for index in range(POINTS)]
    return [(lane, (place, at) if down else (at, place)) for place in spread]


def curve(begin: Point, end: Point, down: bool) -> str:
    (x0, y0), (x1, y1) = begin, end
    if down:
        middle = (y0 + y1) / 2
        return f"M{x0:.0f},{y0:.0f}C{x0:.0f},{middle:.0f} {x1:.0f},{middle:.0f} {x1:.0f},{y1:.0f}"
    middle = (x0 + x1) / 2
    return f"M{x0:.0f},{y0:.0f}C{middle:.0f},{y0:.0f} {middle:.0f},{y1:.0f} {x1:.0f},{y1:.0f}"


def _to_answer(layout: Layout, pictures: Pictures, down: bool) -> list[str]:
    """Return a curve from the unit of each predicted class to the class's name."""
    last = layout.placed[-1]
    frame, units = last.slabs[0], last.stage.size
    curves = []
    for prediction, top in zip(pictures.answers, answer_rows(layout, len(pictures.answers)), strict=True):
        share = (prediction.class_index + 0.5) / units
        if down:
            begin = (frame.x + share * frame.width, frame.y + frame.height)
            curves.append(curve(begin, (layout.answer.x + 40, layout.answer.y + 8), down))
        else:
            begin = (frame.x + frame.width, frame.y + share * frame.height)
            curves.append(curve(begin, (layout.answer.x - 8, top + 7), down))
    return curves
