"""The number of connections, compared with the best fixed number, on networks in virtual time."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk.transfer.downloads.job import FIRST_LARGE
from omicsdk.transfer.engine.engine import affordable, connections_within
from omicsdk.transfer.network import plan
from omicsdk.transfer.network.limits import (
    FIRST,
    LONGEST_CAUTION,
    ConcurrencyController,
    Sample,
    Width,
    first_width,
    next_width,
)
from virtual_network import MIB, Fixed, Link, Network, Trace, simulate

LIMIT = 16
GIB = 1024 * MIB
MB = 1e6

LOOPBACK = Network.of(Link(1200 * MB, 1200 * MB, rtt=0.0002))
CAPPED = Network.of(Link(1000 * MB, 60 * MB))
FAR = Network.of(Link(100 * MB, 100 * MB, rtt=0.08, slow_start=True))
NEARER = Network.of(Link(100 * MB, 100 * MB, rtt=0.03, slow_start=True))
FAR_AND_CAPPED = Network.of(Link(50 * MB, 8 * MB, rtt=0.1, slow_start=True))
STRICT = Network.of(Link(1000 * MB, 20 * MB, rtt=0.04, bears=10, retry_after=1))
STRICT_AND_MUTE = Network.of(Link(1000 * MB, 20 * MB, rtt=0.04, bears=10))
STRICTEST = Network.of(Link(1000 * MB, 20 * MB, rtt=0.02, bears=1, retry_after=1))
NOISY = Network.wandering(Link(100 * MB, 12 * MB, rtt=0.02), 1, spread=0.2)
SHARED = Network.wandering(Link(100 * MB, 100 * MB, rtt=0.02), 3, spread=0.1, rivals=4)
THRASHING = Network.of(Link(200 * MB, 40 * MB, best=6, loss=0.93))
THRASHING_SOON = Network.of(Link(200 * MB, 120 * MB, best=2, loss=0.9))
CHANGING = Network([(0, Link(200 * MB, 200 * MB)), (15, Link(200 * MB, 15 * MB))])
CHANGING_BACK = Network([(0, Link(200 * MB, 15 * MB)), (15, Link(200 * MB, 100 * MB, best=2, loss=0.9))])
DOWN = Link(200 * MB, 15 * MB, bears=0, retry_after=1)
OUT_FOR_A_WHILE = Network([(0, Link(200 * MB, 15 * MB)), (10, DOWN), (14, Link(200 * MB, 15 * MB))])


def run(network: Network, files: list[int], limit: int = LIMIT) -> Trace:
    first = FIRST_LARGE if files[0] > plan.WHOLE else FIRST
    return simulate({"it": network}, {"it": files}, ConcurrencyController(limit, 0.0, first))


def best_fixed(network: Network, files: list[int]) -> float:
    best = 300.0
    for count in (LIMIT, 12, 10, 8, 6, 4, 2, 1):
        best = min(
            best, simulate({"it": network}, {"it": files}, Fixed(count), until=best).seconds
        )  # inf if it takes longer
    return best


@pytest.mark.parametrize(
    ("network", "files"),
    [
        pytest.param(LOOPBACK, [24 * GIB], id="loopback, one connection fills it"),
        pytest.param(LOOPBACK, [2 * GIB], id="loopback, two seconds"),
        pytest.param(CAPPED, [16 * GIB], id="each connection capped"),
        pytest.param(CAPPED, [2 * GIB], id="each connection capped, two seconds"),
        pytest.param(FAR, [20_000] * 4000, id="far away, small files"),
        pytest.param(NEARER, [20_000] * 640, id="thirty milliseconds away, small files, two seconds"),
        pytest.param(FAR, [GIB], id="far away, one file"),
        pytest.param(FAR_AND_CAPPED, [GIB], id="far away and capped"),
        pytest.param(STRICT, [20_000] * 7500, id="refuses the eleventh, small files"),
        pytest.param(STRICT, [4 * GIB], id="refuses the eleventh, one file"),
        pytest.param(STRICT_AND_MUTE, [20_000] * 7500, id="refuses without Retry-After"),
        pytest.param(STRICTEST, [600 * MIB], id="refuses the second"),
        pytest.param(NOISY, [3 * GIB], id="the rate wanders"),
        pytest.param(SHARED, [2 * GIB], id="shared with others"),
        pytest.param(THRASHING, [4 * GIB], id="more than six lose"),
        pytest.param(THRASHING_SOON, [4 * GIB], id="more than two lose"),
        pytest.param(CHANGING, [4 * GIB], id="needs more from the middle on"),
        pytest.param(CHANGING_BACK, [5 * GIB], id="needs fewer from the middle on"),
        pytest.param(OUT_FOR_A_WHILE, [5 * GIB], id="refuses all for four seconds"),
    ],
)
def test_it_comes_near_the_best_fixed_number(network: Network, files: list[int]) -> None:
    assert run(network, files).seconds <= 1.1 * best_fixed(network, files)


@pytest.mark.parametrize("seed", range(4, 8))
def test_it_comes_near_the_best_on_whatever_noise(seed: int) -> None:
    network = Network.wandering(Link(100 * MB, 20 * MB, rtt=0.05, slow_start=True), seed, spread=0.15, rivals=2)
    assert run(network, [GIB]).seconds <= 1.1 * best_fixed(network, [GIB])


def test_a_server_that_caps_each_connection_is_used_in_full_within_two_tenths_of_a_second() -> None:
    trace = run(CAPPED, [512 * MIB])
    assert min(now for now, width in trace.widths if width == LIMIT) <= 0.2
    assert trace.seconds <= 0.2 * simulate({"it": CAPPED}, {"it": [512 * MIB]}, Fixed(1)).seconds


@pytest.mark.parametrize("network", [LOOPBACK, CAPPED, THRASHING, FAR_AND_CAPPED])
def test_on_a_network_that_stays_the_same_the_number_comes_to_rest(network: Network) -> None:
    link, _ = network.at(0)
    trace = run(network, [int(60 * min(link.rate, 8 * link.connection_rate))])
    changes = [now for now, _ in trace.widths if now > trace.seconds / 2]
    assert len(changes) <= 8


def test_where_few_bring_all_that_a_thread_can_take_in_no_more_are_tried() -> None:
    assert max(width for _, width in run(LOOPBACK, [24 * GIB]).widths) == FIRST_LARGE
    few = next_width(Width(2, 2), Sample(0.1, 10**8), LIMIT)  # trouble has left two: more may bring more
    assert few.connections == 4


def test_trouble_that_passes_is_forgotten() -> None:
    trace = run(OUT_FOR_A_WHILE, [5 * GIB])
    before = max(width for now, width in trace.widths if now < 10)
    assert max(width for now, width in trace.widths if 14 < now < 17) >= 0.75 * before


def test_a_server_that_bears_ten_is_given_ten_and_seldom_more() -> None:
    trace = run(STRICT, [4 * GIB])
    assert trace.refusals <= 10
    assert 10 in {width for now, width in trace.widths if now < 2}


samples = st.builds(
    Sample,
    st.floats(0, 2),
    st.integers(0, 10**10),
    st.integers(0, 1000),
    st.integers(0, 3) | st.just(0),
    st.floats(0, 3600),
    steady=st.booleans(),
)


@given(st.lists(samples, max_size=60), st.integers(1, 64), st.integers(1, 64))
def test_connections_stay_within_bounds_and_never_grow_in_trouble(seen: list[Sample], limit: int, first: int) -> None:
    width = first_width(limit, first)
    assert 1 <= width.connections <= limit
    for sample in seen:
        after = next_width(width, sample, limit)
        assert 1 <= after.connections <= limit
        assert 1 <= after.home <= limit
        if sample.refused:
            assert after.connections <= width.connections
        assert after.caution <= max(LONGEST_CAUTION, 3600)
        width = after


@given(st.lists(samples, max_size=40), st.integers(2, 64))
def test_whatever_happened_it_grows_again_where_that_pays(seen: list[Sample], limit: int) -> None:
    width = first_width(limit)
    for sample in seen:
        width = next_width(width, sample, limit)
    width = next_width(width, Sample(3600.0, 0, steady=False), limit)
    for _ in range(200 + 4 * limit):
        width = next_width(width, Sample(1.0, width.connections * 10**7), limit)
    assert width.home >= 0.6 * limit


def test_a_limit_that_is_lowered_holds_at_once() -> None:
    assert next_width(Width(8, 8), Sample(0.1, 10**6), 3).connections <= 3
    assert next_width(Width(8, 8), Sample(0.1, 10**6, steady=False), 3).connections == 3


def test_refusals_that_belong_together_count_once() -> None:
    width = next_width(Width(16, 8), Sample(0.1, 10**6, 16, refused=6), LIMIT)
    assert width.connections == 10
    assert next_width(width, Sample(0.1, 10**6, 3, refused=3), LIMIT).connections == 10


def test_half_stays_whatever_is_refused() -> None:
    assert next_width(Width(16, 8), Sample(0.1, 0, 16, refused=16), LIMIT).connections == 8
    assert next_width(Width(1, 1), Sample(0.1, 0, 1, refused=1), LIMIT).connections == 1


def test_without_work_for_all_nothing_is_concluded() -> None:
    width = first_width(LIMIT)
    for _ in range(50):
        width = next_width(width, Sample(0.1, 10**6, steady=False), LIMIT)
    assert width.connections == width.home == FIRST


@settings(max_examples=settings().max_examples // 2)
@given(st.floats(1.0, 3.0), st.integers(0, 2**32))
def test_requests_count_where_bytes_state_little(factor: float, seed: int) -> None:
    """Small files of all sizes: the rate of requests is what more connections change."""
    sizes = [200 + (seed * (index + 1) * 7919) % int(8000 * factor) for index in range(3000)]
    trace = run(Network.of(Link(100 * MB, 100 * MB, rtt=0.05)), sizes)
    assert max(width for _, width in trace.widths) == LIMIT


@pytest.mark.parametrize(("free", "connections"), [(0, 1), (28, 1), (37, 4), (73, 16), (10_000, 16)])
def test_a_low_limit_of_open_files_allows_fewer_connections(free: int, connections: int) -> None:
    assert connections_within(LIMIT, free) == connections


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="Windows does not limit sockets")
def test_a_system_without_a_limit_of_open_files_allows_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf", lambda _: -1)
    assert affordable(LIMIT) == LIMIT
