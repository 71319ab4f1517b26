"""One function over many objects in threads."""

import os
import threading

import pytest
from omicsdk.core.threads import in_threads, usable_cores


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
