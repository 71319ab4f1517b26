"""Many files with random faults."""

import random
from collections import Counter
from typing import Any

import pytest
from omicsdk.core.checksums import digest
from omicsdk.transfer import Item, Location

SEED = 20_261_120


@pytest.mark.timeout(300)
@pytest.mark.fault("2 % of the requests for thousands of files fail at random", ends="right file")
@pytest.mark.parametrize("count", [1_200, pytest.param(10_000, marks=pytest.mark.long)])
def test_two_percent(trial: Any, server: Any, fault: Any, clock: Any, count: int) -> None:
    dice, tried, attempts = random.Random(SEED), Counter[str](), Counter[str]()
    faults = {
        "500": fault.status(500),
        "503": fault.status(503, {"Retry-After": "5"}),
        "429": fault.status(429),
        "cut": fault.cut(100),
        "no response": fault.cut(0),
        "reset": fault.cut(50, reset=True),
        "no http": fault.changed(raw=b"?" * 40),
        "wrong byte": fault.flip(3),
        "empty": fault.changed(body=b""),
    }
    block = dice.randbytes(12_000)

    def sometimes(server: Any, request: Any, response: Any) -> Any:
        # Which requests fail hangs on file and attempt, so that it is the same whatever comes first.
        attempts[request.path] += 1
        chance = random.Random(f"{SEED} {request.path} {attempts[request.path]}")
        if chance.random() >= 0.02:
            return None
        name = chance.choice(list(faults))
        tried[name] += 1
        return faults[name](server, request, response)

    items: list[Item] = []
    for number in range(count):
        name, body = f"d{number % 16}/f{number}", block[: dice.randrange(200, 12_000)] + str(number).encode()
        server.put(name, body)
        server.right[name] = body
        server.always[name] = sometimes
        checksums = {"md5": digest(body, "md5")}
        items.append(Item(name, Location(server.url(name)), len(body), checksums, min_delay=0.01))
    report = trial.download(items, within=240, clock=clock)
    assert report.counts["done"] == len(items)
    assert sum(tried.values()) > count * 0.015
    assert set(tried) == set(faults)
    before = len(server.requests)
    server.always.clear()
    assert trial.again(items, within=240, clock=clock).counts["skipped"] == len(items)
    assert len(server.requests) == before
