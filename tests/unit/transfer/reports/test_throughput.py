"""A curve of bytes over time: bounded, and no byte lost in it."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.transfer.reports.progress import Throughput

samples = st.lists(st.tuples(st.floats(0, 5000), st.integers(0, 10**9)), max_size=60)


def curve_of(samples, limit=8):
    curve = Throughput(0.25, limit)
    now = 0.0
    for seconds, count in samples:
        now += seconds
        curve.record(now, count)
    return curve, now


@given(samples, st.integers(1, 20).map(lambda half: 2 * half))
def test_it_keeps_every_byte_and_stays_small(samples, limit):
    curve, now = curve_of(samples, limit)
    total = sum(count for _, count in samples)
    assert curve.total == pytest.approx(total)
    assert sum(curve.to_dict()["bytes"]) == total
    assert len(curve.points) <= limit
    assert curve.seconds == now
    assert all(rate >= 0 for _, rate in curve.points)
    ends = [end for end, _ in curve.points]
    assert ends == sorted(ends)
    assert not ends or ends[-1] == pytest.approx(now, rel=0.01)


@given(st.floats(1, 10**9), st.floats(0.01, 3), st.integers(1, 400))
def test_a_steady_rate_is_reported_as_one(rate, period, count):
    curve = Throughput(0.25, 40)
    for number in range(1, count + 1):
        curve.record(number * period, rate * period)
    assert [told for _, told in curve.points] == pytest.approx([rate] * len(curve.points), rel=0.02)


def test_a_pause_is_seen():
    curve = Throughput(1.0, 40)
    curve.record(10, 1000)
    curve.record(20, 0)
    curve.record(30, 500)
    rates = [rate for _, rate in curve.points]
    assert rates[:10] == pytest.approx([100] * 10)
    assert rates[10:20] == pytest.approx([0] * 10)
    assert rates[20:] == pytest.approx([50] * 10)
    assert curve.peak == pytest.approx(100)


def test_a_clock_that_goes_back_takes_nothing_away():
    curve = Throughput()
    curve.record(2, 100)
    curve.record(1, 50)
    assert (curve.seconds, curve.total) == (2, pytest.approx(150))


@given(samples)
def test_it_comes_back_as_it_was_reported(samples):
    curve, _ = curve_of(samples)
    told = curve.to_dict()
    assert Throughput.of(told["step"], told["bytes"], told["seconds"]).to_dict() == told
    assert pickle.loads(pickle.dumps(curve)).to_dict() == told
