"""A visitor opens a file of weights of their own, and looks into that network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ..model.own_files import Plain, saved
from .browsing import drawn, no_errors, visit

NAMES = tuple(f"fruit {letter}" for letter in "abcdefghij")
# More than the 25 MB that a photo may have.
MINE = Plain(channels=(64, 192, 384, 256, 256), units=(1024, 512))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    saved()(folder / "my-fruit.pth", MINE)
    (folder / "names.txt").write_text("\n".join(NAMES))
    (folder / "whole.pth").write_bytes(b"hello")
    return folder


def open_dialog(page: Page) -> None:
    page.get_by_test_id("stSidebar").get_by_text("Settings", exact=True).click()
    page.get_by_role("button", name="Your own weights").click()


def upload(page: Page, key: str, path: Path) -> None:
    page.locator(f".st-key-{key} input[type=file]").set_input_files(path)


def test_a_network_of_ten_classes_is_opened_and_looked_into(new_page, address, folder):
    page: Page = new_page()
    visit(page, f"{address}/prediction")
    open_dialog(page)
    upload(page, "own_weights_file", folder / "whole.pth")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("stAlert")).to_contain_text("cannot be read as a file of PyTorch")
    upload(page, "own_weights_file", folder / "my-fruit.pth")
    expect(dialog).to_contain_text("10 classes")
    expect(dialog.get_by_test_id("stAlert")).to_have_count(0)
    upload(page, "own_weights_labels", folder / "names.txt")
    expect(dialog).to_contain_text("10 classes (fruit a, fruit b, fruit c …)")
    page.get_by_role("button", name="Look into this network").click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("my-fruit.pth")
    page.wait_for_url("**/prediction?architecture=yours-*")
    name = page.url.split("architecture=")[1].split("&")[0]
    # All other pages: tests/viz_app/test_own_weights.py.
    for file in ("prediction", "explain", "filters"):
        visit(page, f"{address}/{file}?architecture={name}")
        drawn(page)
        expect(page.get_by_test_id("stSidebar")).to_contain_text("my-fruit.pth")
        no_errors(page)
        if file == "prediction":
            expect(page.get_by_test_id("stMain")).to_contain_text("fruit ")
