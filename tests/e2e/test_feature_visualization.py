"""Pictures made for units, in a real browser: they sharpen while one waits, and stop when told to."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.browsing import no_errors, settled, visit

PATIENCE = 120_000  # milliseconds; machines are shared, and only a hang should fail


def test_the_picture_can_be_watched_stopped_and_left_for_another(page: Page, address):
    visit(page, f"{address}/feature_visualization?layer=fc8")
    steps = page.locator(".st-key-visualize-steps").get_by_role("slider")
    page.get_by_role("button", name="Settings").click()
    steps.press("End")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Make its picture").click()
    expect(page.get_by_role("heading", name="conv3, channel 0")).to_have_count(0)  # its picture is left
    settled(page)
    expect(page.get_by_alt_text("The picture so far")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_alt_text("The picture so far")).to_have_count(0, timeout=PATIENCE)
    no_errors(page)
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_alt_text("The picture so far")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible(timeout=PATIENCE)
    no_errors(page)


def test_the_default_picture_can_be_saved(page: Page, address):
    visit(page, f"{address}/feature_visualization?architecture=alexnet-cifar10")
    save = page.locator(".st-key-save_visualization button")
    expect(save).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as download:
        save.click()
    assert download.value.suggested_filename == "conv3-0-seed-0.png"
    no_errors(page)
