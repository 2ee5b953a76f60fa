"""Work on a thread of its own: shared, stopped when nobody waits, its errors told once."""

from __future__ import annotations

import threading

import pytest

from viz_app.jobs import Job, StoppedError

SOON = 5.0  # seconds; far longer than any of this takes, so that only a hang fails


def endless(job: Job[int]) -> int:
    steps = 0
    while True:
        steps += 1
        job.progress(steps, 10**9)


def test_nothing_begins_before_someone_waits():
    begun = threading.Event()
    job = Job(lambda _job: begun.set())
    assert not job.finished_within(0.05)
    assert not begun.is_set()
    job.join("anna")
    assert job.finished_within(SOON)
    assert begun.is_set()


def test_two_who_wait_share_one_piece_of_work():
    runs = []
    job = Job(lambda _job: runs.append(1) or 42)
    job.join("anna")
    job.join("ben")
    assert job.finished_within(SOON)
    job.join("ben")
    assert job.result() == 42
    assert len(runs) == 1


def test_it_goes_on_for_the_one_who_stays_and_stops_for_none():
    job = Job(endless)
    job.join("anna")
    job.join("ben")
    job.leave("anna")
    assert not job.finished_within(0.1)
    job.leave("ben")
    assert job.finished_within(SOON)
    with pytest.raises(StoppedError):
        job.result()


def test_what_was_stopped_begins_anew():
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
    assert job.result() == "done"


def test_an_error_is_raised_once_and_then_tried_again():
    tries = []

    def work(_job: Job[int]) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("no")
        return len(tries)

    job = Job(work)
    job.join("anna")
    assert job.finished_within(SOON)
    job.join("anna")  # the next look at the page does not lose the error
    with pytest.raises(ValueError, match="no"):
        job.result()
    assert job.finish() == 2


def test_time_left_follows_the_pace():
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
    assert 0 < first < SOON  # as long again as the first half took
    go_on.set()
    assert job.finished_within(SOON)


def test_finish_waits_for_the_result():
    assert Job(lambda job: job.progress(1, 1) or 7).finish() == 7


def test_who_comes_while_a_stopped_job_is_ending_still_gets_its_result():
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
    threading.Timer(0.1, may_end.set).start()
    assert job.finish() == 42
