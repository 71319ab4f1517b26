"""The clock that tests move."""

import asyncio

import pytest
from omicsdk.sandbox.state.clock import Clock


class Real:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def real() -> Real:
    return Real()


@pytest.fixture
def clock(real) -> Clock:
    return Clock(real)


def test_time_runs_and_jumps(clock, real):
    assert clock.now() == 1000
    real.now += 5
    assert clock.now() == 1005
    assert clock.advance(60) == 1065
    real.now += 1
    assert clock.state() == {"now": 1066, "frozen": False, "offset": 60}


def test_time_stands_still(clock, real):
    clock.freeze()
    real.now += 100
    assert clock.now() == 1000
    assert clock.advance(7) == 1007
    assert clock.resume() == 1007
    real.now += 1
    assert clock.now() == 1008
    assert clock.freeze(5) == 5


def test_time_does_not_go_back(clock):
    for seconds in (-1, float("nan")):
        with pytest.raises(ValueError, match="only moves forward"):
            clock.advance(seconds)


def test_a_saved_state_is_taken_up(clock, real):
    clock.advance(60)
    later = Clock(real)
    later.restore(clock.state())
    assert later.now() == 1060
    clock.freeze()
    later.restore(clock.state())
    real.now += 9
    assert later.now() == 1060
    later.reset()
    assert later.now() == 1009


def test_listeners_hear_each_move_until_they_are_taken_back(clock):
    heard = []
    forget = clock.on_change(lambda: heard.append(clock.now()))
    clock.freeze()
    clock.advance(1)
    forget()
    forget()
    clock.resume()
    assert heard == [1000, 1001]


def test_waiting_in_a_loop_ends_when_time_is_moved(clock):
    clock.freeze()

    async def wait() -> float:
        sleeper = asyncio.create_task(clock.sleep_until(clock.now() + 10))
        await asyncio.sleep(0)
        for _ in range(2):
            assert not sleeper.done()
            clock.advance(5)
            await asyncio.sleep(0)
        await sleeper
        return clock.now()

    assert asyncio.run(wait()) == 1010


def test_a_moment_that_has_passed_is_not_waited_for():
    clock = Clock()
    clock.freeze(1000)
    began = clock.now()
    clock.advance(5)  # before the wait begins
    asyncio.run(asyncio.wait_for(clock.sleep_until(began + 5), 60))
