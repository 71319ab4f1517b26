"""Each server has a state of its own: what one states slows no other."""

import tracemalloc
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.transfer.network.limits import FIRST, PERIOD, REMEMBERED, ConcurrencyController, Scheduler
from virtual_network import MIB, Fixed, Link, Network, simulate

GIB = 1024 * MIB
MB = 1e6


def filled(controller: ConcurrencyController, server: str) -> int:
    """Starts all that may start."""
    count = 0
    while controller.may_start(server):
        controller.started(server)
        count += 1
    return count


def test_a_server_begins_with_few_and_all_together_stay_within_the_limit() -> None:
    controller = ConcurrencyController(10, 0.0)
    assert [filled(controller, server) for server in "abcd"] == [FIRST, FIRST, 10 - 2 * FIRST, 0]
    controller.ended("a", 1)
    assert filled(controller, "b") == 0
    assert filled(controller, "c") == 1
    assert controller.flying == 10


@dataclass
class Waiting:
    """A file that waits for its next request."""

    server: str
    claimable: bool = False
    queued: bool = False
    over: bool = False
    wanting: bool = True
    first: int | None = None
    in_parts: bool = False


def test_a_redirected_file_is_requested_in_the_same_round() -> None:
    # With nothing else in flight the next round began 0.1 s later, for each large file behind a redirect.
    scheduler, sent = Scheduler[Waiting](16, 0.0), list[Waiting]()

    def round_() -> list[Waiting]:
        for file, _ in scheduler.due(None):
            file.claimable = False
            scheduler.started(file.server)
            sent.append(file)
        return sent

    files = [Waiting("service"), Waiting("service")]
    for file in files:
        scheduler.queue(file)
    assert not round_()
    for file in files:  # the service's response has arrived, while they were queued for their other bytes
        file.server, file.claimable = "bucket", True
    assert round_() == files
    assert scheduler.waiting == 2


def test_a_failing_server_is_left_alone_and_the_others_are_not() -> None:
    controller = ConcurrencyController(16, 0.0)
    filled(controller, "failing")
    controller.ended("failing", 0)
    controller.refused("failing", 1.0, retry_after=30.0)
    assert not controller.may_start("failing")
    assert filled(controller, "healthy") == FIRST
    assert controller.opens == 31.0
    controller.adapt(30.9, list)
    controller.open(30.9)
    assert not controller.may_start("failing")
    controller.open(31.0)
    assert controller.opens is None
    assert controller.width("failing") < FIRST
    assert controller.width("healthy") == FIRST


def test_a_refusal_without_a_wish_holds_until_the_other_responses_have_come() -> None:
    controller = ConcurrencyController(16, 0.0)
    filled(controller, "it")
    controller.refused("it", 1.0)
    assert controller.opens == 1.0 + PERIOD
    controller.refused("it", 1.0 + PERIOD / 2)
    controller.adapt(1.0 + PERIOD, list)
    assert controller.width("it") == FIRST - 2


def test_more_requests_than_allowed_run_out_but_none_is_added() -> None:
    controller = ConcurrencyController(16, 0.0)
    filled(controller, "it")
    controller.refused("it", 0.0)
    controller.refused("it", 0.0)
    controller.adapt(PERIOD, list)
    controller.open(PERIOD)
    controller.ended("it", 5)
    assert not controller.may_start("it")
    controller.ended("it", 5)
    assert not controller.may_start("it")
    controller.ended("it", 5)
    assert controller.may_start("it")


def test_as_many_fewer_are_allowed_as_were_refused() -> None:
    controller = ConcurrencyController(16, 0.0)
    controller.expect("it", 10)
    assert filled(controller, "it") == 10
    for _ in range(3):
        controller.refused("it", 0.0)
    controller.adapt(PERIOD, list)
    assert controller.width("it") == 7


def test_a_server_is_left_alone_for_the_longest_time_it_requested_and_no_longer() -> None:
    controller = ConcurrencyController(16, 0.0)
    assert controller.opens is None
    controller.hold("it", 5.0)
    controller.hold("it", 3.0)
    controller.hold("other", 9.0)
    assert controller.opens == 5.0
    controller.open(4.9)
    assert not controller.may_start("it")
    controller.open(5.0)
    assert [controller.may_start(server) for server in ("it", "other", "third")] == [True, False, True]


