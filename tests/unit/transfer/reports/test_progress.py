"""Progress: the arithmetic of files, bytes, rates and times, whatever comes in which order."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.transfer import Progress
from omicsdk.transfer.reports.progress import Counters, Throughput, phase_of

files = st.lists(
    st.tuples(
        st.none() | st.integers(0, 10**12),  # the stated size
        st.integers(0, 10**12),  # the size that it turns out to have
        st.sampled_from(["done", "skipped", "failed", "stopped"]),
    ),
    max_size=30,
)


def progress_of(counters, now=1.0, received=0, present=0, final=False):
    return counters.progress(now, received, present, "over" if final else "moving")


@given(files, st.booleans(), st.data())
def test_the_sums_hold_at_every_moment(files, streamed, data):
    declared_sizes = [size for size, _, _ in files]
    if streamed:
        counters = Counters(None, 0, 0.0, 0.25)
    else:
        counters = Counters(
            len(files), sum(size or 0 for size in declared_sizes), 0.0, 0.25, declared_sizes.count(None)
        )
    now = received = 0
    for number, (size, real, state) in enumerate(files):
        if streamed:
            counters.expect(size)
            assert progress_of(counters, now).files is None
            assert progress_of(counters, now).remaining is None
        now += data.draw(st.floats(0, 100))
        received += data.draw(st.integers(0, 10**9))
        counters.count(state, real if size is None else size, size, (size or real) // 2)
        progress = progress_of(counters, now, received, data.draw(st.integers(0, 10**9)))
        assert 0 <= progress.bytes_done <= progress.bytes
        assert progress.rate >= 0
        assert progress.unsized == sum(size is None for size in declared_sizes[number + 1 :]) or streamed
        assert progress.remaining is None or progress.remaining >= 0
        assert progress.fraction is None or 0 <= progress.fraction <= 1
    counters.all_seen()
    progress = progress_of(counters, now, received, final=True)
    right = [real if size is None else size for size, real, state in files if state in ("done", "skipped")]
    assert (progress.files, progress.files_done, progress.unsized) == (len(files), len(right), 0)
    assert progress.files_failed == sum(state == "failed" for _, _, state in files)
    stopped = [(size, real) for size, real, state in files if state == "stopped"]
    kept = [(size or real) // 2 for size, real in stopped]
    assert progress.bytes_done == sum(right) + sum(kept)  # the next run resumes what was stopped
    sizes = [half if size is None else size for (size, _), half in zip(stopped, kept, strict=True)]
    assert progress.bytes == max(sum(right) + sum(sizes), progress.bytes_done)
    assert progress.remaining == 0.0


@given(st.integers(1000, 10**9), st.floats(0.05, 1.0), st.integers(1, 60))
def test_a_steady_rate_and_what_remains_at_it(rate, period, steps):
    total = rate * period * steps * 2
    counters = Counters(1, int(total), 0.0, 0.25, 0)
    for step in range(1, steps + 1):
        progress = counters.progress(step * period, int(rate * period * step), int(rate * period * step), "moving")
    assert progress.rate == pytest.approx(rate, rel=0.01, abs=2 / period)
    assert progress.remaining == pytest.approx((progress.bytes - progress.bytes_done) / progress.rate)


def test_the_rate_is_that_of_the_last_seconds():
    counters = Counters(1, 10**6, 0.0, 0.25)
    for second in range(60):
        progress = counters.progress(float(second), min(second, 30) * 1000, 0, "moving")
    assert progress.rate == 0.0
    assert progress.remaining is None


def test_without_sizes_files_state_how_long_it_takes():
    counters = Counters(10, 0, 0.0, 0.25, 10)
    assert progress_of(counters, 4.0).remaining is None
    for _ in range(4):
        counters.count("done", 5, None)
    progress = progress_of(counters, 8.0)
    assert (progress.remaining, progress.fraction, progress.unsized) == (12.0, 0.4, 6)


def test_a_file_that_fails_is_waited_for_no_longer():
    counters = Counters(2, 300, 0.0, 0.25)
    counters.count("failed", 200, 200)
    progress = counters.progress(1.0, 50, 50, "moving")
    assert (progress.bytes, progress.bytes_done, progress.remaining) == (100, 50, 1.0)


def test_retries_connections_and_phase_are_reported():
    counters = Counters(2, 300, 0.0, 0.25)
    counters.count_retry()
    progress = counters.progress(1.0, 0, 0, "waiting", 3)
    assert (progress.retries, progress.connections, progress.phase) == (1, 3, "waiting")


def test_the_curve_has_what_comes_after_the_last_sample_too():
    counters = Counters(2, 300, 10.0, 0.25)
    assert counters.next_sample > 10.2
    assert counters.next_sample <= 10.25
    counters.record(10.25, 100)
    assert counters.next_sample > 10.3
    counters.record(10.3, 130)
    assert counters.throughput.total == pytest.approx(130)
    assert counters.throughput.seconds == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ({"paused": True, "connections": 2}, "paused"),
        ({"connections": 2, "preparing": 2}, "moving"),
        ({"preparing": 2, "waiting": 1}, "preparing"),
        ({"waiting": 1}, "waiting"),
        ({}, "finishing"),
    ],
)
def test_phases(state, phase):
    nothing = {"paused": False, "connections": 0, "preparing": 0, "waiting": 0}
    assert phase_of(**(nothing | state)) == phase


def test_nothing_to_do_is_done():
    assert Progress(0, 0, 0, 0, 0, 0, 0.0, 0.0).fraction == 1.0
    assert Progress(0, 0, 0, 0, 0, 0, 0.0, 0.0).remaining == 0.0


# -- A curve of bytes over time: bounded, and no byte lost in it


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
    assert [point_rate for _, point_rate in curve.points] == pytest.approx([rate] * len(curve.points), rel=0.02)


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
    payload = curve.to_dict()
    assert Throughput.of(payload["step"], payload["bytes"], payload["seconds"]).to_dict() == payload
    assert pickle.loads(pickle.dumps(curve)).to_dict() == payload
