"""Jobs are shared, are stopped when no session waits, and tell their errors to all sessions that wait."""

from __future__ import annotations

import math
import threading

import pytest

from viz_app.jobs import Job, StoppedError

from ..patience import patience

SOON = patience()


def endless(job: Job[int]) -> int:
    steps = 0
    while True:
        steps += 1
        job.progress(steps, 10**9)


def test_a_job_does_not_start_before_a_session_waits():
    begun = threading.Event()
    job = Job(lambda _job: begun.set())
    assert not job.finished_within(0.05)
    assert not begun.is_set()
    job.join("anna")
    assert job.finished_within(SOON)
    assert begun.is_set()


def test_two_sessions_share_one_job():
    runs = []

    def work(_job: Job[int]) -> int:
        runs.append(1)
        return 42

    job = Job(work)
    job.join("anna")
    job.join("ben")
    assert job.finished_within(SOON)
    job.join("ben")
    assert job.result("ben") == 42
    assert len(runs) == 1


def test_a_job_runs_as_long_as_one_session_waits_and_stops_after_the_last():
    job = Job(endless)
    job.join("anna")
    job.join("ben")
    job.leave("anna")
    assert not job.finished_within(0.1)
    job.leave("ben")
    assert job.finished_within(SOON)
    with pytest.raises(StoppedError):
        job.result("ben")


def test_a_stopped_job_starts_anew_when_a_session_joins():
    go_on = threading.Event()

    def work(job: Job[str]) -> str:
        while not go_on.is_set():
            job.progress(1, 2)
        return "done"

    job = Job(work)
    job.join("anna")
    job.leave("anna")
    assert job.finished_within(SOON)
    go_on.set()
    job.join("anna")
    assert job.finished_within(SOON)
    assert job.result("anna") == "done"


def test_all_waiting_sessions_see_an_error_before_one_starts_the_job_again():
    tries = []

    def work(_job: Job[int]) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("no")
        return len(tries)

    job = Job(work)
    everyone = [f"visitor {number}" for number in range(30)]
    for who in everyone:
        job.join(who)
    assert job.finished_within(SOON)
    for who in everyone:
        job.join(who)  # joining again does not lose the error
        with pytest.raises(ValueError, match="no"):
            job.result(who)
    assert len(tries) == 1
    job.join("visitor 7")
    assert job.finished_within(SOON)
    assert job.result("visitor 7") == 2


def test_the_time_left_is_estimated_from_the_time_taken():
    at_half, go_on = threading.Event(), threading.Event()

    def work(job: Job[None]) -> None:
        job.progress(5, 10)
        job.show("half a picture")
        at_half.set()
        go_on.wait(SOON)

    job = Job(work)
    assert job.seconds_left is None
    job.join("anna")
    assert at_half.wait(SOON)
    first = job.seconds_left
    assert job.share == 0.5
    assert job.preview == "half a picture"
    assert first is not None
    assert 0 < first < SOON  # the second half takes as long as the first
    go_on.set()
    assert job.finished_within(SOON)


def test_a_session_that_is_silent_longer_than_the_patience_no_longer_waits():
    job = Job(endless, patience=0.2)
    job.join("anna")
    assert job.finished_within(SOON)
    assert job.was_stopped
    download = Job(endless, patience=math.inf)
    download.join("anna")
    assert not download.finished_within(0.5)
    download.leave("anna")
    assert download.finished_within(SOON)


def test_a_session_that_joins_while_a_stopped_job_ends_gets_a_result():
    begun, ending, may_end = threading.Event(), threading.Event(), threading.Event()
    runs = []

    def work(job: Job[int]) -> int:
        runs.append(1)
        if len(runs) > 1:
            return 42
        begun.set()
        try:
            return endless(job)
        finally:
            ending.set()
            may_end.wait(SOON)

    job = Job(work)
    job.join("anna")
    assert begun.wait(SOON)
    job.leave("anna")
    assert ending.wait(SOON)
    job.join("ben")
    may_end.set()
    assert job.finished_within(SOON)
    job.join("ben")  # as a page does again and again
    assert job.finished_within(SOON)
    assert job.result("ben") == 42
