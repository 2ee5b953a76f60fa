"""A page leaves a job that it no longer needs, so that other jobs need not wait for it."""

import math

from streamlit.testing.v1 import AppTest

from viz_app.jobs import Job

from ..patience import patience


def endless(job: Job[None]) -> None:
    steps = 0
    while True:
        steps += 1
        job.progress(steps, 10**9)


def page(jobs):
    import streamlit as st

    from viz_app.widgets.run import part, wait_for

    @part
    def work() -> None:
        wait_for(jobs[st.selectbox("Job", list(jobs), key="job")], "Working")

    work()


def test_after_another_choice_the_previous_job_is_stopped():
    jobs = {name: Job(endless, patience=math.inf) for name in ("first", "second")}
    app = AppTest.from_function(page, kwargs={"jobs": jobs}, default_timeout=patience()).run()
    assert not app.exception
    assert not jobs["first"].finished_within(0.1)
    app.selectbox(key="job").set_value("second").run()
    assert jobs["first"].finished_within(patience())
    assert jobs["first"].was_stopped
    assert not jobs["second"].finished_within(0.1)
    jobs["second"].leave(app.session_state["session"])
