"""Threads that are not waited for."""

import threading
from concurrent.futures import CancelledError
from typing import Any

import pytest
from omicsdk.core.threads import Workers


def test_results_come_in_order_and_errors_are_raised():
    with Workers(3, "test") as workers:
        assert list(workers.map(lambda number: number * 2, range(20))) == list(range(0, 40, 2))
        failing = workers.submit(lambda text: int(text), "x")
        with pytest.raises(ValueError, match="invalid literal"):
            failing.result()


def test_no_more_calls_at_once_than_wished():
    together, most, lock = [0], [0], threading.Lock()
    barrier = threading.Barrier(2, timeout=10)

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
