"""A choice made by mouse, by keyboard or by a link holds on the whole page and on all pages."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .browsing import answered, click_into, click_tile, no_errors, settled, visit
from .late_answers import LateAnswers


def value(page: Page, key: str) -> str:
    return page.locator(f".st-key-{key} input").input_value()


def test_a_link_to_a_photo_marks_it(page: Page, address):
    visit(page, f"{address}/?picture=rocket")
    numbers = page.locator(".st-key-pictures .frame").get_attribute("aria-label") or ""
    names = numbers.partition(": ")[2].split(", ")
    expect(page.locator(".st-key-pictures .frame")).to_have_attribute(
        "aria-valuenow", str(names.index("Rocket"))
    )


def test_a_patch_of_another_photo_stays_chosen(page: Page, address):
    visit(page, f"{address}/patches?layer=relu5&channel=5")
    strip = page.locator(".st-key-pictures .frame")
    patches = page.locator(".st-key-patches .frame")
    before = strip.get_attribute("aria-valuenow")
    for number in range(9):
        click_tile(page, "patches", (number % 3 + 0.5) / 3, (number // 3 + 0.5) / 3)
        if strip.get_attribute("aria-valuenow") != before:
            break
    after = strip.get_attribute("aria-valuenow")
    assert after != before, "no strong patch in another photo: choose another channel for this test"
    place = (value(page, "row"), value(page, "column"))
    with answered(page):
        page.locator(".st-key-patch_scope label").click()
    assert strip.get_attribute("aria-valuenow") == after
    assert (value(page, "row"), value(page, "column")) == place
    expect(patches).to_be_visible()
    no_errors(page)


def test_a_link_shows_the_activation_that_was_on_screen(page: Page, address, new_page):
    visit(page, f"{address}/cell?layer=conv3")
    page.locator(".st-key-channel input").fill("7")
    with answered(page):
        page.locator(".st-key-channel input").press("Enter")
    place = (value(page, "row"), value(page, "column"))
    expect(page).to_have_url(re.compile("channel=7"))
    other = new_page()
    visit(other, page.url)
    for name, shown in zip(("row", "column"), place, strict=True):
        expect(other.locator(f".st-key-{name} input")).to_have_value(shown)
    no_errors(other)


def test_for_an_impossible_position_the_strongest_activation_is_shown(page: Page, address):
    visit(page, f"{address}/cell?layer=conv3&channel=7&row=nonsense&column=99999")
    no_errors(page)
    assert 0 <= int(value(page, "row")) < 13
    assert 0 <= int(value(page, "column")) < 13


def test_any_channel_can_be_switched_off_and_on_by_keyboard(page: Page, address):
    visit(page, f"{address}/ablation?layer=relu1")
    tiles = page.locator('[class*="st-key-off_maps"] .frame')
    tiles.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        tiles.press(key)  # the first key press selects channel 0
    expect(tiles).to_have_attribute("aria-valuetext", "channel 3")
    tiles.press("Enter")
    expect(page.get_by_role("button", name="Switch all 1 on again")).to_be_visible()
    expect(tiles).to_have_attribute("aria-valuetext", "channel 3 is off")
    tiles.press("ArrowRight")
    tiles.press(" ")
    expect(page.get_by_role("button", name="Switch all 2 on again")).to_be_visible()
    tiles.press(" ")
    expect(page.get_by_role("button", name="Switch all 1 on again")).to_be_visible()
    no_errors(page)


def test_keys_pressed_faster_than_the_server_answers_all_count(page: Page, address):
    """Each answer arrives after the next key, and must not take the choice back."""
    late = LateAnswers(page)
    visit(page, f"{address}/filters?filter=10")
    picture = page.locator(".st-key-filter_mosaic .frame")
    late.hold()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"):
        picture.press(key)
        late.deliver()
        late.wait_for_one()
    for _ in range(3):
        picture.press("ArrowDown")
    late.no_longer_hold()
    expect(page.locator(".st-key-filter input")).to_have_value(str(10 + 3 + 4 * 8))
    settled(page)
    assert value(page, "filter") == str(10 + 3 + 4 * 8)


def test_on_a_phone_tiles_are_large_enough_for_a_finger_and_the_chosen_one_is_visible(new_page, address):
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    visit(page, f"{address}/filters?filter=95")
    picture = page.locator(".st-key-filter_mosaic .frame")
    expect(picture.locator(".marker")).to_be_in_viewport(ratio=0.9)
    box, chosen = picture.bounding_box(), picture.locator(".marker").bounding_box()
    assert box is not None and chosen is not None
    assert chosen["width"] >= 24 - 1  # minus the gap to the next one; 24 is the smallest target of WCAG
    assert chosen["x"] >= 0 and chosen["x"] + chosen["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with answered(page):
        picture.tap(position={"x": box["width"] - chosen["width"] / 2, "y": chosen["height"] / 2})
    assert int(value(page, "filter")) in range(48, 95)
    no_errors(page)


def test_the_chosen_tile_stays_visible_when_the_screen_gets_narrower(new_page, address):
    """As it does while a page is still being laid out, and when a phone is turned."""
    page = new_page(viewport={"width": 430, "height": 844}, has_touch=True, is_mobile=True)
    visit(page, f"{address}/filters?filter=95")
    marker = page.locator(".st-key-filter_mosaic .frame .marker")
    expect(marker).to_be_in_viewport(ratio=0.9)
    page.set_viewport_size({"width": 330, "height": 844})
    expect(marker).to_be_in_viewport(ratio=0.9)


def test_on_a_phone_the_drawer_closes_after_a_choice(new_page, address):
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    visit(page, f"{address}/filters")
    page.get_by_test_id("stExpandSidebarButton").click()
    strip = page.locator(".st-key-pictures .frame")
    expect(strip).to_be_in_viewport()
    with answered(page):
        click_into(page, "pictures", 0.4, 0.5)
    expect(strip).not_to_be_in_viewport()
    expect(page).to_have_url(re.compile("picture="))
