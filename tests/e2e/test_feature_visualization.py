"""Feature visualizations in a real browser show their progress and can be stopped."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .browsing import no_errors, open_page, settled, visit


def test_a_visualization_shows_its_progress_and_can_be_stopped_and_replaced(page: Page, address):
    visit(page, f"{address}/feature_visualization?layer=fc8")
    steps = page.locator(".st-key-visualize-steps").get_by_role("slider")
    page.get_by_role("button", name="Settings").click()
    steps.press("End")
    page.keyboard.press("Escape")
    expect(page.get_by_text("There is no picture for this yet.")).to_be_visible()
    page.get_by_role("button", name="Make the picture").click()
    settled(page)
    expect(page.get_by_alt_text("The picture so far")).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    expect(page.get_by_alt_text("The picture so far")).to_have_count(0)
    no_errors(page)
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_alt_text("The picture so far")).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    no_errors(page)


def test_the_default_picture_can_be_saved(page: Page, address):
    visit(page, f"{address}/feature_visualization?architecture=alexnet-cifar10")
    save = page.locator(".st-key-save_visualization button")
    expect(save).to_be_visible()
    with page.expect_download() as download:
        save.click()
    assert download.value.suggested_filename == "conv3-0-seed-0.png"
    no_errors(page)


def test_the_page_can_be_left_while_its_work_goes_on(page: Page, address):
    """An answer to the page's repeated question about progress must not reach the next page."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    for layer in ("conv1", "conv2", "conv3"):
        visit(page, f"{address}/feature_visualization?layer={layer}")
        open_page(page, "Network health")
        no_errors(page)
    assert errors == []
