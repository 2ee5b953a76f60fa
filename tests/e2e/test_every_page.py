"""Every page fits the screen of a laptop and of a projector in a real browser, with every architecture.

With SCREENSHOTS=folder, screenshots of all pages are kept there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from model import ARCHITECTURES
from model.weights.sources import DEFAULT_ARCHITECTURE, WEIGHTS
from viz_app.frame.navigation import PAGES

from ..matrix import part
from .browsing import drawn, foreign, no_errors, visit
from .layout import barriers, faults


@dataclass(frozen=True)
class Screen:
    """A screen: its size in pixels, the browser's zoom, and the theme."""

    width: int
    height: int
    zoom: float
    theme: str

    @property
    def options(self) -> dict[str, Any]:
        """Return the options for Playwright. With zoom, the page has fewer but larger pixels."""
        viewport = {"width": round(self.width / self.zoom), "height": round(self.height / self.zoom)}
        return {"viewport": viewport, "device_scale_factor": self.zoom, "color_scheme": self.theme}


LAPTOP = Screen(1280, 800, 1, "light")
PROJECTOR = Screen(1920, 1080, 1.5, "dark")
SCREENS = (
    LAPTOP,
    PROJECTOR,
    Screen(390, 844, 1, "light"),
    Screen(1280, 800, 1.5, "dark"),
    Screen(1280, 800, 2, "light"),
    Screen(1920, 1080, 1, "light"),
)
ALL = list(product([entry.file for entry in PAGES], ARCHITECTURES, SCREENS))
ALWAYS = [cell for cell in ALL if cell[1:] == (DEFAULT_ARCHITECTURE, LAPTOP)]

# Choices with which a page shows more than at first. All other pages are tested with their defaults.
EXAMPLES = {"network": "layer=conv2", "filters": "filter=20", "feature_maps": "layer=relu5&channel=19"}


def name(cell: tuple[str, str, Screen]) -> str:
    page, architecture, screen = cell
    return f"{page}-{architecture}-{screen.width}-{screen.zoom:g}-{screen.theme}"


@pytest.mark.parametrize("cell", part(ALL, ALWAYS, more=6), ids=name)
def test_a_page_fits_the_screen(new_page, address, cell):
    file, architecture, screen = cell
    page, asked, errors = new_page(**screen.options), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(error.message))
    example = EXAMPLES.get(file, "") if architecture == DEFAULT_ARCHITECTURE else ""
    visit(page, f"{address}/{'' if file == PAGES[0].file else file}?architecture={architecture}&{example}")
    drawn(page)
    [heading] = [entry.heading for entry in PAGES if entry.file == file]
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    no_errors(page)
    assert errors == []
    assert foreign(address, asked) == []
    width = screen.options["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "no sideways scrolling"
    assert faults(page, file) == []
    assert barriers(page) == []
    if "SCREENSHOTS" in os.environ:
        keep(page, Path(os.environ["SCREENSHOTS"]), f"{file}-{screen.width}-{screen.theme}.png")


def keep(page: Page, folder: Path, name: str) -> None:
    """Store a screenshot when the page no longer changes, and the checksum of the weights it shows."""
    before, now = b"", page.screenshot()
    while now != before:
        before, now = now, page.screenshot()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(now)
    (folder / "WEIGHTS").write_text(WEIGHTS["embedded"].files[0].checksum + "\n")
