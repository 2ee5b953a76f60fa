"""Measure frames per second of the front page, and seconds until its first picture, without a GPU.

    python -m benchmarks.frames http://127.0.0.1:8501

The app must run at that address. Targets on a machine without other work: 30 frames per second, 2 seconds.
"""

from __future__ import annotations

import argparse
import shutil
import time

from playwright.sync_api import Page, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAY = """async root => {
    const slider = root.querySelector(".time");
    slider.value = 0;
    slider.dispatchEvent(new Event("input"));
    root.querySelector(".play").click();
    const gaps = [];
    let last = performance.now();
    while (root.dataset.state === "playing") {
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        gaps.push(now - last);
        last = now;
    }
    return gaps;
}"""


def first_picture(page: Page, address: str) -> float:
    """Return the seconds from the request for the page until the diagram of the network is shown."""
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(".st-key-network svg.across image")
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for number in range(options.rounds):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            seconds = first_picture(page, options.address)
            gaps = sorted(page.locator(".st-key-network .network").evaluate(PLAY))
            rate = 1000 * len(gaps) / sum(gaps)
            print(
                f"round {number + 1}: first picture {seconds:.1f} s, {rate:.0f} frames per second, "
                f"95 % of the frames within {gaps[int(0.95 * len(gaps))]:.0f} ms"
            )
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
