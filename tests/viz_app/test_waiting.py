"""What a page waits for: work that it no longer wants does not keep others waiting."""

from streamlit.testing.v1 import AppTest

from viz_app.jobs import Job

SOON = 5.0  # seconds; far longer than it takes, so that only a hang fails, and less than a job's patience


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


def test_another_choice_leaves_the_work_of_the_one_before():
    jobs = {"first": Job(endless), "second": Job(endless)}
    app = AppTest.from_function(page, kwargs={"jobs": jobs}, default_timeout=60).run()
    assert not app.exception
    assert not jobs["first"].finished_within(0.1)
    app.selectbox(key="job").set_value("second").run()
    assert jobs["first"].finished_within(SOON)
    assert jobs["first"].was_stopped
    assert not jobs["second"].finished_within(0.1)
    jobs["second"].leave(app.session_state["session"])
