"""A downloaded handout opens from disk, and requests nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from .browsing import visit
from .conftest import NewPage


def opened(new_page: NewPage, file: Path) -> tuple[Page, list[str]]:
    """Open a file in a browser that is offline. Return the page and all other addresses it requests."""
    page, asked = new_page(offline=True), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_load_state()
    return page, [url for url in asked if not url.startswith(("data:", file.as_uri()))]


def test_the_handout_of_a_photo_can_be_downloaded(
    page: Page, address: str, new_page: NewPage, tmp_path: Path
):
    visit(page, f"{address}/prediction?picture=panda")
    with page.expect_download() as download:
        page.get_by_role("button", name="Handout of this photo").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.stat().st_size < 4_000_000
    handout, asked = opened(new_page, file)
    assert asked == []
    expect(handout.get_by_role("heading", name="The journey of a photo")).to_be_visible()
    pictures = handout.locator("img")
    assert pictures.count() > 20
    assert all(pictures.evaluate_all("all => all.map((one) => one.complete && one.naturalWidth > 0)"))
    expect(handout.get_by_text("giant panda").first).to_be_visible()
    handout.emulate_media(media="print")
    width = handout.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0  # nothing is cut at the right
