"""Pages about one layer, in a real browser: the numbers on the screen are those that model/ computes."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from model import METHODS, capture, classify, explain
from model.arithmetic import take_apart
from model.attribution import answer
from model.attribution.archive import read
from model.attribution.pointing import point, share
from model.receptive_field import Box

from .browsing import answered, click_into, click_tile, no_errors, settled, visit


@pytest.fixture(scope="module")
def activations(network, photo):
    return capture(network, network.prepare(photo))


def css(name: str) -> str:
    """Return a key as Streamlit writes it into a class name."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", name)


def shown(page: Page, label: str) -> str:
    metric = page.locator('[data-testid="stMetric"]').filter(has_text=label)
    return metric.locator('[data-testid="stMetricValue"]').inner_text()


def test_ten_activations_on_the_screen_equal_the_library_s(page: Page, address, network, activations):
    rng = np.random.default_rng(3)
    for layer in ("conv1", "relu1", "norm1", "pool1", "conv3", "conv5", "pool5", "fc6", "fc8", "prob"):
        place = [int(rng.integers(size)) for size in activations[layer].shape]
        where = "&".join(f"{n}={v}" for n, v in zip(("channel", "row", "column"), place, strict=False))
        visit(page, f"{address}/cell?layer={layer}&{where}")
        cell = take_apart(network, activations, layer, *place)
        assert shown(page, "Computed here") == f"{cell.worked:.7g}"
        assert shown(page, "In the network") == f"{cell.captured:.7g}"
        expect(page.get_by_text("equal, except for rounding in float32")).to_be_visible()
        no_errors(page)


def test_the_window_moves_by_click_button_and_key(page: Page, address, network, activations):
    visit(page, f"{address}/cell?layer=conv3&channel=7&row=0&column=0")
    row, column = (page.locator(f".st-key-{name} input") for name in ("row", "column"))
    output = page.locator(".st-key-bench .output .frame")
    box = output.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 4.5 / 13, box["y"] + box["height"] * 2.5 / 13)
    expect(row).to_have_value("2")
    expect(column).to_have_value("4")
    settled(page)
    page.locator(".st-key-bench .next").click()
    expect(column).to_have_value("5")
    page.locator(".st-key-bench .bench").press("ArrowDown")
    expect(row).to_have_value("3")
    settled(page)
    cell = take_apart(network, activations, "conv3", 7, 3, 5)
    assert shown(page, "Computed here") == f"{cell.worked:.7g}"
    place = page.locator(".st-key-bench .place")
    expect(place).to_have_text("row 3, column 5")
    page.locator(".st-key-bench .bench").press(" ")
    expect(page.locator(".st-key-bench .play")).to_have_text("Pause")
    expect(place).not_to_have_text("row 3, column 5")
    page.locator(".st-key-bench .play").click()
    expect(page.locator(".st-key-bench .play")).to_have_text("Play")
    expect(column).not_to_have_value("5")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_shows_a_heat_map_of_a_real_photo(page: Page, address, method):
    visit(page, f"{address}/explain?{urlencode({'methods': METHODS[method].title})}")
    expect(page.get_by_role("heading", name=METHODS[method].title, exact=True)).to_be_visible()
    kept = page.locator(f'[class*="st-key-npy-{css(method)}-"] button')
    expect(kept).to_be_visible()
    no_errors(page)


def test_slow_work_can_be_stopped_and_started_again(page: Page, address):
    visit(page, f"{address}/explain?{urlencode({'methods': METHODS['kernel-shap'].title})}")
    expect(page.locator('[class*="st-key-npy-kernel-shap-"] button')).to_be_visible()
    page.get_by_role("button", name="Settings").click()
    # Two thousand photos take long enough on any machine for the test to press Stop.
    page.locator(".st-key-kernel-shap-samples").get_by_role("slider").press("End")
    page.keyboard.press("Escape")
    again = page.get_by_role("button", name="Start again")
    for _ in range(2):
        page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_text("Kernel SHAP: stopped.")).to_be_visible()
        no_errors(page)
        again.click()
        expect(page.get_by_role("progressbar")).to_be_visible()


def test_all_heat_maps_can_be_saved_and_computed_again(page: Page, address, network, tmp_path):
    visit(page, f"{address}/explain")
    with page.expect_download() as download:
        page.locator(".st-key-keep_all button").click()
    file = tmp_path / "explanations.zip"
    download.value.save_as(file)
    recorded = read(file).recorded
    assert [item.question.method for item in recorded] == ["grad-cam", "saliency"]
    for item in recorded:
        assert item.values is not None
        again = answer(network, network.prepare(item.photo), item.question).values
        # The same computation is done twice: float32 gradients then differ by about 1e-6 of the largest
        # value.
        np.testing.assert_allclose(again, item.values, atol=1e-5 * again.max())


def test_an_edit_in_the_shape_lab_changes_the_network(page: Page, address):
    visit(page, f"{address}/shape_lab")
    size = page.get_by_label("Input, pixels")
    size.fill("224")
    size.press("Enter")
    expect(page.get_by_text("213/4 + 1 = 54.25 is not a whole number")).to_be_visible()
    size.fill("20")
    size.press("Enter")
    expect(page.get_by_text("pool2 has no output")).to_be_visible()
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)


