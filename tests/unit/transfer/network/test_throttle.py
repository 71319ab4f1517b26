"""The bandwidth limit: its arithmetic, who waits, and what a real transfer makes of it."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.transfer import Control
from omicsdk.transfer.network.limits import LEAST, SAVED, Bucket, Pacing, Throttle

rates = st.floats(1e3, 1e9)


@given(rates, st.lists(st.tuples(st.floats(0, 5), st.integers(1, 10_000_000)), max_size=30))
def test_a_caller_that_waits_as_requested_never_gets_more_than_the_limit(
    rate: float, steps: list[tuple[float, int]]
) -> None:
    bucket, now, passed, largest = Bucket(rate, 0.0, 0.0), 0.0, 0, 0
    for idle, count in steps:
        now += idle + bucket.later(now + idle).wait()
        bucket = bucket.later(now)
        assert bucket.wait() <= 1e-9
        bucket = bucket.without(count)
        passed, largest = passed + count, max(largest, count)
        assert passed <= rate * (now + SAVED) + largest + 1


@given(rates, st.lists(st.integers(1, 10_000_000), min_size=1, max_size=30))
def test_a_transfer_that_is_never_idle_gets_all_of_the_limit(rate: float, counts: list[int]) -> None:
    bucket, now = Bucket(rate, 0.0, 0.0), 0.0
    for count in counts:
        now += bucket.later(now).wait()
        bucket = bucket.later(now).without(count)
    now += bucket.wait()
    assert sum(counts) >= rate * (now - LEAST) * 0.999 - 1


def test_the_clock_may_stand_still_and_bytes_may_be_given_back() -> None:
    bucket = Bucket(100.0, 5.0, 10.0)
    assert bucket.later(9.0) == bucket
    assert bucket.without(10).without(-10) == bucket


@pytest.mark.parametrize("rate", [0, -1.0, float("inf"), float("nan")])
def test_limits_that_make_no_sense(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Throttle(rate)
    with pytest.raises(ValueError, match="above 0"):
        Control(rate_limit=rate)


def test_a_limit_may_change_while_there_is_a_debt() -> None:
    throttle = Throttle(1000.0)
    assert throttle.take(2000, 0.0) == pytest.approx(2.0 + LEAST)
    throttle.limit(10_000.0)
    assert throttle.take(0, 0.0) == pytest.approx(0.2 + LEAST)
    throttle.limit(None)
    assert throttle.take(10**12, 0.0) == 0.0
    throttle.limit(1000.0)
    assert throttle.take(0, 0.0) == pytest.approx(LEAST)  # what passed without a limit is forgotten


class Network:
    """Requests that move bytes in virtual time: as many as the pacing lets them, a bufferful a look."""

    def __init__(self, throttle: Throttle, sizes: list[int], seed: int) -> None:
        self.now = 0.0
        self.left = dict(enumerate(sizes))
        self.sizes = sizes
        self.begun: set[int] = set()
        self.paused: set[int] = set()
        self.fresh: list[int] = []
        self.order = random.Random(seed)
        self.pacing = Pacing[int](
            throttle,
            begin=self.begin,
            pause=self.paused.add,
            resume=self.resume,
            push=self.push,
            moved=lambda request: self.sizes[request] - self.left[request],
            now=lambda: self.now,
        )
        for request in self.left:
            self.pacing.start(request)

    def begin(self, request: int) -> None:
        assert request not in self.begun
        self.begun.add(request)
        self.fresh.append(request)

    def resume(self, request: int) -> None:
        self.paused.remove(request)
        self.fresh.append(request)

    def push(self) -> None:
        while self.fresh:
            self.move(self.fresh.pop())

    def move(self, request: int) -> None:
        assert request in self.begun
        assert request not in self.paused
        self.left[request] -= min(self.left[request], self.pacing.buffer * 10)

    def poll(self) -> None:
        wait = self.pacing.let_through(lambda: list(self.begun))
        ready = [] if wait is not None else [r for r in self.begun - self.paused if self.left[r]]
        self.order.shuffle(ready)
        for request in ready:
            self.move(request)
            if self.pacing.full():
                break
        for request in [r for r in self.begun if not self.left[r]]:
            assert self.pacing.ended(request)
            self.begun.remove(request)
            self.paused.discard(request)
        self.now += 0.0005 if wait is None else wait


@given(
    st.floats(100_000, 100_000_000), st.lists(st.integers(1, 20_000_000), min_size=1, max_size=20), st.integers(0, 9)
)
def test_all_requests_together_keep_to_the_limit(rate: float, sizes: list[int], seed: int) -> None:
    network = Network(Throttle(rate), sizes, seed)
    while any(network.left.values()):
        network.poll()
    ideal, burst = sum(sizes) / rate, 10 * network.pacing.buffer / rate
    assert ideal - SAVED - burst <= network.now <= ideal * 1.05 + 0.1
    assert network.pacing.engaged


def test_no_request_starves() -> None:
    network = Network(Throttle(1e6), [5_000_000] * 16, 1)
    while network.now < 20.0:
        network.poll()
    moved = [5_000_000 - left for left in network.left.values()]
    assert min(moved) > 0.7 * max(moved)


def test_a_small_request_does_not_wait_for_all_large_ones_and_many_small_ones_hold_up_none() -> None:
    network = Network(Throttle(1e6), [100_000_000] * 16, 1)
    seconds: list[float] = []
    while network.now < 20.0:
        if network.now > 3.0 and not any([*network.left.values()][16:]):
            seconds.append(network.now)
            network.left[len(network.sizes)] = 1000
            network.sizes.append(1000)
            network.pacing.start(len(network.sizes) - 1)
        network.poll()
    assert max(later - start for start, later in pairwise(seconds)) < 0.6
    moved = [100_000_000 - left for left in [*network.left.values()][:16]]
    assert min(moved) > 0.7 * max(moved)
    assert sum(moved) > 19_000_000


def test_a_limit_that_is_lifted_lets_all_continue() -> None:
    throttle = Throttle(1000.0)
    network = Network(throttle, [100_000_000] * 3, 1)
    for _ in range(5):
        network.poll()
    throttle.limit(None)
    network.poll()
    assert (network.begun, network.paused, network.pacing.engaged) == ({0, 1, 2}, set(), False)


def test_a_limit_that_is_lifted_at_once_forgets_no_transfer() -> None:
    throttle = Throttle(1000.0)
    network = Network(throttle, [10], 1)
    throttle.limit(None)
    assert network.pacing.engaged
    network.poll()
    assert (network.left, network.pacing.engaged) == ({0: 0}, False)


def test_requests_that_never_began_need_no_end() -> None:
    network = Network(Throttle(1000.0), [10], 1)
    assert network.pacing.ended(0) is False
