"""Every page on a laptop, light, and at a projector, dark; kept where SCREENSHOTS says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import no_errors, visit

VIEWS = {
    "prediction": "?picture=cat",
    "network": "network?architecture=alexnet-2012&layer=conv2",
    "filters": "filters?filter=20",
    "feature-maps": "feature_maps?layer=relu5&channel=19",
    "explain": "explain",
    "methods": "methods?method=Grad-CAM",
    "believe": "believe",
    "unit": "feature_visualization",
}


SCREENS = {"laptop-light": (1280, 800, "light"), "projector-dark": (1920, 1080, "dark")}


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("view", VIEWS)
def test_a_page_fits_the_screen(browser, address, tmp_path, view, screen):
    width, height, theme = SCREENS[screen]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    page = context.new_page()
    visit(page, f"{address}/{VIEWS[view]}")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=120_000)  # work has ended
    page.wait_for_timeout(800)  # charts draw themselves after the script has ended
    no_errors(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "no sideways scrolling"
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{view}-{width}-{theme}.png")
    context.close()
