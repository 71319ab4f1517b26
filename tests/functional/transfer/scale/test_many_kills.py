"""Workers that die again and again: every file is right in the end, and little is fetched twice."""

import os
import random
import signal
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import pytest
from omicsdk.transfer import Plan, run_shards

MIB = 1024 * 1024
KILLS = 5
CONNECTIONS = 2


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_workers_die_at_random_moments(server: Any, target: Any, noise: Any, seed: int) -> None:
    chance = random.Random(seed)
    bodies = {f"f{number:02d}": noise(chance.randrange(13 * MIB), number) for number in range(24)}
    total = sum(map(len, bodies.values()))
    moments = sorted(chance.randrange(total) for _ in range(KILLS))
    for name in bodies:  # slow enough for the moments to be met
        server.always[name] = lambda _server, _request, response: setattr(response, "pace", 40 * MIB)
    items = [server.item(name, body, "crc32c") for name, body in bodies.items()]
    killed = []

    def word(progress: Any) -> None:
        if moments and progress.bytes_done >= moments[0] and progress.workers:
            moments.pop(0)
            victim = chance.choice(sorted(set(progress.workers.values())))
            killed.append(victim)
            try:
                os.kill(int(victim.rpartition(":")[2]), signal.SIGKILL)
            except ProcessLookupError:
                killed.pop()  # its pool broke just now

    pools = partial(ProcessPoolExecutor, 2, get_context("spawn"))
    plan = Plan(items, target, connections=CONNECTIONS)
    report = run_shards(plan.shards(4), pools, retries=3 * KILLS, progress=word)
    report.raise_if_failed()
    assert killed
    assert {name: (target / name).read_bytes() for name in bodies} == bodies
    assert not list(target.rglob("*.part"))
    # two workers end with each pool; what was on its way to them, in sockets too, may have to come again
    twice = sum(server.sent(name) for name in bodies) - total
    assert twice <= len(killed) * 2 * CONNECTIONS * 8 * MIB
