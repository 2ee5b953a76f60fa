"""Compute the position of everything in the diagram. `forms` explains the words along and across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from viz_app.draw.network.forms import CHIP, Format, Frame
from viz_app.draw.network.stages import Stage, reads_all_lanes


@dataclass(frozen=True)
class Tile:
    """The position of a feature map. Its channel has this rank in its lane: 0 is the strongest."""

    lane: int
    rank: int
    frame: Frame


@dataclass(frozen=True)
class Placed:
    """A stage and its position.

    Attributes:
        slabs: the box around the feature maps of each lane, or one strip of units.
        tiles: the positions of the feature maps; empty for a strip of units.
        along: where the stage begins and ends along the network.
    """

    stage: Stage
    slabs: tuple[Frame, ...]
    tiles: tuple[Tile, ...]
    along: tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """The sizes and positions of the diagram, the photo, every stage, and the predicted classes."""

    form: Format
    width: float
    height: float
    photo: Frame
    placed: tuple[Placed, ...]
    answer: Frame
    across: tuple[float, float]  # where the towers begin and end

    @property
    def lanes(self) -> int:
        return len(self.placed[0].slabs)


@dataclass(frozen=True)
class _Measures:
    """The sizes of everything, before positions are computed."""

    stages: tuple[Stage, ...]
    lanes: int
    form: Format

    @cached_property
    def largest(self) -> int:
        return max(stage.size for stage in self.stages if stage.is_spatial)

    def side(self, stage: Stage) -> float:
        """Return the side of a feature map, not in proportion: 6 x 6 would be too small beside 55 x 55."""
        return round(self.form.tile * (stage.size / self.largest) ** 0.46, 1)

    def breadth(self, stage: Stage) -> float:
        """Return the size of a slab across."""
        return self._room(self.counts[stage.main.name], self.side(stage))

    def _room(self, count: int, side: float) -> float:
        return count * side + (count - 1) * self.form.space + 2 * self.form.edge

    def length(self, stage: Stage) -> float:
        """Return the length of a stage."""
        if not stage.is_spatial:
            return self.form.strip[1]
        has_filters = self.form.filters and stage is self.stages[0]
        return self.side(stage) + 2 * self.form.edge + (self.form.filters + 8 if has_filters else 0)

    def strip(self, stage: Stage) -> float:
        """Return the size of a strip of units across: shorter for fewer units, but ten are still visible."""
        return self.form.strip[0] * max(0.3, min(1.0, (stage.size / 4096) ** 0.25))

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many feature maps of each lane are drawn, by stage: for pool1 as many as for conv1."""
        form, lanes = self.form, self.lanes
        if form.down:
            room = self.lane
        else:
            of_two = self._room(1 if form.most == 1 else 3, form.tile)
            room = of_two if lanes == 2 else 2 * of_two + form.between
        most = form.most * 2 // lanes
        found: dict[str, int] = {}
        before = 0
        for stage in self.stages:
            if stage.is_spatial and not (stage.is_pooling and before):
                fits = int((room - 2 * form.edge + form.space) // (self.side(stage) + form.space))
                before = max(1, min(fits, most, stage.main.output_shape[0] // lanes))
            if stage.is_spatial:
                found[stage.main.name] = before
        return found

    @cached_property
    def lane(self) -> float:
        """Return the breadth of a lane."""
        if self.form.down:
            spare = (self.lanes - 1) * self.form.between + 2 * self.form.margin
            return (self.form.across - spare) / self.lanes
        return max(self.breadth(stage) for stage in self.stages if stage.is_spatial)

    @property
    def across(self) -> float:
        return self.lanes * self.lane + (self.lanes - 1) * self.form.between

    @property
    def middles(self) -> list[float]:
        """Return the middle of each lane across."""
        start = self.form.top + self.lane / 2
        return [start + index * (self.lane + self.form.between) for index in range(self.lanes)]

    @property
    def gaps(self) -> list[float]:
        """Return the length of the gap before each stage and before the predicted classes."""
        form = self.form
        weights = [
            *(_gap_weight(stage, self.lanes) for stage in self.stages),
            0.9 if form.name != "slim" else 0.2,
        ]
        if form.along is None:
            return [*(form.gap * weight + form.words for weight in weights[:-1]), form.gap * 2]
        used = form.photo + sum(map(self.length, self.stages)) + form.answer + 2 * form.margin
        return [(form.along - used) * weight / sum(weights) for weight in weights]


def _gap_weight(stage: Stage, lanes: int) -> float:
    """Return the relative length of the gap before a stage, such as 1.9 before fully connected layers."""
    if stage.is_pooling:
        return 0.95
    if not stage.is_spatial:
        return 1.9
    return 1.35 if lanes == 2 and reads_all_lanes(stage) else 1.0  # threads that cross need more room


def layout(stages: Sequence[Stage], lanes: int, form: Format) -> Layout:
    """Return the positions of all stages of a network with one or two lanes."""
    measures = _Measures(tuple(stages), lanes, form)
    across, middle = measures.across, form.top + measures.across / 2
    gaps = measures.gaps
    at, placed = form.margin + form.photo, []
    for stage, gap in zip(stages, gaps, strict=False):
        at += gap
        placed.append(_place(stage, at, measures))
        at = placed[-1].along[1]
    at += gaps[-1]
    end, breadth = at + form.answer + form.margin, form.top + across + form.margin
    words = form.words + CHIP * max(len(stage.after) for stage in stages)
    size = (breadth, end) if form.down else (form.along or end, breadth + words)
    photo = form.frame(form.margin, middle - form.photo / 2, form.photo, form.photo)
    answer = form.frame(at, form.top, form.answer, across)
    return Layout(form, *size, photo, tuple(placed), answer, (form.top, form.top + across))


def _place(stage: Stage, at: float, measures: _Measures) -> Placed:
    """Return a stage with the positions of its slabs and feature maps, `at` being where it begins."""
    form, length = measures.form, measures.length(stage)
    along = (at, at + length)
    if not stage.is_spatial:
        strip = measures.strip(stage)
        middle = form.top + measures.across / 2
        return Placed(stage, (form.frame(at, middle - strip / 2, length, strip),), (), along)
    breadth, side = measures.breadth(stage), measures.side(stage)
    tiles = []
    for lane, middle in enumerate(measures.middles):
        for rank in range(measures.counts[stage.main.name]):
            across = middle - breadth / 2 + form.edge + rank * (side + form.space)
            # Feature maps are at the end of the slab, so that filters have room before them.
            tiles.append(Tile(lane, rank, form.frame(at + length - form.edge - side, across, side, side)))
    slabs = tuple(form.frame(at, middle - breadth / 2, length, breadth) for middle in measures.middles)
    return Placed(stage, slabs, tuple(tiles), along)


def answer_rows(layout: Layout, count: int) -> list[float]:
    """Return the y of each predicted class's bar."""
    frame = layout.answer
    step = 62 if layout.form.down else 86
    first = frame.y + 40 if layout.form.down else frame.middle[1] - (count - 1) * step / 2
    return [first + row * step for row in range(count)]
