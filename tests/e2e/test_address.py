"""Links, reloads, back and forward show a page again with all its choices and the user's own photo."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .browsing import answered, drawn, no_errors, open_page, settled, upload, visit
from .conftest import NewPage
from .test_app import own_photo, shown_classes
from .test_choices import value


@pytest.fixture
def other(new_page: NewPage) -> Page:
    """Return a page in the new browser of another user."""
    return new_page()


def choose(page: Page, key: str, number: int) -> None:
    page.locator(f".st-key-{key} input").fill(str(number))
    with answered(page):
        page.locator(f".st-key-{key} input").press("Enter")


WORDS = '[data-testid="stMain"] [data-testid="stMarkdownContainer"]'


def words(page: Page) -> list[str]:
    """Return all text on the page, except that of charts, which are drawn a little later."""
    return page.locator(WORDS).all_inner_texts()


def shows_the_same(other: Page, page: Page) -> None:
    """Wait until another browser shows the same address and the same text."""
    expect(other).to_have_url(page.url)
    expect(other.locator(WORDS)).to_have_text(words(page), use_inner_text=True)


def press(page: Page, key: str) -> None:
    with answered(page):
        page.locator(f".st-key-{key}").get_by_role("button").first.click()


def test_everyone_with_the_link_sees_a_shared_photo_until_it_is_forgotten(page, address, other):
    visit(page, f"{address}/prediction")
    upload(page, "mine.png", own_photo())
    classes = shown_classes(page)
    expect(page).to_have_url(re.compile("picture=yours"))
    visit(other, page.url)  # copied before it was shared
    expect(other.get_by_text("its owner has not shared")).to_be_visible()
    assert shown_classes(other) != classes
    press(page, "share_photo")
    expect(page).to_have_url(re.compile("picture=shared-"))
    link = page.url
    visit(other, link)
    assert shown_classes(other) == classes
    no_errors(other)
    press(page, "forget_photo")
    expect(page).not_to_have_url(re.compile("picture="))
    other.locator(".st-key-logits label").first.click()
    expect(other.get_by_text("The photo of this link is no longer here")).to_be_visible()
    visit(other, link)
    expect(other.get_by_text("The photo of this link is no longer here")).to_be_visible()
    assert shown_classes(other) != classes


def test_a_reload_keeps_the_users_photo_and_the_choices_of_other_pages(page: Page, address):
    visit(page, f"{address}/filters")
    choose(page, "filter", 70)
    upload(page, "mine.png", own_photo())
    open_page(page, "Prediction")
    classes = shown_classes(page)
    page.reload()
    page.wait_for_selector("h1")
    expect(page).to_have_url(re.compile("picture=yours"))
    settled(page)
    assert shown_classes(page) == classes
    open_page(page, "Filters")
    assert value(page, "filter") == "70"


def test_each_tab_has_its_own_photo(page: Page, address, other):
    visit(page, f"{address}/prediction")
    upload(page, "mine.png", own_photo())
    classes = shown_classes(page)
    second = page.context.new_page()
    visit(second, f"{address}/prediction")
    assert shown_classes(second) != classes
    upload(second, "half.png", own_photo()[:-1] + b"\x00")
    settled(page)
    page.reload()
    page.wait_for_selector("h1")
    settled(page)
    assert shown_classes(page) == classes


def test_back_and_forward_show_each_page_with_its_last_choices(page: Page, address):
    visit(page, f"{address}/filters?picture=rocket")
    for number in (7, 9, 11):
        choose(page, "filter", number)
    open_page(page, "Feature maps")
    choose(page, "channel", 20)
    page.go_back()  # one step back leaves the page, however many choices were made
    expect(page.get_by_role("heading", name="Filters", level=1)).to_be_visible()
    expect(page.locator(".st-key-filter input")).to_have_value("11")
    page.go_forward()
    expect(page.locator(".st-key-channel input")).to_have_value("20")
    expect(page).to_have_url(re.compile("feature_maps.*channel=20"))
    no_errors(page)


@pytest.mark.parametrize(
    ("path", "change", "key"),
    [
        ("filters?filter=70", ("filter", 13), "filter"),
        ("feature_maps?layer=relu5&picture=coffee&architecture=caffenet", ("channel", 44), "channel"),
        ("cell?layer=conv3", ("channel", 9), "row"),
        ("network?layer=conv2", ("input-alexnet-2012", 224), "input-alexnet-2012"),
    ],
)
def test_a_link_shows_the_same_in_another_browser(page: Page, other: Page, address, path, change, key):
    visit(page, f"{address}/{path}")
    choose(page, *change)
    drawn(page)
    visit(other, page.url)
    shows_the_same(other, page)
    expect(other.locator(f".st-key-{key} input")).to_have_value(value(page, key))


def test_an_edit_of_the_shape_lab_is_in_the_link(page: Page, other: Page, address):
    visit(page, f"{address}/shape_lab?changes=conv1:stride=5")
    choose(page, "lab_input-227", 250)
    drawn(page)
    visit(other, page.url)
    shows_the_same(other, page)
    assert "250" in other.url
