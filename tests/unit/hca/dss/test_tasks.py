"""The documented TaskRunner."""

import pytest
from omicsdk.compat.hca.dss import TaskRunner


def test_tasks_may_submit_tasks_and_failures_are_counted():
    done: list[int] = []
    with TaskRunner(2) as runner:

        def outer() -> None:
            runner.submit("inner", done.append, 1)
            runner.submit("broken", int, "x")

        runner.submit("outer", outer)
        with pytest.raises(RuntimeError, match=r"1 download task\(s\) failed"):
            runner.raise_if_errors()
    assert done == [1]
