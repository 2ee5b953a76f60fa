"""The bar above every page: pages in groups, a search by one key, the presenter view."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from viz_app.frame.navigation import APP, NAVIGATION

from .browsing import visit


def bar(page: Page):
    return page.locator(".st-key-bar")


def test_a_menu_names_its_pages_and_shows_which_one_is_open(page: Page, address: str):
    page.set_viewport_size({"width": 1440, "height": 900})
    visit(page, address)
    expect(bar(page).get_by_text(APP)).to_be_visible()
    group = NAVIGATION[1]
    menu = bar(page).get_by_role("button", name=group.title)
    expect(menu).to_have_attribute("aria-expanded", "false")
    menu.click()
    expect(bar(page).get_by_text(group.sentence)).to_be_visible()
    for entry in group.pages:
        expect(bar(page).get_by_role("link", name=entry.title)).to_be_visible()
    wanted = group.pages[1]
    bar(page).get_by_role("link", name=wanted.title).click()
    expect(page.get_by_role("heading", name=wanted.title, level=1)).to_be_visible()
    expect(menu).to_contain_text(wanted.title)  # although it is closed
    expect(menu).to_have_attribute("aria-expanded", "false")


def test_one_key_opens_a_search_over_all_pages(page: Page, address: str):
    visit(page, address)
    page.keyboard.press("/")
    field = page.get_by_role("searchbox")
    field.fill("saliency")
    found = bar(page).locator(".panel a")
    expect(found).to_have_count(1)
    field.fill("no such thing")
    expect(bar(page).get_by_text("No page")).to_be_visible()
    field.fill("lesion")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ablation", level=1)).to_be_visible()


def test_the_search_closes_without_a_choice(page: Page, address: str):
    visit(page, address)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_presenter_view_has_no_sidebar_and_larger_type(page: Page, address: str):
    visit(page, f"{address}/prediction")
    sidebar, title = page.get_by_test_id("stSidebar"), page.locator("h1")
    before = title.evaluate("h1 => parseFloat(getComputedStyle(h1).fontSize)")
    page.keyboard.press("p")
    expect(sidebar).to_be_hidden()
    larger = "size => parseFloat(getComputedStyle(document.querySelector('h1')).fontSize) > size"
    page.wait_for_function(larger, arg=before)
    page.keyboard.press("p")
    expect(sidebar).to_be_visible()


@pytest.mark.parametrize("width", [390, 853])
def test_where_the_bar_is_narrow_all_pages_are_in_one_menu(page: Page, address: str, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    visit(page, address)
    bar(page).get_by_role("button", name="All pages").click()
    for group in NAVIGATION:
        for entry in group.pages:
            link = bar(page).get_by_role("link", name=entry.title, exact=False).first
            link.scroll_into_view_if_needed()
            box = link.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
    bar(page).get_by_role("link", name="Filters").click()
    expect(page.get_by_role("heading", name="Filters", level=1)).to_be_visible()
