"""The app in Streamlit's own test harness: open a page, wait for its long work."""

from __future__ import annotations

import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
PATIENCE = 120  # seconds; machines are shared, and only a hang should fail


def opened(page: str, **choices: str) -> AppTest:
    """A page, with choices as a link would make them."""
    test = AppTest.from_file(str(ROOT / "viz_app/frame/main.py"), default_timeout=PATIENCE)
    for name, value in choices.items():
        test.query_params[name] = value
    return waited(test.run().switch_page(f"../pages/{page}.py").run())


def waited(app: AppTest) -> AppTest:
    """The same page once no work can be stopped any more."""
    end = time.monotonic() + PATIENCE
    while any(button.label == "Stop" for button in app.button):
        assert time.monotonic() < end, "the page's work does not end"
        time.sleep(0.2)
        app.run()
    return app
