"""Recorded requests and answers of gen3sdk 4.28.5, for comparison with our documented clients."""

import inspect
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
from omicsdk.core import APIError

RECORDINGS = Path(__file__).parents[1] / "data/gen3/recordings"
NOT_COMPARED = object()
"""What a step answers is looked at by its own test."""


@dataclass(frozen=True)
class Difference:
    """Where ours differs from the published client on purpose.

    Attributes:
        why: The reason.
        requests: What ours sends, as (method, path, query, body); None if it is the same.
        result: What ours gives, or the class that it raises; by default the same.
    """

    why: str
    requests: Sequence[tuple[str, str, Mapping[str, str], Any]] | None = None
    result: Any = field(default=None)


@dataclass(frozen=True)
class Step:
    """A recorded call: its exchanges, and what it gave or raised."""

    name: str
    exchanges: Sequence[Mapping[str, Any]]
    outcome: Mapping[str, Any]


def steps(client: str) -> Iterator[Step]:
    """The recorded calls of a client, such as Gen3Index."""
    exchanges: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in (RECORDINGS / "gen3.client.recording.jsonl").read_text().splitlines():
        exchange = json.loads(line)
        exchanges[exchange["step"].partition(" ")[2]].append(exchange)
    for line in (RECORDINGS / "gen3.client.results.jsonl").read_text().splitlines():
        outcome = json.loads(line)
        if outcome["step"].startswith(f"{client}."):
            yield Step(outcome["step"], exchanges[outcome["step"]], outcome)


class Answering:
    """A transport that answers a step's requests with what was recorded, in order, and notes them."""

    def __init__(self, step: Step) -> None:
        self._left = list(step.exchanges)
        self.sent: list[tuple[str, str, dict[str, str], Any]] = []
        self.with_login: list[bool] = []
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        content = request.content
        if request.headers.get("content-type", "").startswith("text/"):
            content = json.dumps(content.decode()).encode()  # a table is recorded as its text
        self.sent.append(_exchanged(request.method, request.url.raw_path.decode(), content))
        self.with_login.append("authorization" in request.headers)
        response = self._left.pop(0)["response"]
        body = response["body"]
        is_text = isinstance(body, str) or body is None
        content = (body or "").encode() if is_text else json.dumps(body).encode()
        return httpx.Response(response["status"], headers=response["headers"], content=content)


def _exchanged(method: str, target: str, content: bytes | None) -> tuple[str, str, dict[str, str], Any]:
    """A request without what makes no difference: slashes at the end, how booleans are written, how JSON is spaced."""
    parts = urlsplit(target)
    query = {
        name: value.lower() if value in ("True", "False") else value for name, value in parse_qsl(parts.query, True)
    }
    return method, unquote(parts.path).rstrip("/"), query, json.loads(content) if content else None


def recorded(step: Step) -> list[tuple[str, str, dict[str, str], Any]]:
    """What the published client sent."""
    requests = [exchange["request"] for exchange in step.exchanges]
    return [
        _exchanged(
            request["method"],
            request["path"],
            None if request["body"] is None else json.dumps(request["body"]).encode(),
        )
        for request in requests
    ]


def hold(
    step: Step, make: Callable[[httpx.MockTransport], Any], call: Callable[[Any], Any], different: Difference | None
) -> Any:
    """Make a recorded call with our client, and holds its requests and its result against the recording.

    Args:
        step: The call.
        make: Makes our client over a transport.
        call: Makes the call.
        different: What differs on purpose.

    Returns:
        What ours gave; the error, where it raised one.
    """
    import asyncio

    answering = Answering(step)
    with make(answering.transport) as client:
        try:
            outcome = call(client)
            result = asyncio.run(outcome) if inspect.isawaitable(outcome) else outcome
        except APIError as error:
            result = error
    expected = recorded(step)
    if different is not None and different.requests is not None:
        assert answering.sent != expected, "the difference is gone: take it from the table"
        expected = [(method, path, dict(query), body) for method, path, query, body in different.requests]
    assert answering.sent == expected
    for exchange, with_login in zip(step.exchanges, answering.with_login, strict=True):
        assert with_login or "authorization" not in exchange["request"]["headers"]
    _hold_result(step, result, different)
    return result


def _hold_result(step: Step, result: Any, different: Difference | None) -> None:
    if different is not None and different.result is NOT_COMPARED:
        return
    if different is not None and isinstance(different.result, type):
        assert isinstance(result, different.result), result
    elif different is not None and different.result is not None:
        assert result == different.result
    elif "raises" in step.outcome:
        assert isinstance(result, APIError), result
        assert step.outcome["message"].startswith(f"{result.status} ")
    else:
        assert not isinstance(result, Exception), result
        assert result == step.outcome["value"]
