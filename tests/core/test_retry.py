"""The decisions about another try, without a clock or a network."""

from __future__ import annotations

import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.retry import Flow, Retry, retry_after

fractions = st.floats(0, 1)
retries = st.builds(
    Retry, attempts=st.integers(1, 50), base=st.floats(0, 1e6), cap=st.floats(0, 1e6), budget=st.floats(0, 1e6)
)


@given(retries, st.integers(1, 10_000), fractions)
def test_a_pause_is_within_its_bounds(retry, failures, fraction):
    assert 0 <= retry.pause(failures, fraction) <= retry.cap


@given(retries, st.integers(1, 100), fractions)
def test_pauses_grow(retry, failures, fraction):
    assert retry.pause(failures, fraction) <= retry.pause(failures + 1, fraction)


@given(retries, st.integers(1, 100), st.floats(0, 1e6), fractions, st.none() | st.floats(0, 1e6))
def test_no_try_begins_after_the_budget_or_the_last_attempt(retry, failures, elapsed, fraction, asked):
    pause = retry.next_pause(failures=failures, elapsed=elapsed, fraction=fraction, retry_after=asked)
    if pause is None:
        assert (
            failures >= retry.attempts
            or elapsed + (retry.pause(failures, fraction) if asked is None else asked) > retry.budget
        )
    else:
        assert failures < retry.attempts
        assert elapsed + pause <= retry.budget
        assert asked is None or pause == asked


@given(retries, st.floats(0, 1e3), fractions)
def test_a_request_ends(retry, took, fraction):
    """Whatever each try takes, at most `attempts` are made, the last begins within the budget."""
    elapsed, sent = 0.0, 0
    while True:
        sent += 1
        began = elapsed
        elapsed += took
        pause = retry.next_pause(failures=sent, elapsed=elapsed, fraction=fraction)
        if pause is None:
            break
        elapsed += pause
    assert sent <= retry.attempts
    assert began <= retry.budget


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"base": -1}, {"cap": -0.1}, {"budget": float("nan")}])
def test_numbers_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Retry(**wrong)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 5 ", 5),
        ("1.5", 1.5),
        ("-1", None),
        ("inf", None),
        ("nan", None),
        ("1e9", None),
        ("1000000000", 1e9),
        ("99999999999999999999", 1e20),
        ("9" * 400, float("inf")),
        ("soon", None),
        ("", None),
        ("Thu, 01 Jan 1970 23:59:59 GMT", 0),
        (email.utils.formatdate(1_000_030, usegmt=True), 30),
        ("Fri, 99 Foo 1999 23:59:59 GMT", None),
        ("٣", None),
    ],
)
def test_how_long_a_service_asks_to_wait(value, seconds):
    assert retry_after({"retry-after": value}, now=1_000_000) == seconds


def test_a_date_is_measured_by_the_services_own_clock():
    headers = {
        "retry-after": email.utils.formatdate(2_000_030, usegmt=True),
        "date": email.utils.formatdate(2_000_000, usegmt=True),
    }
    assert retry_after(headers, now=5) == 30


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_breaks_the_reading(value, date):
    found = retry_after({"retry-after": value, "date": date}, now=1_000_000)
    assert found is None or found >= 0


def test_a_byte_a_second_is_too_slow_after_a_minute_and_a_kilobyte_never():
    slow, steady = Flow(1024, 60.0), Flow(1024, 60.0)
    found = [second for second in range(600) if slow.is_slow(float(second), second)]
    assert found[0] == 60
    assert not any(steady.is_slow(float(second), second * 1024) for second in range(100_000))


def test_silence_after_a_start_is_noticed_within_the_time_and_a_look():
    flow = Flow(1024, 60.0)
    times = [at / 10 for at in range(2000)]
    assert not any(flow.is_slow(at, int(at * 10_000)) for at in times if at <= 100)
    assert next(at for at in times if at > 100 and flow.is_slow(at, 1_000_000)) <= 163


def test_a_rate_of_nothing_is_never_too_slow():
    flow = Flow(0, 60.0)
    assert not any(flow.is_slow(float(second), 0) for second in range(1000))
