"""The decisions about another try, without a clock or a network."""

import email.utils
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NO_RETRY, Retry
from omicsdk.core.retry import LEAST_RATE, SILENCE, Flow, clock_lead, lead_in_words, retry_after

fractions = st.floats(0, 1)
retries = st.builds(
    Retry, attempts=st.integers(1, 50), base=st.floats(0, 1e6), cap=st.floats(0, 1e6), budget=st.floats(0, 1e6)
)


def test_the_waits_that_the_documentation_states():
    longest = [Retry().pause(failures, 1) for failures in range(1, 9)]
    assert longest == [1, 2, 4, 8, 16, 32, 60, 60]
    assert [Retry().pause(failures, 0.25) for failures in (1, 3)] == [0.25, 1]
    assert Retry(base=0.5, cap=3).pause(2, 1) == 1
    assert Retry(base=0.5, cap=3).pause(4, 1) == 3


def test_six_tries_by_default():
    retried = [Retry().next_pause(failures=failures, elapsed=0, fraction=1) for failures in range(1, 8)]
    assert retried == [1, 2, 4, 8, 16, None, None]


def test_no_retry_sends_once():
    assert NO_RETRY.next_pause(failures=1, elapsed=0, fraction=0) is None
    assert NO_RETRY.next_pause(failures=1, elapsed=0, fraction=0, retry_after=0) is None


@pytest.mark.parametrize(("retry_after", "pause"), [(1e9, 1e9), (1e10, None), (math.inf, None)])
def test_a_wait_that_no_clock_can_sleep_ends_the_tries(retry_after: float, pause: float | None):
    retry = Retry(budget=math.inf)
    assert retry.next_pause(failures=1, elapsed=0, fraction=1, retry_after=retry_after) == pause


@pytest.mark.parametrize(
    ("elapsed", "retry_after", "pause"),
    [(0, None, 4), (6, None, 4), (6.5, None, None), (0, 10, 10), (0, 10.5, None), (3, 7, 7), (3, 0, 0), (11, 0, None)],
)
def test_a_wait_ends_within_the_budget(elapsed: float, retry_after: float | None, pause: float | None):
    retry = Retry(base=4, budget=10)
    assert retry.next_pause(failures=1, elapsed=elapsed, fraction=1, retry_after=retry_after) == pause


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_responses_that_pass_are_tried_again_where_that_does_no_harm(status: int):
    assert Retry().retries_status(status, idempotent=True)
    assert Retry().retries_status(status, idempotent=False) is (status == 429)
    assert not Retry(statuses=frozenset({418})).retries_status(status, idempotent=True)


@pytest.mark.parametrize("status", [200, 206, 301, 400, 401, 403, 404, 409, 410, 428, 501, 505])
def test_other_responses_are_final(status: int):
    assert not Retry().retries_status(status, idempotent=True)
    assert Retry(statuses=frozenset({status})).retries_status(status, idempotent=True)


@given(retries, st.integers(1, 10_000), fractions)
def test_a_pause_is_within_its_bounds(retry, failures, fraction):
    assert 0 <= retry.pause(failures, fraction) <= retry.cap


@given(retries, st.integers(1, 100), fractions)
def test_pauses_grow(retry, failures, fraction):
    assert retry.pause(failures, fraction) <= retry.pause(failures + 1, fraction)


@given(retries, st.integers(1, 100), st.floats(0, 1e6), fractions, st.none() | st.floats(0, 1e6))
def test_no_try_begins_after_the_budget_or_the_last_attempt(retry, failures, elapsed, fraction, retry_after):
    pause = retry.next_pause(failures=failures, elapsed=elapsed, fraction=fraction, retry_after=retry_after)
    if pause is None:
        assert (
            failures >= retry.attempts
            or elapsed + (retry.pause(failures, fraction) if retry_after is None else retry_after) > retry.budget
        )
    else:
        assert failures < retry.attempts
        assert elapsed + pause <= retry.budget
        assert retry_after is None or pause == retry_after


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


@pytest.mark.parametrize(
    "wrong",
    [{"attempts": 0}, {"attempts": -1}, {"base": -1}, {"cap": -0.1}, {"budget": float("nan")}, {"budget": -1e-9}],
)
def test_numbers_out_of_bounds_are_refused(wrong):
    (name, value) = next(iter(wrong.items()))
    with pytest.raises(ValueError, match=rf"^Retry\({name}={value}\): "):
        Retry(**wrong)


def test_numbers_at_their_bounds_are_taken():
    at_once = Retry(attempts=2, base=0, cap=0, budget=0)
    assert at_once.next_pause(failures=1, elapsed=0, fraction=1) == 0
    assert Retry(base=0.5, cap=0.5, budget=0.5).next_pause(failures=1, elapsed=0, fraction=1) == 0.5


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