def test_of_too_many_servers_that_are_left_alone_the_next_to_open_is_forgotten() -> None:
    controller = ConcurrencyController(16, 0.0)
    for number in range(1024):
        controller.hold(str(number), 100.0 + (number + 512) % 1024)
    assert not any(controller.may_start(str(number)) for number in range(1024))
    controller.hold("one more", 2000.0)
    assert [number for number in range(1024) if controller.may_start(str(number))] == [512]
    assert not controller.may_start("one more")


def test_whether_several_servers_were_queried() -> None:
    controller = ConcurrencyController(16, 0.0)
    responses = [controller.several]
    for server in ("a", "a", "b"):
        controller.started(server)
        responses.append(controller.several)
    assert responses == [False, False, False, True]
    for server in ("a", "a", "b"):
        controller.ended(server, 1)
    controller.adapt(PERIOD, list)
    assert controller.several is True


def test_all_may_be_in_use() -> None:
    controller = ConcurrencyController(FIRST + 1, 0.0)
    filled(controller, "a")
    assert controller.full is False
    controller.started("b")
    assert controller.full is True
    controller.ended("a", 1)
    assert controller.full is False


def test_what_is_expected_of_a_server_counts_until_it_is_known_better() -> None:
    controller = ConcurrencyController(16, 0.0)
    controller.expect("it", 8)
    controller.expect("huge", 100)
    assert (controller.width("it"), controller.width("huge"), controller.width("other")) == (8, 16, FIRST)
    assert ConcurrencyController(3, 0.0).width("other") == 3
    controller.started("it")
    for _ in range(2):
        controller.refused("it", 0.0)
    controller.adapt(PERIOD, list)
    controller.expect("it", 8)
    assert controller.width("it") == 6
    controller.ended("it", 1)
    controller.adapt(3 * PERIOD, list)
    controller.expect("it", 8)
    assert controller.width("it") == 6


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
def test_a_sample_states_something_with_64_KiB_a_connection_or_after_a_second(
    now: float, received: int, grows: bool, share: float
) -> None:
    controller = ConcurrencyController(16, 0.0)
    filled(controller, "it")
    ended = int(received * share)
    if ended:
        controller.ended("it", ended, counts=False)
        controller.started("it")
    controller.adapt(now, lambda: [("it", received - ended), ("another", 10**9)])
    assert (controller.width("it") > FIRST) is grows


@pytest.mark.parametrize(("requests", "grows"), [(FIRST - 1, False), (FIRST, True)])
@pytest.mark.parametrize("counts", [False, True])
def test_a_request_that_came_to_its_end_states_as_much_as_64_KiB(requests: int, grows: bool, counts: bool) -> None:
    controller = ConcurrencyController(16, 0.0)
    filled(controller, "it")
    for _ in range(requests):
        controller.ended("it", 0, counts=counts)
        controller.started("it")
    controller.adapt(PERIOD, list)
    assert (controller.width("it") > FIRST) is (grows and counts)


def test_each_byte_states_something_once() -> None:
    controller = ConcurrencyController(16, 0.0)
    filled(controller, "it")
    controller.adapt(PERIOD, lambda: [("it", ENOUGH)])
    tried = controller.width("it")
    assert tried > FIRST
    filled(controller, "it")
    for step in range(2, 20):
        controller.adapt(step * PERIOD, lambda: [("it", ENOUGH)])
    assert controller.width("it") == tried


@pytest.mark.parametrize(("periods", "grows"), [(0, True), (1, True), (3, False), (15, False)])
def test_nothing_is_concluded_while_too_few_run_for_more_than_a_tenth_of_the_time(periods: int, grows: bool) -> None:
    controller = ConcurrencyController(16, 0.0)
    filled(controller, "it")
    for step in range(1, 21):
        if step == 2 and periods:
            controller.ended("it", 0, counts=False)
        if step == 2 + periods and periods:
            controller.started("it")
        controller.adapt(step / 20, lambda: [("it", 1000)])
    assert (controller.width("it") > FIRST) is grows


def test_a_trial_without_work_for_it_continues() -> None:
    controller = ConcurrencyController(16, 0.0)
    filled(controller, "it")
    controller.adapt(PERIOD, lambda: [("it", ENOUGH)])
    tried = controller.width("it")
    for step in range(2, 40):
        controller.adapt(step * PERIOD, lambda step=step: [("it", step * 10 * ENOUGH)])
        assert controller.width("it") == tried


def test_the_time_without_requests_reveals_nothing_of_a_server() -> None:
    controller = ConcurrencyController(16, 0.0)
    controller.started("it")
    controller.ended("it", 10)
    controller.adapt(PERIOD, list)
    controller.adapt(10.0, list)
    filled(controller, "it")
    controller.adapt(10.0 + PERIOD, lambda: [("it", 10)])
    assert controller.width("it") == FIRST


