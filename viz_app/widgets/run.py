"""Parts of a page that rerun alone, and long work with its progress and a way to stop it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec

import streamlit as st

from model.errors import UserError
from model.preprocess import Photo
from model.question import Question
from viz_app import cached, state
from viz_app.jobs import Job, Result

if TYPE_CHECKING:
    from model.attribution import Attribution

AT_ONCE = 0.3  # seconds that a page waits before it shows progress
POLL = 0.4  # seconds between two looks at a job

Arguments = ParamSpec("Arguments")


def part(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A part of a page that reruns alone when its own widgets change.

    What the user has to put right is said in its place; everything else is a bug and stays visible
    in the terminal.
    """

    @st.fragment
    @functools.wraps(function)
    def shown(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        if state.sidebar_is_behind():
            st.rerun()
        with state.waiting(function.__qualname__):
            try:
                function(*args, **kwargs)
            except UserError as error:
                st.error(str(error))

    return shown


def wait_for(job: Job[Result], title: str, show: Callable[[object], object] | None = None) -> Result | None:
    """What a job has found; None while it is at work: then its progress stands here, and a way to stop it.

    Args:
        title: what is being done, as in "Covering the picture".
        show: draws the job's preview, if it has any.
    """
    if state.has_stopped(job):
        st.info(f"{title}: stopped.")
        st.button("Start again", on_click=state.start_again, args=(job,), key=f"again-{job.name}")
        return None
    state.waits_for(job)
    if not job.finished_within(AT_ONCE) or job.was_stopped:  # as we came: `_watch` reruns
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
    preview = job.preview  # once, since the work goes on
    if show is not None and preview is not None:
        show(preview)


def _time_left(job: Job) -> str:
    if not job.has_begun:
        return "waiting for other work"
    left = job.seconds_left
    return "beginning" if left is None else f"{job.share:.0%}, {left:.0f} s left"


def attribution(photo: Photo, question: Question) -> Attribution | None:
    """The answer to a question; None while a slow one is at work: then its progress stands here."""
    network = state.network()
    question = cached.complete(network, question)
    if cached.is_slow(network, question):
        job = cached.slow_attribution(photo, network, question)
        return wait_for(job, cached.methods()[question.method].title)
    return cached.attribution(photo, network, question)
