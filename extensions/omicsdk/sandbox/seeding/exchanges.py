"""Puts what other servers answered into a sandbox: things of django-crunch, Pangea and Gen3 commons, as they were last seen.

A recording has one exchange a line, in JSON: `request` with `method` and `path`, `response` with `status` and `body`.
Whatever an answer tells of a thing is taken; a thing that was deleted later isn't.
"""

import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TypedDict

from omicsdk.sandbox.platforms import Platforms
from omicsdk.sandbox.rest_framework.bodies import DEEPEST, is_too_deep
from omicsdk.sandbox.seeding.seen_crunch import SeenCrunch
from omicsdk.sandbox.seeding.seen_gen3 import SeenDocuments, SeenIndex, SeenRecords
from omicsdk.sandbox.seeding.seen_pangea import SeenPangea
from omicsdk.sandbox.seeding.telling import Exchange, Told, members

_LONGEST = 64 * 1024 * 1024
_IS_A_RECORDING = "a recording has one exchange a line, a JSON object with request and response"


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
        ValueError: A line isn't an exchange, or there is none; nothing was made.
        OSError: The file can't be read.
    """
    seen: list[Seen] = [SeenCrunch(), SeenPangea(), SeenIndex(), SeenDocuments(), SeenRecords()]
    left: Counter[str] = Counter()
    count = 0
    for exchange in _exchanges(file):
        count += 1
        taken = [each.take(exchange) for each in seen] if exchange.succeeded else []
        if not any(taken):
            left[_reason(exchange)] += 1
    if not count:
        raise ValueError(f"{file} is empty: {_IS_A_RECORDING}")
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
    number = 0
    with file.open("rb") as lines:
        while line := lines.readline(_LONGEST + 1):
            number += 1
            if len(line) > _LONGEST:
                raise ValueError(f"{file}: line {number} has more than {_LONGEST:,} bytes: {_IS_A_RECORDING}")
            if number == 1:
                line = line.removeprefix(BOM_UTF8)
            if line.strip():
                yield _exchange(line, f"{file}: line {number}")


def _exchange(line: bytes, where: str) -> Exchange:
    try:
        stated: Any = json.loads(line.decode())
        if b"\\u" in line:
            json.dumps(stated, ensure_ascii=False).encode()  # halves of surrogate pairs can't be sent or kept
    except UnicodeError as error:
        raise ValueError(f"{where} is not text in UTF-8: {_IS_A_RECORDING}") from error
    except RecursionError as error:
        raise ValueError(f"{where} is JSON that is nested too deep") from error
    except ValueError as error:
        raise ValueError(f"{where} is not JSON ({error}): {_IS_A_RECORDING}") from error
    if line.count(b"[") + line.count(b"{") > DEEPEST and is_too_deep(stated):
        raise ValueError(f"{where} is JSON that is nested too deep")
    whole = members(stated) or {}
    request, response = members(whole.get("request")), members(whole.get("response"))
    if request is None or response is None:
        raise ValueError(f"{where} has no request and response: {_IS_A_RECORDING}")
    method, path, status = request.get("method"), request.get("path"), response.get("status")
    if not isinstance(method, str) or not isinstance(path, str):
        raise ValueError(f"{where}: the request's method and path are not texts")
    if not isinstance(status, int) or isinstance(status, bool):
        raise ValueError(f"{where}: the response's status is not a number")
    return Exchange(method.upper(), path, status, request.get("body"), response.get("body"))
