"""Limits of the rate that change by the time of day and week."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import ManualClock
from omicsdk.transfer import Control, TransferOptions
from omicsdk.transfer.engine.control import Pace, Timetable
from omicsdk.transfer.engine.options import InvalidOption

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
    past = [each for each in of_day if each <= minute % 1440]
    assert table.rate_at(MONDAY + timedelta(minutes=minute)) == 1 + max(past or of_day)


def test_a_running_transfer_follows_the_clock():
    clock = ManualClock(at("Tue 07:59").timestamp())
    control, woken = Control(), []
    table = Timetable.parse("08:00,10M 19:00,off")
    control.limit(table, None, clock)
    assert (control.rate_limit, control.timetable) == (None, table)
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
