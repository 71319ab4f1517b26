"""The switches of a transfer, and what an engine does with them; rates as texts, and by the time of day and week."""

import signal
import threading
from contextlib import closing
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import Interrupted, ManualClock
from omicsdk.transfer import Control, Outcome, Patience, TransferOptions, TransferReport, download
from omicsdk.transfer.engine.control import Pace, Timetable, interrupts
from omicsdk.transfer.engine.options import InvalidOption
from omicsdk.transfer.journal import Journal
from omicsdk.transfer.network.requests import PATIENCE

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("text", "rate"), [("500", 500), ("10K", 10240), ("1.5M", 1.5 * MIB), ("2g", 2 * 1024 * MIB), ("3MiB/s", 3 * MIB)]
)
def test_rates_are_read(text: str, rate: float) -> None:
    assert TransferOptions(limit_rate=text).control.rate_limit == rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5s", 1.5), ("90m", 5400), ("2h30m", 9000), ("1h5s", 3605), ("2w", 1_209_600), ("1.5D", 129_600)],
)
def test_times_are_read(text: str, seconds: float) -> None:
    control = TransferOptions(time_budget=text).control
    control.begin(0.0)
    assert not control.over(seconds - 0.01)
    assert control.over(seconds)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *product(("limit_rate", "min_rate"), ("", "fast", "-5", "10X", "1e6", -5, float("inf"))),
        *(("limit_rate", text) for text in ("0", 0)),
    ],
)
def test_an_invalid_rate_is_refused(name: str, text: float | str) -> None:
    with pytest.raises(InvalidOption, match=f"{name} {text}: not a number of bytes per second") as caught:
        TransferOptions(**{name: text})
    assert caught.value.option == name


@pytest.mark.parametrize("text", ["", "soon", "0", "0h", "-5", "5y", 0, float("nan")])
def test_an_invalid_time_is_refused(text: float | str) -> None:
    with pytest.raises(InvalidOption, match=f"time_budget {text}: not a duration"):
        TransferOptions(time_budget=text)


