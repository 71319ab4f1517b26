"""Plans over the breakable server, and a way to stop it in the midst of a file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from omicsdk.transfer import Item, Plan

MIB = 1024 * 1024


@pytest.fixture
def bodies(noise: Callable[..., bytes]) -> dict[str, bytes]:
    """Files of several sizes, by their names."""
    sizes = {"large": 9 * MIB, "sub/middle": 5 * MIB, "small": 70_000, "sub/tiny": 10, "empty": 0, "other": 5 * MIB}
    return {name: noise(size, seed) for seed, (name, size) in enumerate(sizes.items())}


@pytest.fixture
def items(server: Any, bodies: dict[str, bytes]) -> list[Item]:
    """What the server has, with SHA-256."""
    return [server.item(name, body, "sha256") for name, body in bodies.items()]


@pytest.fixture
def plan(items: list[Item], target: Path) -> Plan:
    """All of it, into the target."""
    return Plan(items, target, connections=2)


@pytest.fixture
def right(target: Path, bodies: dict[str, bytes]) -> Callable[[], bool]:
    """Tells whether exactly the right files are complete."""

    def check() -> bool:
        contents = {
            str(path.relative_to(target)): path.read_bytes()
            for path in target.rglob("*")
            if path.is_file() and ".omics-transfer" not in path.parts
        }
        return contents == bodies

    return check


class Halfway:
    """Lets the first 6 MiB of "large" through, and no more until it is lifted."""

    def __init__(self, server: Any, bodies: dict[str, bytes]) -> None:
        self._server = server
        self.before = sum(map(len, bodies.values())) - len(bodies["large"]) + 6 * MIB - 256 * 1024
        self.reached = False
        server.always["large"] = lambda _server, _request, response: replace(
            response, cut=6 * MIB, length=len(response.body), stall=True
        )

    def at(self, progress: Any) -> bool:
        """Tells once that everything else and those 6 MiB are there, but for what the engine has in its hands.

        The other shards have ended then: their files may be there before their workers have said so.
        """
        if self.reached or progress.bytes_done < self.before or len(progress.workers) > 1:
            return False
        self.reached = True
        return True

    def lift(self) -> None:
        """Sends everything from now on."""
        self._server.always.clear()


@pytest.fixture
def halfway(server: Any, bodies: dict[str, bytes]) -> Halfway:
    """Stops a transfer where a test wants to look at it."""
    return Halfway(server, bodies)
