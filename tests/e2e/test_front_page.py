"""The front page in a real browser plays, opens other pages, zooms, and can be saved."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from model import ARCHITECTURES, classify, describe

from .browsing import no_errors, visit

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}href"
LAYERS = ARCHITECTURES["alexnet-2012"].layer_names

# Return the texts that are cut off or overlap. Diagrams are in shadow roots of components.
CLIPPED = """svg => {
    const whole = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")]
        .map(text => [text.textContent, text.getBoundingClientRect()]);
    const out = texts.filter(([, box]) => box.left < whole.left - 1 || box.right > whole.right + 1
        || box.top < whole.top - 1 || box.bottom > whole.bottom + 1).map(([text]) => text);
    for (const [i, [one, a]] of texts.entries())
        for (const [other, b] of texts.slice(i + 1))
            if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
                && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > a.height / 2)
                out.push(`${one} over ${other}`);
    return out;
}"""


def network(page: Page) -> Locator:
    return page.locator(".st-key-network .network")


def layer(page: Page, name: str, drawing: str = "across") -> Locator:
    return network(page).locator(f'svg.{drawing} [data-layer="{name}"]')


def played(page: Page) -> None:
    """Wait until the light has reached the predicted classes."""
    expect(network(page)).to_have_attribute("data-state", "done")


def test_the_light_reaches_each_layer_in_order_and_then_the_predictions(page: Page, address, network, photo):
    visit(page, address)
    expect(page.locator(".st-key-bar").get_by_text("AlexNet Explorer")).to_be_visible()
    drawing = page.locator(".st-key-network .network")
    reached = drawing.evaluate(
        """async root => {
            const slider = root.querySelector(".time"); // start again: it may be over
            slider.value = 0;
            slider.dispatchEvent(new Event("input"));
            root.querySelector(".play").click();
            const seen = [];
            while (root.dataset.state === "playing") {
                if (seen.at(-1) !== root.dataset.reached) seen.push(root.dataset.reached);
                await new Promise(requestAnimationFrame);
            }
            return seen;
        }"""
    )
    order = ["input", *LAYERS, "answer"]
    assert [order.index(name) for name in reached] == sorted(order.index(name) for name in reached)
    assert len(reached) > len(order) / 2 and reached[-1] == "answer"
    best = classify(network, photo).top(1)[0]
    answer = layer(page, "answer")
    expect(answer.locator("text").first).to_have_text(best.label)
    expect(answer).to_contain_text(f"{best.probability:.1%}")
    assert answer.locator(".words").evaluate("part => part.style.opacity") == "1"
    no_errors(page)


def test_a_layer_shows_its_facts_and_opens_its_page(page: Page, address):
    visit(page, address)
    played(page)
    [info] = [info for info in describe(ARCHITECTURES["alexnet-2012"]) if info.name == "conv2"]
    layer(page, "conv2").locator(".slab").first.hover()
    said = network(page).locator(".facts")
    for part in (
        "conv2",
        "256 × 27 × 27",
        f"{info.parameters:,} parameters",
        "floor((27 + 2·2 − 5) / 1) + 1 = 27",
    ):
        expect(said).to_contain_text(part)
    layer(page, "relu3").locator("text").click()
    expect(page.get_by_role("heading", name="Feature maps", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="relu3: 384 × 13 × 13")).to_be_visible()
    expect(page).to_have_url(re.compile(r"feature_maps\?layer=relu3"))


def test_a_click_on_a_feature_map_opens_its_channel(page: Page, address):
    visit(page, address)
    played(page)
    tile = layer(page, "conv5").locator("[data-channel]").nth(2)
    channel = tile.get_attribute("data-channel")
    tile.click()
    expect(page.get_by_role("heading", name="Feature maps", level=1)).to_be_visible()
    expect(page.locator(".st-key-channel input")).to_have_value(channel or "")
    no_errors(page)


@pytest.mark.parametrize(
    ("name", "heading"), [("input", "Prediction"), ("answer", "Prediction"), ("fc7", "Architecture")]
)
def test_photo_predictions_and_units_open_their_pages_by_keyboard(page: Page, address, name, heading):
    visit(page, address)
    played(page)
    order = ["input", *LAYERS, "answer"]
    layer(page, "input").focus()
    page.keyboard.press("End")
    expect(layer(page, "answer")).to_be_focused()
    for _ in range(len(order) - 1 - order.index(name)):
        page.keyboard.press("ArrowLeft")
    expect(layer(page, name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()


def test_with_reduced_motion_everything_is_shown_at_once(new_page, address):
    page = new_page(reduced_motion="reduce")
    visit(page, address)
    expect(network(page)).to_have_attribute("data-state", "done")
    assert (
        network(page)
        .locator("svg.across .words")
        .evaluate_all("parts => parts.every(part => getComputedStyle(part).opacity === '1')")
    )
    expect(network(page).locator(".play")).to_be_hidden()


def test_zooming_keeps_the_point_under_the_pointer_and_can_be_undone(page: Page, address):
    visit(page, address)
    played(page)
    svg = network(page).locator("svg.across")
    whole = svg.get_attribute("viewBox")
    tile = layer(page, "conv4").locator(".tile").first
    before = tile.bounding_box()
    assert before is not None
    tile.hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    expect(svg).not_to_have_attribute("viewBox", whole or "")
    after = tile.bounding_box()
    assert after is not None and after["width"] > 1.5 * before["width"]
    middles = [box["x"] + box["width"] / 2 for box in (before, after)]
    assert middles[0] == pytest.approx(middles[1], abs=8)  # the point under the pointer has not moved
    network(page).get_by_role("button", name="Whole").click()
    assert svg.evaluate("svg => svg.viewBox.baseVal.width") == pytest.approx(float((whole or "").split()[2]))


@pytest.mark.parametrize("tone", ["colour", "grey"])
def test_a_saved_svg_needs_no_other_file(page: Page, browser: Browser, address, tmp_path, tone):
    visit(page, address)
    played(page)
    path = saved(page, f"svg-{tone}", tmp_path)
    svg = ET.parse(path).getroot()
    texts = ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]
    assert {"conv1", "96 × 55²", "34,944", "relu5", "prob"} <= set(texts)
    assert all(
        image.attrib["{http://www.w3.org/1999/xlink}href"].startswith("data:")
        for image in svg.iter(f"{SVG}image")
    )
    alone = browser.new_page()
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    alone.goto(path.as_uri())
    assert alone.locator("text", has_text="conv1").count() == 1
    picture = Image.open(io.BytesIO(alone.locator("svg").screenshot())).convert("RGB")
    assert asked == [path.as_uri()] or all(url.startswith(("file:", "data:")) for url in asked)
    pixels = np.asarray(picture).astype(int)
    most_colour = (pixels.max(-1) - pixels.min(-1)).max()
    assert (most_colour < 12) == (tone == "grey")  # of 255, for rounding and the edges of letters
    alone.close()


def test_the_diagram_can_be_saved_as_png(page: Page, address, tmp_path):
    visit(page, address)
    played(page)
    with Image.open(saved(page, "png-colour", tmp_path)) as picture:
        assert picture.width == 2800
        assert len(picture.convert("RGB").getcolors(2**24) or ()) > 1000


def saved(page: Page, kind: str, folder: Path) -> Path:
    network(page).locator("summary").click()
    with page.expect_download() as download:
        network(page).locator(f'[data-save="{kind}"]').click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.mark.parametrize("architecture", ["alexnet-2012", "alexnet-torchvision"])
@pytest.mark.parametrize("width", [390, 853, 1280, 1920])
def test_no_text_is_cut_off_or_covered(new_page, address, width, architecture):
    page = new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    visit(page, f"{address}/?architecture={architecture}")
    drawing = network(page).locator("svg.down" if width < 640 else "svg.across")
    expect(drawing).to_be_visible()
    assert drawing.evaluate(CLIPPED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_light_starts_again_for_another_photo_only(page: Page, address):
    visit(page, address)
    played(page)
    first = network(page).locator("svg.across image").first.get_attribute("href")
    page.locator(".st-key-front_pictures .frame").press("ArrowRight")
    expect(network(page).locator("svg.across image").first).not_to_have_attribute("href", first or "")
    expect(network(page)).to_have_attribute("data-state", "playing")
    played(page)
