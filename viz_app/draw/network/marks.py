"""Mark the path of a decision in the diagram: its channels, and the flows between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from model.layers import LayerInfo
from viz_app.draw.network.stages import stages

if TYPE_CHECKING:
    from model.decision import DecisionPath
    from viz_app.draw.network.layout import Layout, Placed

THINNEST, THICKEST = 1.2, 6.0  # widths of lines, in the units of the diagram
LEAST = 0.12  # a flow is not drawn if it is below this share of the largest flow into its layer


@dataclass(frozen=True)
class Marks:
    """The marked channels and the flows between them, by the name of a stage's main layer.

    Attributes:
        channels: {"conv5": (118, 4)}, the largest contribution first.
        flows: {"conv5": {(channel of the stage before, channel of conv5): strength from 0 to 1}}.
    """

    channels: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    flows: Mapping[str, Mapping[tuple[int, int], float]] = field(default_factory=dict)


NOTHING = Marks()


def marks(infos: Sequence[LayerInfo], path: DecisionPath) -> Marks:
    """Return the marks for a path. A pooling has the same marked channels as the convolution before it."""
    carriers = {found.layer: found for found in path.carriers}
    flows_into = {
        after.layer: (before, after, flow)
        for before, after, flow in zip(path.carriers, path.carriers[1:], path.flows, strict=False)
    }
    channels: dict[str, tuple[int, ...]] = {}
    flows: dict[str, dict[tuple[int, int], float]] = {}
    before: tuple[int, ...] = ()
    for stage in stages(infos):
        name = stage.main.name
        relu = next((info.name for info in stage.layers if info.name in carriers), None)
        if relu is not None:
            before = carriers[relu].channels
        if relu in flows_into:
            source, own, flow = flows_into[relu]
            largest = max(float(flow.max(initial=0.0)), 1e-12)
            flows[name] = {
                (source.channels[row], own.channels[column]): strength
                for row, values in enumerate(flow)
                for column, value in enumerate(values)
                if (strength := float(value) / largest) >= LEAST
            }
        elif stage.is_pooling:
            flows[name] = {(channel, channel): 0.5 for channel in before}
        if relu is not None or stage.is_pooling:
            channels[name] = before
    return Marks(channels, flows)


def flow_lines(
    layout: Layout, channels: Mapping[str, Sequence[Sequence[int]]], found: Marks
) -> Iterator[tuple[str, str, float]]:
    """Yield stage, curve and width for each flow between two channels that are both drawn."""
    from viz_app.draw.network.connections import curve

    places = {placed.stage.main.name: _places(placed, channels) for placed in layout.placed}
    down = layout.form.down
    for before, placed in zip(layout.placed, layout.placed[1:], strict=False):
        name = placed.stage.main.name
        sources, own = places[before.stage.main.name], places[name]
        for (source, destination), strength in found.flows.get(name, {}).items():
            if source not in sources or destination not in own:
                continue
            begin, end = sources[source], own[destination]
            start, stop = before.along[1], placed.along[0]
            points = ((begin[0], start), (end[0], stop)) if down else ((start, begin[1]), (stop, end[1]))
            width = THINNEST + (THICKEST - THINNEST) * strength
            yield name, curve(*points, down), width


def _places(
    placed: Placed, channels: Mapping[str, Sequence[Sequence[int]]]
) -> dict[int, tuple[float, float]]:
    """Return the middle of each feature map that is drawn, by channel."""
    drawn = channels.get(placed.stage.main.name, ())
    return {drawn[tile.lane][tile.rank]: tile.frame.middle for tile in placed.tiles} if drawn else {}
