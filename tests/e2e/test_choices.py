"""What is chosen in one place is chosen everywhere, by mouse, by keyboard and by a link."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.browsing import click_tile, no_errors, settled, visit


def value(page: Page, key: str) -> str:
    return page.locator(f".st-key-{key} input").input_value()


def test_a_link_to_a_picture_marks_it(page: Page, address):
    visit(page, f"{address}/?picture=rocket")
    numbers = page.locator(".st-key-pictures .frame").get_attribute("aria-label") or ""
    names = numbers.partition(": ")[2].split(", ")
    expect(page.locator(".st-key-pictures .frame")).to_have_attribute(
        "aria-valuenow", str(names.index("rocket"))
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
    page.locator(".st-key-patch_scope label").click()
    settled(page)
    assert strip.get_attribute("aria-valuenow") == after
    assert (value(page, "row"), value(page, "column")) == place
    expect(patches).to_be_visible()
    no_errors(page)


def test_a_link_shows_the_number_that_was_on_screen(page: Page, address, browser):
    visit(page, f"{address}/cell?layer=conv3")
    page.locator(".st-key-channel input").fill("7")
    page.locator(".st-key-channel input").press("Enter")
    settled(page)
    place = (value(page, "row"), value(page, "column"))
    expect(page).to_have_url(re.compile("channel=7"))
    other = browser.new_context().new_page()
    visit(other, page.url)
    assert (value(other, "row"), value(other, "column")) == place
    no_errors(other)
    other.context.close()


def test_a_place_that_is_none_is_the_strongest(page: Page, address):
    visit(page, f"{address}/cell?layer=conv3&channel=7&row=nonsense&column=99999")
    no_errors(page)
    assert 0 <= int(value(page, "row")) < 13
    assert 0 <= int(value(page, "column")) < 13


def test_any_channel_is_switched_off_and_on_by_the_keyboard(page: Page, address):
    visit(page, f"{address}/ablation?layer=relu1")
    tiles = page.locator('[class*="st-key-off_maps"] .frame')
    tiles.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        tiles.press(key)  # the first one reaches channel 0
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


def test_keys_faster_than_the_server_s_answers_all_count(page: Page, address):
    visit(page, f"{address}/filters?filter=10")
    picture = page.locator(".st-key-filter_mosaic .frame")
    for _ in range(3):
        picture.press("ArrowRight")
        page.wait_for_timeout(60)  # answers arrive between the presses, each a little late
    for _ in range(4):
        picture.press("ArrowDown")
    expect(page.locator(".st-key-filter input")).to_have_value(str(10 + 3 + 4 * 8))
    settled(page)
    assert value(page, "filter") == str(10 + 3 + 4 * 8)


def test_on_a_phone_a_finger_hits_any_tile_and_the_chosen_one_is_in_view(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    visit(page, f"{address}/filters?filter=95")
    picture = page.locator(".st-key-filter_mosaic .frame")
    box, chosen = picture.bounding_box(), picture.locator(".marker").bounding_box()
    assert box is not None and chosen is not None
    assert chosen["width"] >= 24 - 1  # less the gap to the next; 24 is WCAG's smallest target
    assert chosen["x"] >= 0 and chosen["x"] + chosen["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture.tap(position={"x": box["width"] - chosen["width"] / 2, "y": chosen["height"] / 2})
    settled(page)
    assert int(value(page, "filter")) in range(48, 95)
    no_errors(page)
    context.close()
