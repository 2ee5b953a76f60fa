"""A tiny run is started from the page, watched, paused and continued, and its results are read."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .browsing import drawn, no_errors, visit

TRACES = """key => document.querySelector(`.st-key-${key} .js-plotly-plot`).data.map(
    trace => ({ name: trace.name, x: [...(trace.x ?? [])], y: [...(trace.y ?? [])],
                counts: trace.customdata ? [...trace.customdata].map(row => [...row]) : null }))"""


def test_a_run_from_the_page_is_watched_paused_and_continued(page: Page, address):
    visit(page, f"{address}/training")
    start = page.locator(".st-key-start_run button")
    if not start.is_visible():  # the form is open only where there is no run yet
        page.locator(".st-key-new_run summary").click()
    page.locator(".st-key-new_epochs input").fill("1")
    start.click()
    progress = page.get_by_test_id("stProgress")
    expect(progress).to_be_visible()
    # At once: on a busy machine the ten steps can be over between two looks at the page.
    page.locator(".st-key-pause_run button").click()
    page.locator(".st-key-resume_run button").click()
    heading = page.get_by_text("Confusion matrix")
    expect(heading).to_be_visible()
    expect(progress).to_have_count(0)
    drawn(page)
    no_errors(page)
    stated = page.get_by_text(re.compile(r"1 epochs?, .*% right in validation")).inner_text()
    right = float(re.search(r"([\d.]+)% right", stated)[1])  # type: ignore[index]
    [matrix] = page.evaluate(TRACES, "confusion")
    counts = matrix["counts"]
    assert sum(map(sum, counts)) == 200 and len(counts) == 10
    assert abs(100 * sum(counts[i][i] for i in range(10)) / 200 - right) < 0.06
    points, validation = page.evaluate(TRACES, "training_accuracy")
    assert validation["x"] == [1]
    assert abs(100 * validation["y"][0] - right) < 0.06
    assert len(points["x"]) == 10 and points["x"][-1] == 1  # a point for every hundred photos
    tiles = page.locator(".predictions figure")
    assert tiles.count() > 24
    assert (
        page.locator(".predictions .wrong").count() + page.locator(".predictions .right").count()
        == tiles.count()
    )
    expect(page.locator(".predictions .wrong").first).to_contain_text("✗")