def test_another_server_that_is_asked_for_the_first_time_does_not_disturb_a_sample() -> None:
    controller = ConcurrencyController(16, 0.0)
    for _ in range(filled(controller, "it")):
        controller.ended("it", 0)
    controller.started("another")
    filled(controller, "it")
    controller.adapt(PERIOD, list)
    assert controller.width("it") > FIRST


def test_what_is_known_of_the_latest_thousand_servers_is_kept() -> None:
    controller = ConcurrencyController(16, 0.0)
    controller.expect("it", 8)
    for number, server in enumerate(["it", *map(str, range(1023))], 1):
        controller.started(server)
        controller.ended(server, 1)
        controller.adapt(number * PERIOD, list)
    assert controller.width("it") == 8
    controller.started("one more")
    controller.ended("one more", 1)
    controller.adapt(2000.0, list)
    assert controller.width("it") == FIRST


def test_a_failing_server_does_not_slow_another() -> None:
    networks = {
        "failing": Network.of(Link(1000 * MB, 20 * MB, bears=1, retry_after=2)),
        "healthy": Network.of(Link(100 * MB, 12 * MB)),
    }
    both = simulate(networks, {"failing": [20_000] * 300, "healthy": [GIB]}, ConcurrencyController(16, 0.0))
    alone = simulate({"healthy": networks["healthy"]}, {"healthy": [GIB]}, Fixed(16))
    assert both.ends["healthy"] <= 1.1 * alone.seconds


def test_each_server_finds_its_own_number() -> None:
    networks = {
        "near": Network.of(Link(100 * MB, 50 * MB, best=2, loss=0.85)),
        "far": Network.of(Link(1000 * MB, 10 * MB)),
    }
    controller = ConcurrencyController(16, 0.0)
    simulate(networks, {"near": [2 * GIB], "far": [2 * GIB]}, controller)
    assert controller.width("near") <= 4
    assert controller.width("far") >= 8


def test_thousands_of_servers_are_forgotten_again() -> None:
    controller = ConcurrencyController(16, 0.0)
    tracemalloc.start()
    try:
        for number in range(6_000):
            server = f"https://host-{number}.example"
            assert controller.may_start(server)
            controller.started(server)
            controller.adapt(number * 1e-4, list)
            controller.ended(server, 100)
            if number % 10 == 0:
                controller.refused(server, number * 1e-4, retry_after=3000)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 2 * REMEMBERED * 1000


def test_servers_of_one_request_each_are_forgotten_even_without_a_check() -> None:
    controller = ConcurrencyController(16, 0.0)
    tracemalloc.start()
    try:
        for number in range(10_000):
            controller.started(str(number))
            controller.ended(str(number), 100)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 2 * REMEMBERED * 1000


def test_a_pause_reveals_nothing_of_the_server() -> None:
    controller = ConcurrencyController(16, 0.0)
    filled(controller, "it")
    for step in range(1, 60):
        controller.adapt(step * PERIOD, lambda step=step: [("it", step * 10**6)])  # as fast with any number
    before = controller.width("it")
    controller.adapt(3600.0, lambda: [("it", 60 * 10**6)])
    assert controller.width("it") == before


events = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["start", "end", "refuse", "look"]), st.floats(0, 2)),
    max_size=100,
)


@given(events, st.integers(1, 20))
def test_whatever_happens_the_limit_holds_and_nothing_hangs(history: list[tuple[str, str, float]], limit: int) -> None:
    controller, now = ConcurrencyController(limit, 0.0), 0.0
    flying = dict.fromkeys("abc", 0)
    for server, event, seconds in history:
        now += seconds
        controller.open(now)
        if event == "start" and controller.may_start(server):
            controller.started(server)
            flying[server] += 1
        elif event == "end" and flying[server]:
            controller.ended(server, 1000)
            flying[server] -= 1
        elif event == "refuse":
            controller.refused(server, now, seconds)
        else:
            controller.adapt(now, lambda: [(server, 500) for server, count in flying.items() for _ in range(count)])
        assert controller.flying == sum(flying.values()) <= limit
        assert all(1 <= controller.width(server) <= limit for server in flying)
    for server, count in flying.items():
        for _ in range(count):
            controller.ended(server, 0)
    controller.open(now + 10)
    assert controller.opens is None
    assert all(filled(controller, server) for server in "a")