@pytest.mark.parametrize("name", ["retry-after-ms", "x-ms-retry-after-ms"])
def test_a_wait_in_milliseconds_takes_precedence(name):
    assert retry_after({name: " 1500 ", "retry-after": "2"}, now=0) == 1.5
    assert retry_after({name: "0"}, now=0) == 0
    for wrong in ("", "soon", "-1", "٣"):
        assert retry_after({name: wrong, "retry-after": "2"}, now=0) == 2


def test_a_date_is_measured_by_the_services_own_clock():
    headers = {
        "retry-after": email.utils.formatdate(2_000_030, usegmt=True),
        "date": email.utils.formatdate(2_000_000, usegmt=True),
    }
    assert retry_after(headers, now=5) == 30


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_raises_an_error(value, date):
    seconds = retry_after({"retry-after": value, "date": date}, now=1_000_000)
    assert seconds is None or seconds >= 0


def test_a_byte_a_second_is_too_slow_after_a_minute_and_a_kilobyte_never():
    slow, steady = Flow(1024, 60.0), Flow(1024, 60.0)
    seconds = [second for second in range(600) if slow.is_slow(float(second), second)]
    assert seconds[0] == 60
    assert not any(steady.is_slow(float(second), second * 1024) for second in range(100_000))


def test_silence_after_a_start_is_noticed_within_the_time_and_a_look():
    flow = Flow(1024, 60.0)
    times = [at / 10 for at in range(2000)]
    assert not any(flow.is_slow(at, int(at * 10_000)) for at in times if at <= 100)
    assert next(at for at in times if at > 100 and flow.is_slow(at, 1_000_000)) <= 163


def test_a_byte_less_than_enough_is_too_slow_once_the_time_is_over():
    for missing, slow in ((0, False), (1, True)):
        flow = Flow(10, 30.0)
        assert not flow.is_slow(0.0, 0)
        assert not flow.is_slow(29.9, 0)
        assert flow.is_slow(30.0, 300 - missing) is slow


def test_bytes_before_the_last_seconds_do_not_count():
    """A look is taken each second here; after a burst and a minute's start, only the last thirty seconds are counted."""
    flow = Flow(10, 30.0)
    burst = [flow.is_slow(float(second), 1_000_000) for second in range(31)]
    assert burst == [False] * 30 + [True]
    flow = Flow(10, 30.0)
    assert not any(flow.is_slow(float(second), 10 * second) for second in range(200))
    assert [flow.is_slow(200.0 + second, 2000) for second in (0.0, 0.4, 0.8, 1.0, 1.5)] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_what_a_client_waits_by_default():
    assert (Retry().attempts, Retry().base, Retry().cap, Retry().budget) == (6, 1.0, 60.0, 600.0)
    assert (LEAST_RATE, SILENCE) == (1024, 60.0)


def test_a_wait_that_grows_without_a_cap_stays_a_number():
    patient = Retry(attempts=5000, cap=1e300, base=1.0)
    assert patient.pause(65, 1.0) == patient.pause(5000, 1.0) == 2.0**64


def test_a_rate_of_nothing_is_never_too_slow():
    flow = Flow(0, 60.0)
    assert not any(flow.is_slow(float(second), 0) for second in range(1000))


@pytest.mark.parametrize("headers", [{}, {"retry-after": ""}, {"retry-after": "  "}, {"date": "120"}])
def test_a_service_that_requests_no_wait(headers: dict[str, str]):
    assert retry_after(headers, now=1_000_000) is None


@pytest.mark.parametrize(("at", "lead"), [(1_000_000, 0), (1_000_600, 600), (999_990.5, -9.5)])
def test_how_far_a_clock_is_ahead(at: float, lead: float):
    assert clock_lead({"date": email.utils.formatdate(1_000_000, usegmt=True)}, now=at) == lead


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "yesterday"}, {"Expires": "0"}])
def test_a_response_that_does_not_state_the_time(headers: dict[str, str]):
    assert clock_lead(headers, now=1_000_000) is None


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="a process keeps its time zone")
@pytest.mark.parametrize("zone", ["UTC0", "JST-9", "EST5"])
@pytest.mark.parametrize(
    "date", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 -0000"]
)
def test_dates_are_in_utc_wherever_the_machine_is(zone: str, date: str, monkeypatch: pytest.MonkeyPatch):
    """RFC 9110 has readers take the form of asctime, which names no zone."""
    try:
        with monkeypatch.context() as changed:
            changed.setenv("TZ", zone)
            time.tzset()
            assert clock_lead({"date": date}, now=784_111_777) == 0
            assert retry_after({"retry-after": date}, now=784_111_770) == 7
    finally:
        time.tzset()


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        (-600, "10 minutes behind"),
        (2 * 86_400, "2 days ahead of"),
        (-1.9 * 86_400, "2 days behind"),
        (86_400, "24 hours ahead of"),
        (1.9 * 3600, "2 hours ahead of"),
        (3600, "60 minutes ahead of"),
        (-114, "2 minutes behind"),
        (113, "113 s ahead of"),
        (0.6, "1 s ahead of"),
        (-5, "5 s behind"),
    ],
)
def test_a_clocks_lead_in_words(lead: float, words: str):
    assert lead_in_words(lead) == words
