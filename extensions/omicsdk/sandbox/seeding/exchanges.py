"""Puts what other servers answered into a sandbox: things of django-crunch, Pangea and Gen3 commons, as they were last seen.

A recording has one exchange a line, in JSON: `request` with `method` and `path`, `response` with `status` and `body`.
Whatever an answer tells of a thing is taken; a thing that was deleted later isn't.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TypedDict

from omicsdk.sandbox.platforms import Platforms
from omicsdk.sandbox.seeding.seen_crunch import SeenCrunch
from omicsdk.sandbox.seeding.seen_gen3 import SeenDocuments, SeenIndex, SeenRecords
from omicsdk.sandbox.seeding.seen_pangea import SeenPangea
from omicsdk.sandbox.seeding.telling import Exchange, Told


class Seen(Protocol):
    """What was seen of one platform."""

    def take(self, exchange: Exchange) -> bool:
        """Notes what an exchange tells; False when it isn't one of this platform that tells anything."""
        ...

    def plant(self, platforms: Platforms, told: Told) -> None:
        """Makes the things that were seen, and tells which."""
        ...


class Report(TypedDict):
    """What came of a recording.

    Attributes:
        taken: How many things were made, by what they are.
        left: How many weren't, or exchanges that told nothing, by the reason.
    """

    taken: dict[str, int]
    left: dict[str, int]


def seed_exchanges(platforms: Platforms, file: Path) -> Report:
    """Puts a recording's things into a sandbox; what is there already stays as it is.

    Args:
        platforms: The sandbox's platforms.
        file: The recording, JSON lines.

    Returns:
        What was taken and what was left, with the reasons.

    Raises:
        ValueError: A line isn't an exchange; nothing was made.
        OSError: The file can't be read.
    """
    seen: list[Seen] = [SeenCrunch(), SeenPangea(), SeenIndex(), SeenDocuments(), SeenRecords()]
    left: Counter[str] = Counter()
    for exchange in _exchanges(file):
        taken = [each.take(exchange) for each in seen] if exchange.succeeded else []
        if not any(taken):
            left[_reason(exchange)] += 1
    told = Told(Counter(), left)
    # A commons' records are in memory, too: who stores them takes their lock before the database's.
    with platforms.gen3.records.together():
        for each in seen:
            each.plant(platforms, told)
    return {"taken": dict(sorted(told.taken.items())), "left": dict(sorted(left.items()))}


def _reason(exchange: Exchange) -> str:
    if not exchange.succeeded:
        return "exchanges that were refused"
    if exchange.method not in ("GET", "POST", "PUT", "PATCH"):
        return f"exchanges of {exchange.method} that told of nothing known"
    return "exchanges that tell of no thing that can be made"


def _exchanges(file: Path) -> Iterator[Exchange]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _exchange(line, f"{file}: line {number}")


def _exchange(line: str, where: str) -> Exchange:
    try:
        stated: Any = json.loads(line)
        request, response = stated["request"], stated["response"]
        method, path, status = request["method"], request["path"], response["status"]
        if not isinstance(method, str) or not isinstance(path, str) or not isinstance(status, int):
            raise TypeError("method and path are texts, status is a number")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{where} isn't an exchange with request and response: {error}") from error
    return Exchange(method.upper(), path, status, request.get("body"), response.get("body"))
