"""Each server has a lane of its own: what one says slows no other."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from omicsdk.transfer.network.connections import FIRST
from omicsdk.transfer.network.lanes import PERIOD, REMEMBERED, Lanes
from virtual_network import MIB, Fixed, Link, Network, simulate

GIB = 1024 * MIB
MB = 1e6


def filled(lanes: Lanes, server: str) -> int:
    """Starts all that may start."""
    count = 0
    while lanes.may_start(server):
        lanes.started(server)
        count += 1
    return count


def test_a_server_begins_with_few_and_all_together_stay_within_the_limit() -> None:
    lanes = Lanes(10, 0.0)
    assert [filled(lanes, server) for server in "abcd"] == [FIRST, FIRST, 10 - 2 * FIRST, 0]
    lanes.ended("a", 1)
    assert filled(lanes, "b") == 0
    assert filled(lanes, "c") == 1
    assert lanes.flying == 10


def test_an_ill_server_is_left_alone_and_the_others_are_not() -> None:
    lanes = Lanes(16, 0.0)
    filled(lanes, "ill")
    lanes.ended("ill", 0)
    lanes.refused("ill", 1.0, retry_after=30.0)
    assert not lanes.may_start("ill")
    assert filled(lanes, "well") == FIRST
    assert lanes.opens() == 31.0
    lanes.look(30.9, list)
    lanes.open(30.9)
    assert not lanes.may_start("ill")
    lanes.open(31.0)
    assert lanes.opens() is None
    assert lanes.width("ill") < FIRST
    assert lanes.width("well") == FIRST


def test_a_refusal_without_a_wish_holds_until_the_other_answers_have_come() -> None:
    lanes = Lanes(16, 0.0)
    filled(lanes, "it")
    lanes.refused("it", 1.0)
    assert lanes.opens() == 1.0 + PERIOD
    lanes.refused("it", 1.0 + PERIOD / 2)
    lanes.look(1.0 + PERIOD, list)
    assert lanes.width("it") == FIRST - 2


def test_more_requests_than_allowed_run_out_but_none_is_added() -> None:
    lanes = Lanes(16, 0.0)
    filled(lanes, "it")
    lanes.refused("it", 0.0)
    lanes.refused("it", 0.0)
    lanes.look(PERIOD, list)
    lanes.open(PERIOD)
    lanes.ended("it", 5)
    assert not lanes.may_start("it")
    lanes.ended("it", 5)
    assert not lanes.may_start("it")
    lanes.ended("it", 5)
    assert lanes.may_start("it")


def test_an_ill_server_does_not_slow_another() -> None:
    networks = {
        "ill": Network.of(Link(1000 * MB, 20 * MB, bears=1, retry_after=2)),
        "well": Network.of(Link(100 * MB, 12 * MB)),
    }
    both = simulate(networks, {"ill": [20_000] * 300, "well": [GIB]}, Lanes(16, 0.0))
    alone = simulate({"well": networks["well"]}, {"well": [GIB]}, Fixed(16))
    assert both.ends["well"] <= 1.1 * alone.seconds


def test_each_server_finds_its_own_number() -> None:
    networks = {
        "near": Network.of(Link(100 * MB, 50 * MB, best=2, loss=0.85)),
        "far": Network.of(Link(1000 * MB, 10 * MB)),
    }
    lanes = Lanes(16, 0.0)
    simulate(networks, {"near": [2 * GIB], "far": [2 * GIB]}, lanes)
    assert lanes.width("near") <= 4
    assert lanes.width("far") >= 8


def test_a_million_servers_are_forgotten_again() -> None:
    lanes = Lanes(16, 0.0)
    tracemalloc.start()
    try:
        for number in range(6_000):
            server = f"https://host-{number}.example"
            assert lanes.may_start(server)
            lanes.started(server)
            lanes.look(number * 1e-4, list)
            lanes.ended(server, 100)
            if number % 10 == 0:
                lanes.refused(server, number * 1e-4, retry_after=3000)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 2 * REMEMBERED * 1000


def test_a_pause_says_nothing_of_the_server() -> None:
    lanes = Lanes(16, 0.0)
    filled(lanes, "it")
    for step in range(1, 60):
        lanes.look(step * PERIOD, lambda step=step: [("it", step * 10**6)])  # as fast with any number
    before = lanes.width("it")
    lanes.look(3600.0, lambda: [("it", 60 * 10**6)])
    assert lanes.width("it") == before


events = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["start", "end", "refuse", "look"]), st.floats(0, 2)),
    max_size=100,
)


@given(events, st.integers(1, 20))
def test_whatever_happens_the_limit_holds_and_nothing_hangs(history: list[tuple[str, str, float]], limit: int) -> None:
    lanes, now = Lanes(limit, 0.0), 0.0
    flying = dict.fromkeys("abc", 0)
    for server, event, seconds in history:
        now += seconds
        lanes.open(now)
        if event == "start" and lanes.may_start(server):
            lanes.started(server)
            flying[server] += 1
        elif event == "end" and flying[server]:
            lanes.ended(server, 1000)
            flying[server] -= 1
        elif event == "refuse":
            lanes.refused(server, now, seconds)
        else:
            lanes.look(now, lambda: [(server, 500) for server, count in flying.items() for _ in range(count)])
        assert lanes.flying == sum(flying.values()) <= limit
        assert all(1 <= lanes.width(server) <= limit for server in flying)
    for server, count in flying.items():
        for _ in range(count):
            lanes.ended(server, 0)
    lanes.open(now + 10)
    assert lanes.opens() is None
    assert all(filled(lanes, server) for server in "a")
