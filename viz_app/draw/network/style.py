"""The style sheet of the diagram: with the colours of the page, or for files in colour or grey."""

from __future__ import annotations

from dataclasses import dataclass

FONT = "'Source Sans', 'Source Sans 3', 'Source Sans Pro', 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class Palette:
    """All colours of the diagram.

    Attributes:
        paper: background.
        ink: text and lines.
        accent: the moving light, bars, and the chosen layer.
        band: background of a tower.
        slab, side: front and side of a layer.
        mark: channels and flows on the path of a decision.
        faint, thread: opacity of less important text and of connections.
    """

    paper: str
    ink: str
    accent: str
    band: str
    slab: str
    side: str
    faint: float = 0.72
    thread: float = 0.2
    mark: str = "#e8590c"


PAGE = Palette(
    paper="var(--st-background-color)",
    ink="var(--st-text-color)",
    accent="var(--st-primary-color)",
    band="var(--st-secondary-background-color)",
    slab="color-mix(in srgb, var(--st-background-color) 86%, var(--st-text-color) 5%)",
    side="color-mix(in srgb, var(--st-background-color) 78%, var(--st-text-color))",
)
COLOUR = Palette("#ffffff", "#16202c", "#0072b2", "#f3f5f8", "#ffffff", "#d3dae2")
GREY = Palette("#ffffff", "#1a1a1a", "#4d4d4d", "#f4f4f4", "#ffffff", "#d6d6d6", mark="#000000")


def style(palette: Palette, scope: str = "") -> str:
    """Return the CSS rules for a palette.

    Args:
        scope: a selector to put before each rule, such as ".network ".
    """
    p = palette
    rules = {
        "text": f"fill:{p.ink};font-family:{FONT}",
        ".quiet": f"fill-opacity:{p.faint}",
        ".name, .best": "font-weight:600",
        ".number": "font-variant-numeric:tabular-nums",
        ".halo": f"stroke:{p.paper};stroke-width:7;stroke-linejoin:round;paint-order:stroke",
        ".band": f"fill:{p.band}",
        ".slab": f"fill:{p.slab};stroke:{p.ink};stroke-opacity:.28;stroke-width:1",
        ".side": f"fill:{p.side};stroke:{p.ink};stroke-opacity:.28;stroke-width:1;stroke-linejoin:round",
        ".tile": f"fill:{p.side};fill-opacity:.45;stroke:none",
        ".silent": f"fill:none;stroke:{p.ink};stroke-opacity:.35;stroke-dasharray:3 3",
        ".thread": f"fill:none;stroke:{p.ink};stroke-opacity:{p.thread};stroke-width:1",
        ".light": "fill:none;stroke-width:2.4;stroke-linecap:round",
        ".carrier": f"fill:none;stroke:{p.mark};stroke-width:3.5",
        ".flow": f"fill:none;stroke:{p.mark};stroke-opacity:.75;stroke-linecap:round;pointer-events:none",
        ".glow": f"stop-color:{p.accent}",
        ".bar": f"fill:{p.accent};fill-opacity:.45",
        ".bar.best": f"fill:{p.accent};fill-opacity:1",
        ".track": f"fill:{p.ink};fill-opacity:.09",
        ".paper": f"fill:{p.paper}",
        ".hit": "fill:transparent",
        "image.pixels": "image-rendering:pixelated",
    }
    return "".join(f"{_scoped(selector, scope)}{{{rule}}}" for selector, rule in rules.items())


def _scoped(selector: str, scope: str) -> str:
    return ", ".join(scope + part for part in selector.split(", "))
