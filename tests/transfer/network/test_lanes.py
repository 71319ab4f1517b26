"""Each server has a lane of its own: what one says slows no other."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.transfer.network.limits import FIRST, PERIOD, REMEMBERED, Lanes
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
    assert lanes.opens == 31.0
    lanes.look(30.9, list)
    lanes.open(30.9)
    assert not lanes.may_start("ill")
    lanes.open(31.0)
    assert lanes.opens is None
    assert lanes.width("ill") < FIRST
    assert lanes.width("well") == FIRST


def test_a_refusal_without_a_wish_holds_until_the_other_answers_have_come() -> None:
    lanes = Lanes(16, 0.0)
    filled(lanes, "it")
    lanes.refused("it", 1.0)
    assert lanes.opens == 1.0 + PERIOD
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


def test_as_many_fewer_are_allowed_as_were_refused() -> None:
    lanes = Lanes(16, 0.0)
    lanes.expect("it", 10)
    assert filled(lanes, "it") == 10
    for _ in range(3):
        lanes.refused("it", 0.0)
    lanes.look(PERIOD, list)
    assert lanes.width("it") == 7


def test_a_server_is_left_alone_for_the_longest_time_it_asked_for_and_no_longer() -> None:
    lanes = Lanes(16, 0.0)
    assert lanes.opens is None
    lanes.hold("it", 5.0)
    lanes.hold("it", 3.0)
    lanes.hold("other", 9.0)
    assert lanes.opens == 5.0
    lanes.open(4.9)
    assert (lanes.is_held("it"), lanes.may_start("it")) == (True, False)
    lanes.open(5.0)
    assert (lanes.is_held("it"), lanes.may_start("it")) == (False, True)
    assert (lanes.is_held("other"), lanes.is_held("third")) == (True, False)


def test_of_too_many_servers_that_are_left_alone_the_next_to_open_is_forgotten() -> None:
    lanes = Lanes(16, 0.0)
    for number in range(1024):
        lanes.hold(str(number), 100.0 + (number + 512) % 1024)
    assert all(lanes.is_held(str(number)) for number in range(1024))
    lanes.hold("one more", 2000.0)
    assert [number for number in range(1024) if not lanes.is_held(str(number))] == [512]
    assert lanes.is_held("one more")


def test_whether_several_servers_were_asked() -> None:
    lanes = Lanes(16, 0.0)
    answers = [lanes.several]
    for server in ("a", "a", "b"):
        lanes.started(server)
        answers.append(lanes.several)
    assert answers == [False, False, False, True]
    for server in ("a", "a", "b"):
        lanes.ended(server, 1)
    lanes.look(PERIOD, list)
    assert lanes.several is True


def test_all_may_be_in_use() -> None:
    lanes = Lanes(FIRST + 1, 0.0)
    filled(lanes, "a")
    assert lanes.full is False
    lanes.started("b")
    assert lanes.full is True
    lanes.ended("a", 1)
    assert lanes.full is False


def test_what_is_expected_of_a_server_counts_until_it_is_known_better() -> None:
    lanes = Lanes(16, 0.0)
    lanes.expect("it", 8)
    lanes.expect("huge", 100)
    assert (lanes.width("it"), lanes.width("huge"), lanes.width("other")) == (8, 16, FIRST)
    assert Lanes(3, 0.0).width("other") == 3
    lanes.started("it")
    for _ in range(2):
        lanes.refused("it", 0.0)
    lanes.look(PERIOD, list)
    lanes.expect("it", 8)
    assert lanes.width("it") == 6
    lanes.ended("it", 1)
    lanes.look(3 * PERIOD, list)
    lanes.expect("it", 8)
    assert lanes.width("it") == 6


# A server's number grows as soon as a sample tells something: with the first one more are tried.
ENOUGH = FIRST * 64 * 1024


@pytest.mark.parametrize(
    ("now", "received", "grows"),
    [
        (0.049, 100 * ENOUGH, False),
        (0.05, ENOUGH - 1, False),
        (0.05, ENOUGH, True),
        (0.999, ENOUGH - 1, False),
        (1.0, 1, True),
        (1.0, 0, False),
        (1.001, ENOUGH, False),
    ],
)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_sample_tells_something_with_64_KiB_a_connection_or_after_a_second(
    now: float, received: int, grows: bool, share: float
) -> None:
    lanes = Lanes(16, 0.0)
    filled(lanes, "it")
    ended = int(received * share)
    if ended:
        lanes.ended("it", ended, counts=False)
        lanes.started("it")
    lanes.look(now, lambda: [("it", received - ended), ("another", 10**9)])
    assert (lanes.width("it") > FIRST) is grows


@pytest.mark.parametrize(("requests", "grows"), [(FIRST - 1, False), (FIRST, True)])
@pytest.mark.parametrize("counts", [False, True])
def test_a_request_that_came_to_its_end_tells_as_much_as_64_KiB(requests: int, grows: bool, counts: bool) -> None:
    lanes = Lanes(16, 0.0)
    filled(lanes, "it")
    for _ in range(requests):
        lanes.ended("it", 0, counts=counts)
        lanes.started("it")
    lanes.look(PERIOD, list)
    assert (lanes.width("it") > FIRST) is (grows and counts)


def test_each_byte_tells_something_once() -> None:
    lanes = Lanes(16, 0.0)
    filled(lanes, "it")
    lanes.look(PERIOD, lambda: [("it", ENOUGH)])
    tried = lanes.width("it")
    assert tried > FIRST
    filled(lanes, "it")
    for step in range(2, 20):
        lanes.look(step * PERIOD, lambda: [("it", ENOUGH)])
    assert lanes.width("it") == tried


@pytest.mark.parametrize(("periods", "grows"), [(0, True), (1, True), (3, False), (15, False)])
def test_nothing_is_concluded_while_too_few_run_for_more_than_a_tenth_of_the_time(periods: int, grows: bool) -> None:
    lanes = Lanes(16, 0.0)
    filled(lanes, "it")
    for step in range(1, 21):
        if step == 2 and periods:
            lanes.ended("it", 0, counts=False)
        if step == 2 + periods and periods:
            lanes.started("it")
        lanes.look(step / 20, lambda: [("it", 1000)])
    assert (lanes.width("it") > FIRST) is grows


def test_a_trial_without_work_for_it_goes_on() -> None:
    lanes = Lanes(16, 0.0)
    filled(lanes, "it")
    lanes.look(PERIOD, lambda: [("it", ENOUGH)])
    tried = lanes.width("it")
    for step in range(2, 40):
        lanes.look(step * PERIOD, lambda step=step: [("it", step * 10 * ENOUGH)])
        assert lanes.width("it") == tried


def test_the_time_without_requests_says_nothing_of_a_server() -> None:
    lanes = Lanes(16, 0.0)
    lanes.started("it")
    lanes.ended("it", 10)
    lanes.look(PERIOD, list)
    lanes.look(10.0, list)
    filled(lanes, "it")
    lanes.look(10.0 + PERIOD, lambda: [("it", 10)])
    assert lanes.width("it") == FIRST


def test_another_server_that_is_asked_for_the_first_time_does_not_disturb_a_sample() -> None:
    lanes = Lanes(16, 0.0)
    for _ in range(filled(lanes, "it")):
        lanes.ended("it", 0)
    lanes.started("another")
    filled(lanes, "it")
    lanes.look(PERIOD, list)
    assert lanes.width("it") > FIRST


def test_what_is_known_of_the_latest_thousand_servers_is_kept() -> None:
    lanes = Lanes(16, 0.0)
    lanes.expect("it", 8)
    for number, server in enumerate(["it", *map(str, range(1023))], 1):
        lanes.started(server)
        lanes.ended(server, 1)
        lanes.look(number * PERIOD, list)
    assert lanes.width("it") == 8
    lanes.started("one more")
    lanes.ended("one more", 1)
    lanes.look(2000.0, list)
    assert lanes.width("it") == FIRST


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


def test_servers_of_one_request_each_are_forgotten_even_if_nobody_looks() -> None:
    lanes = Lanes(16, 0.0)
    tracemalloc.start()
    try:
        for number in range(10_000):
            lanes.started(str(number))
            lanes.ended(str(number), 100)
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
    assert lanes.opens is None
    assert all(filled(lanes, server) for server in "a")