def test_a_click_on_an_activation_shows_its_receptive_field(page: Page, address):
    visit(page, f"{address}/patches?layer=conv1&channel=5")
    click_tile(page, "cells", 0.5 / 55, 0.5 / 55)
    expect(page.get_by_text("rows 0 to 10, columns 0 to 10: 11 × 11 of 227 × 227 pixels")).to_be_visible()
    click_tile(page, "cells", 54.5 / 55, 10.5 / 55)
    expect(page.get_by_text("rows 40 to 50, columns 216 to 226: 11 × 11")).to_be_visible()
    no_errors(page)


def test_a_click_on_a_channel_switches_it_off_and_on(page: Page, address):
    visit(page, f"{address}/ablation")
    before = shown(page, "Logit")
    click_tile(page, "off_maps-relu1", 0.5 / 12, 0.5 / 8)
    expect(page.get_by_role("button", name="Switch all 1 on again")).to_be_visible()
    settled(page)
    click_tile(page, "off_maps-relu1", 0.5 / 12, 0.5 / 8)
    expect(page.get_by_role("button", name="Everything is switched on")).to_be_visible()
    settled(page)
    assert shown(page, "Logit") == before
    no_errors(page)


def drag(page: Page, key: str, *places: tuple[float, float]) -> None:
    """Press at the first position, a fraction of the picture's width and height, and release at the last."""
    image = page.locator(f".st-key-{key} img")
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    assert box is not None
    first, *others = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*first)
    page.mouse.down()
    for place in others:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def stated_box(page: Page) -> Box:
    """Return the box that the caption below the picture states."""
    caption = page.locator(".st-key-pointing .caption")
    expect(caption).to_contain_text("pixels")
    top, bottom, left, right, height, width, *_ = map(int, re.findall(r"\d+", caption.inner_text()))
    box = Box(top, left, bottom + 1, right + 1)
    assert (box.height, box.width) == (height, width)
    return box


def test_a_box_is_drawn_moved_and_resized_on_the_photo(page: Page, address, network, photo):
    x, target = network.prepare(photo), int(classify(network, photo).ranking[0])
    heatmap = explain(network, x, "grad-cam", target).heatmap

    def the_page_shows_what_this_box_gives() -> Box:
        box = stated_box(page)
        held = share(heatmap, box)
        blurred, grey = point(network, x, box, target).without("inside")
        expect(page.get_by_text(f"The box contains {held.total:.1%} of the heat map")).to_be_visible()
        metrics = page.locator('[data-testid="stMetricValue"]')
        wanted = [f"{v}" for a in (blurred, grey) for v in (f"{a.probability:.1%}", f"{a.logit:.2f}")]
        expect(metrics).to_have_text(wanted)
        no_errors(page)
        return box

    visit(page, f"{address}/believe")
    first = the_page_shows_what_this_box_gives()
    assert (first.height, first.width) == (52, 52)
    drag(page, "pointing", (0.95, 0.9), (0.7, 0.7), (0.6, 0.5))  # from the lower right to the upper left
    box = the_page_shows_what_this_box_gives()
    # The pointer may be between two pixels.
    assert (box.top, box.left, box.bottom, box.right) == pytest.approx((113.5, 136.2, 204.3, 215.7), abs=1)
    drag(page, "pointing", (0.8, 0.7), (0.5, 0.5))
    moved = the_page_shows_what_this_box_gives()
    assert (moved.height, moved.width) == (box.height, box.width)
    assert (moved.top, moved.left) == pytest.approx((box.top - 45, box.left - 68), abs=1)
    drag(page, "pointing", (0.5, 0.5), (3, 0.5))  # the edge of the picture stops the box
    at_the_edge = the_page_shows_what_this_box_gives()
    assert (at_the_edge.right, at_the_edge.width) == (227, box.width)
    drag(page, "pointing", (at_the_edge.left / 227, at_the_edge.top / 227), (0.2, 0.1))  # drags a corner
    larger = the_page_shows_what_this_box_gives()
    assert (larger.top, larger.left) == pytest.approx((22.7, 45.4), abs=1)
    assert (larger.bottom, larger.right) == (at_the_edge.bottom, 227)
    frame = page.locator(".st-key-pointing .frame")
    for key, change in (("ArrowLeft", (-2, -2)), ("Shift+ArrowLeft", (0, -2))):
        before = stated_box(page)
        frame.press(key)
        after = the_page_shows_what_this_box_gives()
        assert (after.left - before.left, after.right - before.right) == change
        assert (after.top, after.bottom) == (before.top, before.bottom)
    before = stated_box(page)
    click_into(page, "pointing", 0.05, 0.95)
    assert stated_box(page) == before  # a click draws nothing
    with answered(page):
        page.get_by_role("button", name="Back to where the heat map is strongest").click()
    assert the_page_shows_what_this_box_gives() == first