def test_how_long_servers_are_waited_for_is_stated() -> None:
    assert TransferOptions().patience == PATIENCE
    options = TransferOptions(min_rate="2K", stall_timeout="5m", renewals=0, max_wait="10m")
    assert options.patience == Patience(least_rate=2048, silence=300, renewals=0, retry_after=600)
    assert TransferOptions(min_rate="0").patience == Patience(least_rate=0)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"limt_rate": "10M"}, "unknown option 'limt_rate'; did you mean 'limit_rate'?"),
        ({"colour": "red"}, "unknown option 'colour'"),
        ({"retries": "many"}, "retries must be a whole number"),
        ({"limit_rate": True}, "limit_rate must be a number of bytes per second, not a bool"),
        ({"control": "fast"}, "control must be a Control, not a str"),
        ({"min_delay": "soon"}, "min_delay must be a number of seconds, not 'soon'"),
        ({"progress": False}, "progress must be a function, not a bool: pass lambda state: None to show nothing"),
        ({"cache": "folder"}, "cache must be a cache, not a str: use omicsdk.Cache(folder)"),
    ],
)
def test_keywords_that_are_no_options_are_named(keywords: dict[str, object], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        TransferOptions.of(keywords)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"retries": -1}, "retries is -1"),
        ({"connections": 0}, "connections is 0"),
        ({"min_delay": -0.1}, "min_delay is -0.1"),
        ({"min_delay": float("inf")}, "min_delay is inf"),
    ],
)
def test_numbers_out_of_range_are_named(keywords: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        TransferOptions.of(keywords)


def test_options_may_be_changed_and_share_their_control() -> None:
    base = TransferOptions(limit_rate="1M", retries=3)
    changed = TransferOptions.of({"retries": 5, "control": None}, base, connections=7)
    assert (changed.retries, changed.connections, changed.limit_rate) == (5, 7, MIB)
    assert changed.control is base.control
    assert TransferOptions.of({}, changed, connections=2) is changed


def test_a_transfer_that_selects_nothing_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    some = TransferReport([Outcome("a", "done")])
    assert TransferOptions().checked(some) is some
    TransferOptions(check=False).checked(TransferReport())
    assert caplog.messages == []
    TransferOptions().checked(TransferReport())
    assert caplog.messages == ["nothing to do: no file is selected"]


def test_a_stop_is_noticed() -> None:
    options = TransferOptions(stop=threading.Event())
    assert not options.stopped
    options.control.stop()
    assert options.stopped


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
    control, names = Control(), list[str]()
    with control.watched(lambda: names.append("one")), control.watched(lambda: names.append("two")):
        control.pause()
    control.resume()
    assert names == ["one", "two"]


def test_waiting_for_another_process_can_be_stopped(target: Path, clock: Any) -> None:
    with closing(Journal(target / ".omics-transfer/transfer.journal", lambda: False)):
        with pytest.raises(Interrupted, match="the time budget of 30 s is over while waiting"):
            download([], target, control=Control(budget=30), clock=clock)
        stop = threading.Event()
        stop.set()
        with pytest.raises(Interrupted, match="it was stopped while waiting"):
            download([], target, stop=stop)


MONDAY = datetime(2026, 1, 5)
M = 1024**2


def at(text: str) -> datetime:
    day, _, time = text.rpartition(" ")
    number = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(day)
    hours, minutes = map(int, time.split(":"))
    return MONDAY + timedelta(days=number, hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("text", "moment", "rate"),
    [
        ("08:00,10M 19:00,off", "Wed 08:00", 10 * M),
        ("08:00,10M 19:00,off", "Wed 18:59", 10 * M),
        ("08:00,10M 19:00,off", "Wed 19:00", None),
        ("08:00,10M 19:00,off", "Mon 00:00", None),
        ("8:30,512K", "Sun 03:00", 512 * 1024),
        ("Mon-08:00,1M Sat-00:00,off", "Fri 23:59", M),
        ("Mon-08:00,1M Sat-00:00,off", "Sun 12:00", None),
        ("Mon-08:00,1M Sat-00:00,OFF", "Mon 07:59", None),
        ("mon-08:00,1M/s", "Mon 07:59", M),
    ],
)
def test_the_rate_at_a_moment(text, moment, rate):
    table = Timetable.parse(text)
    assert table is not None
    assert table.rate_at(at(moment)) == rate


@pytest.mark.parametrize(
    "text",
    ["", "08:00", "24:00,1M", "8:60,1M", "08:00,x", "08:00,0", "Foo-08:00,1M", "08:00,1M 08:00,2M", "08:00,1M:2M"],
)
def test_what_is_no_timetable(text):
    assert Timetable.parse(text) is None
    if "," in text:
        with pytest.raises(InvalidOption, match=r"limit_rate .*not a timetable"):
            TransferOptions(limit_rate=text)


@given(
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 59)), min_size=1, max_size=5, unique=True),
    st.integers(0, 10079),
)
def test_the_last_change_counts(times, minute):
    """By day alone, the order of entries and the week do not matter."""
    table = Timetable.parse(" ".join(f"{hours}:{minutes:02},{1 + hours * 60 + minutes}" for hours, minutes in times))
    assert table is not None
    of_day = [hours * 60 + minutes for hours, minutes in times]
    past = [minute_of_day for minute_of_day in of_day if minute_of_day <= minute % 1440]
    assert table.rate_at(MONDAY + timedelta(minutes=minute)) == 1 + max(past or of_day)


def test_the_second_ctrl_c_is_raised_while_a_transfer_ends_for_another_reason():
    control = Control()
    control.stop("budget")
    with interrupts(control):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert control.reason == "budget"


def test_a_running_transfer_follows_the_clock():
    clock = ManualClock(at("Tue 07:59").timestamp())
    control, woken = Control(), []
    table = Timetable.parse("08:00,10M 19:00,off")
    control.limit(table, None, clock)
    assert (control.rate_limit, control.timetable) == (None, table)
    assert TransferOptions(limit_rate=table).control.timetable is table
    with control.watched(lambda: woken.append(control.rate_limit)):
        clock.advance(30)
        assert not control.over(clock.monotonic())
        assert woken == []
        clock.advance(31)
        control.over(clock.monotonic())
        clock.advance(11 * 3600)
        control.over(clock.monotonic())
    assert woken == [10 * M, None]


def test_readers_follow_it_too():
    clock = ManualClock(at("Tue 18:59").timestamp())
    control = Control()
    control.limit(Timetable.parse("08:00,1000 19:00,off"), None, clock)
    pace = Pace(control, clock=clock)
    pace.passed(5000)
    assert clock.monotonic() >= 5
    clock.advance(3600)
    before = clock.monotonic()
    pace.passed(5000)
    pace.passed(5000)
    assert clock.monotonic() == before


def test_a_rate_that_is_set_ends_the_timetable():
    control = TransferOptions(limit_rate="00:00,1M").control
    assert (control.rate_limit, control.timetable is None) == (M, False)
    control.rate_limit = 5
    assert (control.rate_limit, control.timetable) == (5, None)
