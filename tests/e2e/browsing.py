"""What a visitor does, in words."""

from __future__ import annotations

from playwright.sync_api import Page, expect

PAGES = ("Prediction", "Architecture", "Filters", "Feature maps", "Attribution")


def settled(page: Page) -> None:
    """Wait until Streamlit has run the script, and nothing on the page is stale."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(250)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def visit(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("h1")
    settled(page)


def open_page(page: Page, title: str) -> None:
    page.get_by_role("link", name=title, exact=False).first.click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    settled(page)


def no_errors(page: Page) -> None:
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    expect(page.locator('[data-testid="stAlertContentError"]')).to_have_count(0)


def upload(page: Page, name: str, data: bytes, mime: str = "image/png") -> None:
    page.locator(".st-key-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": mime, "buffer": data}
    )
    page.wait_for_timeout(700)
    settled(page)


def click_tile(page: Page, key: str, column: float, row: float) -> None:
    """Click into a clickable picture at a fraction of its width and height."""
    image = page.locator(f".st-key-{key} img")
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + column * box["width"], box["y"] + row * box["height"])
    page.wait_for_timeout(300)
    settled(page)
