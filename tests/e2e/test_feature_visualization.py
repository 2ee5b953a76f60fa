"""Pictures made for units, in a real browser: they sharpen while one waits, and stop when told to."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.browsing import no_errors, visit


def test_the_picture_can_be_watched_stopped_and_left_for_another(page: Page, address):
    visit(page, f"{address}/feature_visualization?layer=fc8")
    steps = page.locator(".st-key-visualize-steps").get_by_role("slider")
    page.get_by_role("button", name="Settings").click()
    steps.press("End")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Make its picture").click()
    expect(page.get_by_alt_text("The picture so far")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    expect(page.get_by_alt_text("The picture so far")).to_have_count(0)
    no_errors(page)
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_alt_text("The picture so far")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    no_errors(page)


def test_the_default_picture_can_be_saved(page: Page, address):
    visit(page, f"{address}/feature_visualization")
    save = page.get_by_role("button", name="PNG")
    expect(save).to_be_visible(timeout=120_000)
    with page.expect_download() as download:
        save.click()
    assert download.value.suggested_filename == "conv3-0-seed-0.png"
    no_errors(page)
