"""A page leaves a job that it no longer needs, and shows the progress of one that it waits for."""

from __future__ import annotations

import math
from collections import Counter

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
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


def page_that_goes_on(job):
    import streamlit as st

    from viz_app.widgets.run import part, wait_for

    @part
    def work() -> None:
        st.text("above")
        wait_for(job, "Working")
        with st.expander("below"):
            st.text("inside")

    work()


def all_have_a_place(messages: list[ForwardMsg]) -> bool:
    """Return whether Streamlit can draw these messages: a parent exists, and no element before is missing."""
    children: Counter[tuple[int, ...]] = Counter({(): 4})  # the page's own containers, such as the sidebar
    for message in messages:
        path = tuple(message.metadata.delta_path)
        if any(path[depth] >= children[path[:depth]] for depth in range(len(path) - 1)):
            return False
        if path[-1] > children[path[:-1]]:
            return False
        children[path[:-1]] = max(children[path[:-1]], path[-1] + 1)
    return True


def test_a_repeat_before_the_first_output_is_sent_leaves_no_blank_page():
    """Streamlit then drops what the repeated part has drawn but not sent: see `ForwardMsgQueue.clear`.

    It happens while the computer is busy: the browser's timer runs already, and the rest is still queued.
    """
    messages: list[ForwardMsg] = []
    job = Job(endless)  # it ends when nobody has asked for it for a while, also if the test fails
    ForwardMsgQueue.on_before_enqueue_msg(messages.append)
    try:
        app = AppTest.from_function(page_that_goes_on, kwargs={"job": job}, default_timeout=patience()).run()
    finally:
        ForwardMsgQueue.on_before_enqueue_msg(None)
    assert not app.exception
    [repeats] = [number for number, one in enumerate(messages) if one.HasField("auto_rerun")]
    repeated = messages[repeats].auto_rerun.fragment_id
    drawn = [one for one in messages if one.HasField("delta")]
    assert all_have_a_place(drawn)
    for sent in range(repeats, len(messages)):
        queue = ForwardMsgQueue()
        for message in messages[sent:]:
            queue.enqueue(message)
        queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[repeated])
        received = [one for one in [*messages[:sent], *queue.flush()] if one.HasField("delta")]
        assert all_have_a_place(received), f"after {sent} of {len(messages)} messages"
