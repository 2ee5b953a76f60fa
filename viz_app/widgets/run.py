"""Parts of a page that rerun alone, and long work whose progress is shown and that can be stopped."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec

import streamlit as st

from model.errors import UserError
from model.preprocess import Photo
from model.question import Question
from viz_app import address, cached, state
from viz_app.jobs import Job, Result
from viz_app.state import tab

if TYPE_CHECKING:
    from model.attribution import Attribution

AT_ONCE = 0.3  # seconds that a page waits for a result before it shows a progress bar
POLL = 0.4  # seconds between two updates of the progress bar

Arguments = ParamSpec("Arguments")


def after_drawing() -> None:
    """Keep what is on screen for a reload, and show it to the class. Call this when something was drawn."""
    tab.save()
    state.classes.publish()


def part(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Turn a function into a part of a page that reruns alone when one of its widgets changes.

    A `UserError`, which the user can put right, is shown in place of the part. Any other error is a bug, and
    its traceback is printed in the terminal.
    """

    @st.fragment
    @functools.wraps(function)
    def shown(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        if address.everything_is_behind() or state.photo_is_gone():
            st.rerun()
        with state.waiting(function.__qualname__), address.part(function.__qualname__):
            try:
                function(*args, **kwargs)
            except UserError as error:
                st.error(str(error))
        if address.only_a_part_runs():
            after_drawing()
        if address.is_outdated():
            st.rerun()

    return shown


def wait_for(job: Job[Result], title: str, show: Callable[[object], object] | None = None) -> Result | None:
    """Return a job's result. While it runs, show its progress and a button to stop it, and return None.

    Args:
        title: what the job does, such as "Covering the photo".
        show: draws the job's preview, an intermediate result, if there is one.
    """
    if state.has_stopped(job):
        st.info(f"{title}: stopped.")
        st.button("Start again", on_click=state.start_again, args=(job,), key=f"again-{job.name}")
        return None
    state.waits_for(job)
    # A job that was stopped just as this session joined it has no result: `_watch` reruns the page.
    if not job.finished_within(AT_ONCE) or job.was_stopped:
        # If `_watch` repeats before the browser has been sent its first output, Streamlit drops that output.
        # What stands below would then have no place in the page, which leaves nothing but a blank page.
        with st.container():
            _watch(job, title, show)
        return None
    for note in job.notes:
        st.warning(note)
    return job.result(state.session())


@st.fragment(run_every=POLL)
def _watch(job: Job, title: str, show: Callable[[object], object] | None) -> None:
    if job.finished_within(0) or state.has_stopped(job):
        st.rerun()
    job.join(state.session())
    st.progress(job.share, f"{title}: {_time_left(job)}")
    st.button("Stop", on_click=state.stop, args=(job,), key=f"stop-{job.name}", icon=":material/stop:")
    preview = job.preview  # read once, since the job may replace it at any time
    if show is not None and preview is not None:
        show(preview)


def _time_left(job: Job) -> str:
    if not job.has_begun:
        return "waiting for other work"
    left = job.seconds_left
    return "beginning" if left is None else f"{job.share:.0%}, {left:.0f} s left"


def attribution(photo: Photo, question: Question) -> Attribution | None:
    """Return the answer to a question. While a slow method runs, show its progress and return None."""
    network = state.network()
    question = cached.complete(network, question)
    if cached.is_slow(network, question):
        job = cached.slow_attribution(photo, network, question)
        return wait_for(job, cached.methods()[question.method].title)
    return cached.attribution(photo, network, question)
