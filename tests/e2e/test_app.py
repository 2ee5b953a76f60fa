"""In a real browser, the app shows what model/ computes."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from model import ARCHITECTURES, capture, classify, describe, explain, read_photo

from .browsing import TITLES, answered, click_tile, foreign, no_errors, open_page, settled, upload, visit


def own_photo() -> bytes:
    """Return a photo that looks like no sample: stripes that turn into noise."""
    y, x = np.mgrid[0:240, 0:320]
    noise = np.random.default_rng(5).integers(0, 90, (240, 320))
    stripes = 80 + 80 * np.sin((x + y) / 7)
    pixels = np.stack([stripes + noise, stripes, 255 - stripes - noise], axis=-1)
    buffer = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def shown_classes(page: Page) -> list[str]:
    """Return the class names beside the five bars."""
    page.wait_for_selector(".st-key-top5 .ytick")
    # Plotly writes the names from the bottom up.
    return page.locator(".st-key-top5 .ytick text").all_text_contents()[::-1]


def test_a_sample_is_classified_at_once(page: Page, address, network, photo):
    visit(page, f"{address}/prediction")
    assert shown_classes(page) == [p.label for p in classify(network, photo).top(5)]
    shares = page.locator(".st-key-top5 .bartext").all_text_contents()
    assert shares == [f"{p.probability:.1%}" for p in classify(network, photo).top(5)]
    no_errors(page)


def test_nothing_is_fetched_from_elsewhere(page: Page, address):
    """So a classroom without internet gets the same page."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, f"{address}/prediction")
    for title in TITLES[1:]:
        open_page(page, title)
    assert foreign(address, asked) == []


def test_an_uploaded_photo_is_shown_on_every_page(page: Page, address, network):
    visit(page, f"{address}/prediction")
    upload(page, "mine.png", own_photo())
    photo = read_photo(own_photo(), "mine.png")
    assert shown_classes(page) == [p.label for p in classify(network, photo).top(5)]
    for title in TITLES[1:]:
        open_page(page, title)
        no_errors(page)
    best = classify(network, photo).top(1)[0]
    open_page(page, "Attribution")
    expect(page.get_by_text(f"{best.label} has the probability {best.probability:.1%}")).to_be_visible()
    open_page(page, "Prediction")
    assert shown_classes(page)[0] == best.label


def test_a_click_and_an_arrow_key_choose_a_filter(page: Page, address):
    visit(page, f"{address}/filters")
    click_tile(page, "filter_mosaic", (5 + 0.5) / 16, (2 + 0.5) / 6)
    number = page.locator(".st-key-filter input")
    expect(number).to_have_value("21")  # row 2, column 5 of the first tower's eight columns
    expect(page.get_by_text("Filter 21 · 3 × 11 × 11")).to_be_visible()
    page.locator(".st-key-filter_mosaic .frame").press("ArrowRight")
    expect(number).to_have_value("22")
    page.locator(".st-key-filter_mosaic .frame").press("ArrowDown")
    expect(number).to_have_value("30")
    settled(page)
    click_tile(page, "filter_mosaic", (13 + 0.5) / 16, (2 + 0.5) / 6)
    expect(number).to_have_value("69")  # the same position in the second tower
    number.fill("7")
    number.press("Enter")
    expect(page.get_by_text("Filter 7 · 3 × 11 × 11")).to_be_visible()
    expect(page).to_have_url(re.compile("filter=7"))


def test_a_click_chooses_a_channel_and_its_values_are_the_networks(page: Page, address, network, photo):
    visit(page, f"{address}/feature_maps?layer=relu5")
    click_tile(page, "map_mosaic", (3 + 0.5) / 16, (1 + 0.5) / 16)
    expect(page.locator(".st-key-channel input")).to_have_value("11")
    expect(page.get_by_role("heading", name="relu5: 256 × 13 × 13")).to_be_visible()
    values = capture(network, network.prepare(photo))["relu5"].numpy()
    expect(page.get_by_text(f"from 0 to {values.max():.4g}")).to_be_visible()
    page.wait_for_selector(".st-key-one_map .js-plotly-plot")
    drawn = page.locator(".st-key-one_map .js-plotly-plot").evaluate(
        "plot => Array.from(plot._fullData[0].z[4])"
    )
    # The tolerance is for float32 written as JSON.
    assert drawn == pytest.approx(values[11][4].tolist(), rel=1e-5, abs=1e-6)


def test_a_click_in_the_diagram_shows_the_formulas_of_that_layer(page: Page, address):
    visit(page, f"{address}/network")
    page.locator('.st-key-diagram [data-layer="conv3"] rect').first.click()
    expect(page.get_by_text("conv3: 256 × 13 × 13 → 384 × 13 × 13")).to_be_visible()
    page.locator('.st-key-diagram [data-layer="conv3"]').press("ArrowRight")
    expect(page.get_by_text("relu3: 384 × 13 × 13 → 384 × 13 × 13")).to_be_visible()
    architecture = "alexnet-2012"
    visit(page, f"{address}/network?architecture={architecture}")
    total = sum(info.parameters for info in describe(ARCHITECTURES[architecture]))
    assert total == 60_965_224
    expect(page.get_by_text(f"{total:,}", exact=True).first).to_be_visible()


def test_attribution_shows_the_score_of_any_target_and_its_heat_map_can_be_saved(
    page: Page, address, network, photo
):
    visit(page, f"{address}/explain")
    box = page.get_by_role("combobox", name="Target class, most probable first")
    box.fill("espresso maker")
    with answered(page):
        page.get_by_role("option", name="espresso maker").first.click()
    chosen = next(i for i, label in enumerate(classify(network, photo).labels) if label == "espresso maker")
    score = classify(network, photo).prediction(chosen)
    expect(page.get_by_text(f"{score.logit:.3f}")).to_be_visible()
    with page.expect_download() as download:
        page.locator(f".st-key-npy-grad-cam-{chosen} button").click()
    heatmap = np.load(download.value.path())
    expected = explain(network, network.prepare(photo), "grad-cam", chosen).heatmap
    assert np.allclose(heatmap, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "data"),
    [("notes.jpg", b"no picture"), ("half.png", own_photo()[:3000]), ("empty.png", b"")],
)
def test_a_bad_file_shows_an_error_and_the_photo_stays(page: Page, address, name, data):
    visit(page, f"{address}/prediction")
    upload(page, "mine.png", own_photo())
    before = shown_classes(page)
    upload(page, name, data)
    expect(page.get_by_text("The previous photo is still here.")).to_be_visible()
    assert shown_classes(page) == before
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)


def test_the_camera_takes_a_photo(new_page, address):
    page = new_page(permissions=["camera"])
    visit(page, f"{address}/prediction")
    page.get_by_text("Use the camera").click()
    expect(page.locator('[data-testid="stCameraInput"]')).to_be_visible()
    no_errors(page)
