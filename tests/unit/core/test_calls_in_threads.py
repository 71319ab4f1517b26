"""One function over many objects in threads."""

import threading

import pytest
from omicsdk.core.threads import in_threads


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
