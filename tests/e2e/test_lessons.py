"""A teacher walks through a lesson, and a class follows."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from viz_app.frame.navigation import PAGES
from viz_app.lessons import shelf

from .browsing import answered, no_errors, open_page, settled, visit
from .conftest import NewPage

HEADINGS = {entry.file: entry.heading for entry in PAGES}


def where(page: Page):
    """Return the line that says which stop of which lesson is on screen."""
    return page.locator(".st-key-lesson [data-testid=stCaptionContainer]").first


def opened_class(page: Page, address: str) -> str:
    """Open a class as its teacher, and return its code."""
    visit(page, f"{address}/classes")
    page.locator(".st-key-open_class button").first.click()
    expect(page.locator(".st-key-class_bar")).to_be_visible()
    settled(page)
    code = re.search(r"class=([A-Z]{4})", page.url)
    assert code
    return code[1]


def heading(page: Page, file: str) -> None:
    expect(page.get_by_role("heading", name=HEADINGS[file], level=1, exact=True)).to_be_visible()


def test_a_class_follows_a_lesson_that_is_walked_by_keyboard_alone(new_page: NewPage, address: str):
    teacher, student, rebel = new_page(), new_page(), new_page()
    code = opened_class(teacher, address)
    visit(student, f"{address}/?class={code}")
    visit(rebel, f"{address}/?class={code}&secret=guessed")
    assert "secret" not in rebel.url
    open_page(teacher, "Lessons")
    lesson = shelf.lesson("shapes")
    teacher.locator(".st-key-start-shapes button").first.focus()
    teacher.keyboard.press("Enter")
    count = len(lesson.stops)
    for number, stop in enumerate(lesson.stops, start=1):
        for page in (teacher, student):
            expect(where(page)).to_have_text(f"{lesson.title}, stop {number} of {count}")
            heading(page, stop.page)
            no_errors(page)
        settled(teacher)
        if number == 2:
            open_page(rebel, "Network health")  # shows others nothing
            expect(rebel.get_by_text("You explore on your own.")).to_be_visible()
        if stop.highlight:
            expect(teacher.locator(f".st-key-{stop.highlight}").first).to_be_visible()
        if stop.question:
            teacher.keyboard.press("PageDown")
            expect(teacher.locator(".st-key-show_answer")).to_have_count(0)
            expect(teacher.locator(".st-key-lesson_question")).to_contain_text(stop.question.answer)
            settled(teacher)
        teacher.keyboard.press("PageDown")
    expect(teacher.get_by_text("That was the last stop")).to_be_visible()
    expect(student.get_by_text("That was the last stop")).to_be_visible()
    heading(rebel, "health")
    rebel.get_by_role("button", name="Follow the teacher").click()
    expect(rebel.get_by_text("That was the last stop")).to_be_visible()
    teacher.locator(".st-key-end_class button").first.click()
    expect(student.get_by_text(f"The class {code} has ended.")).to_be_visible()
    for page in (teacher, student, rebel):
        no_errors(page)


LOSE_ONE = """() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (...given) {
        if (window.lost) return send.apply(this, given);
        window.lost = true;
    };
}"""


def test_a_student_follows_though_a_message_was_lost(new_page: NewPage, address: str):
    teacher, student = new_page(), new_page()
    visit(student, f"{address}/?class={opened_class(teacher, address)}")
    student.evaluate(LOSE_ONE)
    open_page(teacher, "Network health")
    expect(student.get_by_role("heading", name="Network health", level=1)).to_be_visible()
    assert student.evaluate("window.lost")


def test_answers_are_counted_and_the_right_one_is_shown_to_all(new_page: NewPage, address: str):
    teacher, student = new_page(), new_page()
    code = opened_class(teacher, address)
    lesson = shelf.lesson("shapes")
    number, question = next((n, s.question) for n, s in enumerate(lesson.stops, 1) if s.question)
    visit(teacher, f"{address}/lessons?class={code}")
    expect(
        teacher.locator(".st-key-end_class")
    ).to_be_visible()  # a reload does not make a student of a teacher
    teacher.locator(".st-key-start-shapes button").first.click()
    for _ in range(number - 1):
        with answered(teacher):
            teacher.keyboard.press("PageDown")
    visit(student, f"{address}/?class={code}")
    expect(where(student)).to_contain_text(f"stop {number} of")
    with answered(student):
        student.keyboard.press("1")
    expect(teacher.locator(".st-key-lesson_question")).to_contain_text(f"1: {question.choices[0]}")
    expect(teacher.locator(".st-key-class_bar")).to_contain_text("student")
    settled(teacher)
    teacher.keyboard.press("PageDown")
    expect(student.locator(".st-key-lesson_question")).to_contain_text(question.answer)
    expect(student.locator(".st-key-lesson_question")).to_contain_text("right")


def test_a_reload_and_a_link_show_the_same_stop(page: Page, new_page: NewPage, address: str):
    visit(page, f"{address}/lessons")
    page.locator(".st-key-start-filters button").first.click()
    expect(where(page)).to_contain_text("stop 1 of")
    with answered(page):
        page.keyboard.press("PageUp")  # there is no stop before the first
    for _ in range(3):
        before = where(page).inner_text()
        while where(page).inner_text() == before:
            with answered(page):
                page.keyboard.press("ArrowRight")
    panel = page.locator(".st-key-lesson")
    text = panel.inner_text()
    page.reload()
    expect(panel).to_have_text(text, use_inner_text=True)
    settled(page)
    other = new_page()
    visit(other, page.url)
    assert other.url == page.url
    expect(other.locator(".st-key-lesson")).to_have_text(text, use_inner_text=True)


@pytest.mark.parametrize("name", [name for name in shelf.names() if name != "shapes"])
def test_what_the_stops_of_a_lesson_speak_of_is_on_their_pages(page: Page, address: str, name: str):
    for number, stop in enumerate(shelf.lesson(name).stops, start=1):
        query = urlencode({**stop.state, "lesson": name, "stop": number})
        visit(page, f"{address}/{'' if stop.page == PAGES[0].file else stop.page}?{query}")
        expect(where(page)).to_contain_text(f"stop {number} of")
        heading(page, stop.page)
        if stop.highlight:
            expect(page.locator(f".st-key-{stop.highlight}").first).to_be_visible()
        no_errors(page)
        expect(page.get_by_text("which does not exist here")).to_have_count(0)


def test_a_link_to_a_class_that_has_ended_says_so(page: Page, address: str):
    visit(page, f"{address}/?class=BCDF")
    expect(page.get_by_text("There is no class BCDF.")).to_be_visible()
    expect(page).not_to_have_url(re.compile("class="))


def test_mistakes_in_an_own_lesson_are_named_and_a_right_one_starts(page: Page, address: str):
    visit(page, f"{address}/lessons")
    field = page.locator(".st-key-lesson_text textarea")
    with answered(page):
        field.fill("title: Mine\nminutes: soon\n")
        field.press("Control+Enter")
    expect(page.get_by_text("Line 2, minutes")).to_be_visible()
    with answered(page):
        field.fill(
            "title: Mine\nminutes: 5\nsummary: One stop.\nstops:\n"
            "  - title: Only\n    page: filters\n    state:\n      filter: 7\n    text: Look.\n"
        )
        field.press("Control+Enter")
    page.locator(".st-key-start-own button").first.click()
    expect(where(page)).to_have_text("Mine, stop 1 of 1")
    expect(page.locator(".st-key-filter input")).to_have_value("7")


def test_the_qr_code_fills_the_screen(new_page: NewPage, address: str):
    teacher = new_page()
    code = opened_class(teacher, address)
    open_page(teacher, "Filters")
    teacher.get_by_role("button", name="QR code").click()
    dialog = teacher.get_by_role("dialog")
    picture = dialog.get_by_role("img", name=re.compile(f"QR code of .*class={code}"))
    expect(picture.or_(dialog.get_by_text("This computer is in no network"))).to_be_visible()
    if picture.is_visible():
        box = picture.bounding_box()
        assert box
        assert box["width"] >= 500
    teacher.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    no_errors(teacher)
