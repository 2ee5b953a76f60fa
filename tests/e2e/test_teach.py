"""Teach it is walked as a visitor does: photos of three things, other photos, a shortcut, a saved file."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from model.textured_things import NAMES, things

from .browsing import answered, drawn, no_errors, settled, visit


def files(folder: Path, count: int = 12) -> dict[str, list[Path]]:
    """Draw photos of three textured things on shared backgrounds as files, by class."""
    found: dict[str, list[Path]] = {name: [] for name in NAMES}
    for thing in things(count):
        path = folder / f"{thing.photo.name}.png"
        thing.photo.image.save(path)
        found[NAMES[thing.label]].append(path)
    return found


def accuracy(page: Page) -> float:
    told = page.get_by_text(re.compile(r"\d+% accuracy on the validation photos")).inner_text()
    return float(re.search(r"(\d+)% accuracy", told)[1])  # type: ignore[index]


def test_three_classes_are_taught_explained_saved_and_opened(page: Page, address, tmp_path):
    visit(page, f"{address}/teach")
    with answered(page):
        page.locator(".st-key-add_class button").click()
    for number, (name, paths) in enumerate(files(tmp_path).items()):
        field = page.get_by_label("Name").nth(number)
        with answered(page):
            field.fill(name)
            field.press("Enter")
        uploads = page.locator("[class*=st-key-photos_] input[type=file]")
        uploads.nth(number).set_input_files(paths)
        expect(page.get_by_text("12 photos")).to_have_count(number + 1)
    expect(page.get_by_text("Try it on another photo")).to_be_visible()
    settled(page)
    assert accuracy(page) > 90
    expect(page.get_by_text("Look at the heat map.")).to_be_visible()
    drawn(page)
    no_errors(page)
    bars = ".st-key-taught_answer .js-plotly-plot"
    shown = page.evaluate(f"[...document.querySelector('{bars}').data[0].x]")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the classes").click()
    saved = tmp_path / "classes.safetensors"
    download.value.save_as(saved)
    page.reload()
    settled(page)
    page.locator(".st-key-open_classes summary").click()
    page.locator("[class*=st-key-classes_file_] input[type=file]").set_input_files(saved)
    expect(page.get_by_text("Classes from a file: striped, dotted, checked.")).to_be_visible()
    drawn(page)
    again = page.evaluate(f"[...document.querySelector('{bars}').data[0].x]")
    assert again == shown


def test_a_folder_of_folders_makes_a_class_of_each(page: Page, address, tmp_path):
    for name, paths in files(tmp_path, 6).items():
        (tmp_path / "photos" / name).mkdir(parents=True)
        for path in paths:
            path.rename(tmp_path / "photos" / name / path.name)
    (tmp_path / "photos/dotted/notes.txt").write_text("no photo")
    visit(page, f"{address}/teach")
    page.locator(".st-key-open_folder summary").click()
    page.locator("[class*=st-key-folder_] input[type=file]").set_input_files(tmp_path / "photos")
    expect(page.get_by_text("6 photos", exact=True)).to_have_count(3)
    settled(page)
    named = page.get_by_label("Name", exact=True)
    assert [named.nth(i).input_value() for i in range(3)] == ["checked", "dotted", "striped"]
    expect(page.get_by_text("Try it on another photo")).to_be_visible()
    no_errors(page)


def test_a_shortcut_is_found_by_the_heat_map(page: Page, address):
    visit(page, f"{address}/teach")
    page.locator(".st-key-example_shortcut button").click()
    told = page.locator("p", has_text="of the heat map lies on the thing")
    expect(told).to_contain_text("shortcut")
    share, area = map(int, re.findall(r"(\d+)%", told.inner_text())[:2])
    assert share < area / 2
    assert accuracy(page) == 100
    no_errors(page)


def with_camera(page: Page, address: str) -> tuple[Locator, Locator]:
    """Open the page, switch the first class's camera on, and return its button and what it says."""
    visit(page, f"{address}/teach")
    page.locator(".st-key-with_camera_1 label").first.click()
    shown = page.locator(".st-key-camera_1")
    return shown.get_by_role("button", name="Hold to take photos"), shown.get_by_role("status")


def test_the_camera_takes_photos_while_its_button_is_held(new_page, address):
    page = new_page(permissions=["camera"])
    button, told = with_camera(page, address)
    expect(button).to_be_enabled()
    button.hover()
    page.mouse.down()
    expect(told).to_have_text(re.compile(r"([3-9]|\d\d) new photos"))
    page.mouse.up()
    counted = page.get_by_text(re.compile(r"^\d+ photos$"))
    expect(counted).to_be_visible()
    before = int(counted.inner_text().split()[0])
    assert before >= 3
    expect(button).to_be_enabled()  # the camera stays on
    button.focus()
    page.keyboard.down("Space")
    page.keyboard.up("Space")
    expect(page.get_by_text(f"{before + 1} photos", exact=True)).to_be_visible()
    no_errors(page)


def test_a_camera_that_is_not_allowed_says_what_to_do(page: Page, address):
    page.add_init_script(
        'navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"))'
    )
    button, told = with_camera(page, address)
    expect(told).to_contain_text("The browser does not allow the camera.")
    expect(button).to_be_disabled()
