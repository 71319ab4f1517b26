"""One function over many objects in threads, and threads that are not waited for."""

import os
import threading
from concurrent.futures import CancelledError
from typing import Any

import pytest
from omicsdk.core.threads import Workers, in_threads, usable_cores


@pytest.mark.parametrize(("platform", "cores"), [("linux", 1), ("darwin", 96)])
def test_no_more_processors_are_used_than_a_job_was_given(monkeypatch: pytest.MonkeyPatch, platform: str, cores: int):
    """toil issue 4260, spikeinterface issue 4723: in a job of Slurm."""
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(os, "cpu_count", lambda: 96)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {7}, raising=False)
    assert usable_cores() == cores


def test_results_come_in_the_order_of_the_objects() -> None:
    assert in_threads(lambda number: number * 2, range(1000), threads=5) == list(range(0, 2000, 2))
    assert in_threads(str, [], threads=1) == []


def test_several_are_under_way_at_once() -> None:
    together = threading.Barrier(4, timeout=30)

    assert len(in_threads(lambda _: together.wait(), range(4), threads=4)) == 4


@pytest.mark.parametrize("error", [IndexError, OSError, ValueError])
def test_the_first_failure_is_raised_and_ends_it(error: type[Exception]) -> None:
    begun: list[int] = []

    def fail(number: int) -> None:
        begun.append(number)
        raise error(f"number {number}")

    with pytest.raises(error, match="number 0"):
        in_threads(fail, range(1000), threads=1)

    assert begun == [0]


# -- threads that are not waited for


def test_results_of_workers_come_in_order_and_errors_are_raised():
    with Workers(3, "test") as workers:
        assert list(workers.map(lambda number: number * 2, range(20))) == list(range(0, 40, 2))
        failing = workers.submit(lambda text: int(text), "x")
        with pytest.raises(ValueError, match="invalid literal"):
            failing.result()


def test_no_more_calls_at_once_than_wished():
    together, most, lock = [0], [0], threading.Lock()
    barrier = threading.Barrier(2, timeout=60)

    def call(_: int) -> None:
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        barrier.wait()
        with lock:
            together[0] -= 1

    with Workers(2, "test") as workers:
        list(workers.map(call, range(10)))
    assert most[0] == 2


def test_the_end_waits_for_no_thread_and_begins_nothing():
    began, go_on = threading.Event(), threading.Event()
    called: list[int] = []

    def call(number: int) -> None:
        called.append(number)
        began.set()
        go_on.wait(30)

    with Workers(1, "test") as workers:
        futures: list[Any] = [workers.submit(call, number) for number in range(3)]
        began.wait(30)
    go_on.set()
    futures[0].result(30)
    for future in futures[1:]:
        with pytest.raises(CancelledError):
            future.result(30)
    with pytest.raises(CancelledError):
        workers.submit(call, 3).result(30)
    assert called == [0]
