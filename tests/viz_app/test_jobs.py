"""Work on a thread of its own: shared, stopped when nobody waits, its errors told to all who wait."""

from __future__ import annotations

import math
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
    assert job.result("ben") == 42
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
        job.result("ben")


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
    assert job.result("anna") == "done"


def test_an_error_is_told_to_all_who_wait_before_anyone_tries_again():
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
        job.join(who)  # the next look at the page does not lose the error
        with pytest.raises(ValueError, match="no"):
            job.result(who)
    assert len(tries) == 1
    job.join("visitor 7")
    assert job.finished_within(SOON)
    assert job.result("visitor 7") == 2


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


def test_who_gives_no_sign_is_gone_when_patience_ends():
    job = Job(endless, patience=0.2)
    job.join("anna")
    assert job.finished_within(SOON)
    assert job.was_stopped
    download = Job(endless, patience=math.inf)
    download.join("anna")
    assert not download.finished_within(0.5)
    download.leave("anna")
    assert download.finished_within(SOON)


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
    job.join("ben")
    may_end.set()
    assert job.finished_within(SOON)
    job.join("ben")  # as a page does when it looks again
    assert job.finished_within(SOON)
    assert job.result("ben") == 42
