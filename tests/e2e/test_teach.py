"""Teach it is walked as a visitor does: photos of three things, other photos, a shortcut, a saved file."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

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


def test_a_shortcut_is_found_by_the_heat_map(page: Page, address):
    visit(page, f"{address}/teach")
    page.locator(".st-key-example_shortcut button").click()
    told = page.locator("p", has_text="of the heat map lies on the thing")
    expect(told).to_contain_text("shortcut")
    share, area = map(int, re.findall(r"(\d+)%", told.inner_text())[:2])
    assert share < area / 2
    assert accuracy(page) == 100
    no_errors(page)


def test_the_camera_adds_photos(new_page, address):
    page = new_page(permissions=["camera"])
    visit(page, f"{address}/teach")
    page.locator(".st-key-with_camera_1 label").first.click()
    for number, told in enumerate(("1 photo", "2 photos")):
        take = page.get_by_role("button", name="Take Photo")
        expect(take).to_be_enabled()
        # Before the camera has a picture, Streamlit's button does nothing. Chromium's camera begins with the
        # same picture each time, and Teach it takes none twice: so the second is taken later in the film.
        page.wait_for_function(
            "time => document.querySelector('[data-testid=stCameraInput] video')?.currentTime > time",
            arg=number,
        )
        take.click()
        expect(page.get_by_text(told, exact=True)).to_be_visible()
    no_errors(page)
