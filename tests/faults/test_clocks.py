"""Clock changes."""

from email.utils import formatdate
from typing import Any

import pytest

MIB = 1024 * 1024
SIZE = 16 * MIB + 5
DAY = 86_400.0


@pytest.mark.fault("wall clock jumps during a transfer", ends="right file")
@pytest.mark.parametrize("jump", [DAY, -DAY, 400 * DAY, -20_000 * DAY])
@pytest.mark.parametrize("size", [5000, SIZE])
def test_jump(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, jump: float, size: int) -> None:
    def jumps(_server: Any, _request: Any, response: Any) -> Any:
        clock.jumped += jump
        return response

    items = [server.item("one", noise(size), "sha256"), server.item("two", noise(200), "md5")]
    server.fault("one", fault.cut(size // 3), jumps, fault.status(503), jumps)
    report = trial.download(items, clock=clock)
    assert 0 <= report.seconds < 60
    assert all(0 <= outcome.seconds < 60 for outcome in report.outcomes)
    assert trial.again(items, clock=clock).counts["skipped"] == 2


@pytest.mark.fault("Retry-After as a date, local clock wrong, response has a Date header", ends="right file")
@pytest.mark.parametrize("off", [DAY, -DAY, 3600.0, -3600.0])
def test_date_by_the_servers_clock(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, off: float) -> None:
    clock.jumped = off
    theirs = clock.now() - off
    headers = {"Date": formatdate(theirs, usegmt=True), "Retry-After": formatdate(theirs + 40, usegmt=True)}
    server.fault("one", fault.status(503, headers))
    trial.download([server.item("one", noise(5000), "md5")], clock=clock)
    assert clock.slept <= 45
    assert clock.passed >= 35


@pytest.mark.fault("Retry-After as a date, local clock ahead, no Date header", ends="right file")
def test_date_in_the_past(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    headers = {"Retry-After": formatdate(clock.now() + 40, usegmt=True)}
    clock.jumped = DAY
    server.fault("one", fault.status(503, headers))
    trial.download([server.item("one", noise(5000), "md5")], clock=clock)
    assert clock.slept < 5


@pytest.mark.fault("Retry-After as a date, local clock a day behind, no Date header", ends="ServiceUnavailable")
def test_date_far_off(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    headers = {"Retry-After": formatdate(clock.now() + 40, usegmt=True)}
    clock.jumped = -DAY
    server.fault("one", fault.status(503, headers))
    item = server.item("one", noise(5000), "md5")
    trial.download([item], clock=clock)
    trial.again([item], clock=clock)


@pytest.mark.fault("machine suspended for a day during a transfer", ends="right file")
@pytest.mark.parametrize("size", [5000, SIZE])
def test_suspended(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, size: int) -> None:
    def sleeps(_server: Any, _request: Any, response: Any) -> Any:
        clock.sleep(DAY)
        return response

    server.fault("one", fault.cut(size // 3, reset=True), sleeps, fault.cut(size // 4))
    trial.download([server.item("one", noise(size), "sha256")], clock=clock)
