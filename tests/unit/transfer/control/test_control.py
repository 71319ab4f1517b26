"""The switches of a transfer, and what an engine does with them."""

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import Interrupted
from omicsdk.transfer import Control, download
from omicsdk.transfer.journal import Journal


def test_the_first_reason_counts() -> None:
    control = Control(budget=5)
    assert (control.stopped, control.why, control.reason) == (False, "", None)
    control.stop("interrupt")
    control.stop()
    assert (control.stopped, control.why, control.reason) == (True, "it was interrupted", "interrupt")


def test_what_is_stopped_is_not_paused() -> None:
    control = Control()
    control.pause()
    assert control.paused
    control.stop()
    assert not control.paused


def test_a_budget_begins_once_and_ends() -> None:
    control = Control(budget=2.5)
    assert not control.over(1e9)
    control.begin(100.0)
    control.begin(200.0)
    assert not control.over(102.4)
    assert control.over(102.5)
    assert control.why == "the time budget of 2.5 s is over"


@pytest.mark.parametrize("budget", [0, -1.0, float("nan")])
def test_budgets_that_make_no_sense(budget: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Control(budget=budget)


def test_watchers_are_reported_changes_while_they_watch() -> None:
    control, told = Control(), list[str]()
    with control.watched(lambda: told.append("one")), control.watched(lambda: told.append("two")):
        control.pause()
    control.resume()
    assert told == ["one", "two"]


def test_waiting_for_another_process_can_be_stopped(target: Path, clock: Any) -> None:
    with closing(Journal(target / ".omics-transfer/transfer.journal", lambda: False)):
        with pytest.raises(Interrupted, match="the time budget of 30 s is over while waiting"):
            download([], target, control=Control(budget=30), clock=clock)
        stop = threading.Event()
        stop.set()
        with pytest.raises(Interrupted, match="it was stopped while waiting"):
            download([], target, stop=stop)
