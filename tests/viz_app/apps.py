"""Run the app in Streamlit's test harness: open a page, wait for its jobs, read its texts."""

from __future__ import annotations

import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from viz_app.jobs import Job

from ..patience import patience

MAIN = Path(__file__).parents[2] / "viz_app/frame/main.py"


def started(**choices: str) -> AppTest:
    """Return the front page, opened by a link with these choices."""
    test = AppTest.from_file(str(MAIN), default_timeout=patience())
    for name, value in choices.items():
        test.query_params[name] = value
    return test.run()


def open_page(app: AppTest, page: str) -> AppTest:
    """Go to another page in the same session. Its jobs may still run."""
    return app.switch_page(f"../pages/{page}.py").run()


def opened(page: str, **choices: str) -> AppTest:
    """Return a page opened by a link with these choices, after all its jobs have ended."""
    return waited(open_page(started(**choices), page))


def waited(app: AppTest) -> AppTest:
    """Wait until no job of the page runs any more, and return the page."""
    end = time.monotonic() + patience()
    while any(button.label == "Stop" for button in app.button):
        assert time.monotonic() < end, "the page's work does not end"
        for job in _jobs(app):
            job.finished_within(0.2)
        app.run()
    return app


def _jobs(app: AppTest) -> list[Job]:
    """Return the jobs that the parts of the page wait for."""
    return [job for jobs in app.session_state["waiting"].values() for job in jobs]


def healthy(app: AppTest) -> bool:
    """Return whether the page shows neither a traceback nor an error message."""
    return not app.exception and not app.error


def texts(app: AppTest) -> str:
    """Return all texts on the page, except those in charts and components."""
    elements = (*app.markdown, *app.caption, *app.subheader, *app.latex, *app.metric, *app.warning)
    return "\n".join(str(element.value) for element in elements)


def compare_with(app: AppTest, what: str) -> AppTest:
    open_page(app, "explain")
    app.multiselect(key="methods").set_value(["grad-cam"]).run()
    return app.selectbox(key="compare_with").set_value(what).run()
