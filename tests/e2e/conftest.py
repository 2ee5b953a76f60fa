"""Fixtures: the app on a free port, and pages in Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ..patience import patience
from ..serving import answers, free_port
from .browsing import watched

ROOT = Path(__file__).parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these options Chromium contacts its maker, which fails slowly on a machine without internet.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    # A camera that shows a moving pattern, allowed without a question.
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the app, which has no downloaded weights."""
    port, log = free_port(), tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    environment = os.environ | {"ALEXNET_CACHE": str(tmp_path_factory.mktemp("cache"))}
    with log.open("w") as stream:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stream, stderr=stream)
    try:
        assert answers(f"http://127.0.0.1:{port}", server), f"the app did not start: {log.read_text()}"
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(patience())


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        # A slow start of the browser is not an error.
        yield playwright.chromium.launch(executable_path=found, args=QUIET, timeout=1000 * patience())


NewPage = Callable[..., Page]


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Return a function that opens a page in a new browser, with options of Playwright's `new_context`.

    Only this function sets how long browser tests wait.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    milliseconds = 1000 * patience()
    expect.set_options(timeout=milliseconds)

    def opened(**options: Any) -> Page:
        context = watched(browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options}))
        context.set_default_timeout(milliseconds)
        context.on("weberror", lambda error: errors.append(f"{error.page and error.page.url}: {error.error}"))
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    assert errors == [], "an error in a page's JavaScript, after which Streamlit shows a blank page"


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """Return a page on a laptop."""
    return new_page()
