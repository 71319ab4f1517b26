"""The rate rule: no window of time ever has more requests than the service accepts, and none waits longer than it must."""

import logging
from collections import deque
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import ManualClock
from omicsdk.hca.azul.client import RULE, Gate, RateLimit, delay, duration, pace


def test_the_rule_is_the_services() -> None:
    assert (RULE.requests, RULE.seconds, str(RULE)) == (1000, 300, "1,000 requests in 5 minutes")


def test_requests_below_the_limit_do_not_wait() -> None:
    assert delay([], 0) == 0
    assert delay([0.0] * 999, 1) == 0
    assert delay([0.0] * 1000, 1) == 299
    assert delay([0.0] * 1000, 300) == 0


def test_the_wait_is_known_from_one_earlier_request() -> None:
    """A full window is not searched at each request."""

    class Sent(deque[float]):
        def __iter__(self) -> Iterator[float]:
            raise AssertionError("searched")

    assert delay(Sent([5.0] * 1000), 10) == 295


def test_all_clients_of_a_service_share_its_rate() -> None:
    clock, other = ManualClock(), ManualClock()
    waits = [pace("https://a.example.org", clock) for _ in range(1001)]
    assert (waits[:1000], waits[1000]) == ([0.0] * 1000, 300.0)
    assert pace("https://b.example.org", clock) == pace("https://a.example.org", other) == 0.0


@given(
    st.lists(st.floats(0, 20), max_size=60),
    st.builds(RateLimit, st.integers(1, 7), st.floats(0.5, 10)),
)
def test_no_window_has_more_requests_than_the_rule_allows(pauses: list[float], rule: RateLimit) -> None:
    clock = ManualClock(0.0)
    gate = Gate(clock, rule)
    sent: list[float] = []
    for pause in pauses:
        clock.advance(pause)
        sent.append(clock.monotonic() + gate.reserve())  # callers of other threads reserve while this one waits
    for at, moment in enumerate(sent):
        if at >= rule.requests:
            assert moment - sent[at - rule.requests] >= rule.seconds * (1 - 1e-9)
    assert sent == sorted(sent)


@pytest.mark.parametrize(("requests", "seconds"), [(0, 0), (1000, 0), (1001, 300), (3200, 900)])
def test_how_long_requests_take_is_known_before(requests: int, seconds: float) -> None:
    assert duration(requests) == seconds


def test_a_long_wait_is_announced_once_for_all_connections(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    gate = Gate(clock, RateLimit(2, 60.0))
    with caplog.at_level(logging.WARNING, "omicsdk.hca.azul"):
        assert [gate.reserve() for _ in range(4)] == [0, 0, 60, 60]
        assert [record.getMessage() for record in caplog.records] == [
            "Azul accepts 2 requests in 1 minutes from one address: waiting 60 s"
        ]
        clock.sleep(60)
        assert gate.reserve() == 60
    assert len(caplog.records) == 2
