"""The jobs that this session waits for."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from viz_app.jobs import Job


def session() -> str:
    """Return a name that no other browser session has; jobs know sessions by it."""
    return st.session_state.setdefault("session", uuid.uuid4().hex)


@contextmanager
def waiting(part: str) -> Iterator[None]:
    """Run a part of a page in the `with` block, then leave the jobs that it no longer waits for."""
    session_jobs = st.session_state.setdefault("waiting", {})
    outer = st.session_state.get("waits_for")
    now: list[Job] = []
    st.session_state["waits_for"] = now
    try:
        yield
    finally:
        st.session_state["waits_for"] = outer
    for job in session_jobs.get(part, ()):
        if job not in now:
            job.leave(session())
    session_jobs[part] = now


def waits_for(job: Job) -> None:
    """Join a job for the part of a page that is running."""
    job.join(session())
    collected = st.session_state.get("waits_for")
    if collected is not None:
        collected.append(job)


def has_stopped(job: Job) -> bool:
    """Return whether this session has stopped the job."""
    return job.name in st.session_state.get("stopped_jobs", ())


def stop(job: Job) -> None:
    """Stop waiting for a job until the user starts it again. Call this only from a callback."""
    st.session_state.setdefault("stopped_jobs", set()).add(job.name)
    job.leave(session())


def start_again(job: Job) -> None:
    """Undo `stop`, so that the page waits for the job again. Call this only from a callback."""
    st.session_state["stopped_jobs"].discard(job.name)
