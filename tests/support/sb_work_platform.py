"""A Seven Bridges Platform of tasks, as a function."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from omicsdk.compat.sevenbridges import Api
from omicsdk.core import ManualClock

BASE = "https://api.example.org/v2"


class Platform:
    """Answers by method and path; keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.responses: dict[str, Callable[[httpx.Request], httpx.Response]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self.responses.get(f"{request.method} {request.url.path.removeprefix('/v2')}")
        return refusal(404, 5002, "Requested resource does not exist.") if response is None else response(request)

    def says(self, what: str, *values: Any) -> None:
        """What is answered to "METHOD /path" from now on: one value after the other, the last one for ever."""
        left = list(values)

        def response(request: httpx.Request) -> httpx.Response:
            value = left.pop(0) if len(left) > 1 else left[0]
            value = value(request) if callable(value) else value
            return value if isinstance(value, httpx.Response) else httpx.Response(200, json=value)

        self.responses[what] = response

    def lists(self, path: str, *items: Any) -> None:
        """A list on one page."""
        page = {"href": f"{BASE}{path}", "items": list(items), "links": []}
        self.says(
            f"GET {path}", lambda _: httpx.Response(200, json=page, headers={"X-Total-Matching-Query": str(len(items))})
        )

    @property
    def asked(self) -> list[str]:
        """Methods and paths with their queries, one a request."""
        return [asked(request) for request in self.requests]

    @property
    def sent(self) -> Any:
        """The JSON body of the last request; None where it had none."""
        content = self.requests[-1].content
        return json.loads(content) if content else None


def asked(request: httpx.Request) -> str:
    query = request.url.query.decode()
    return f"{request.method} {request.url.path.removeprefix('/v2')}" + (f"?{query}" if query else "")


def refusal(status: int, code: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "code": code, "message": message, "more_info": ""})


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def api(platform: Platform, clock: ManualClock) -> Api:
    return Api(BASE, "secret-token", transport=httpx.MockTransport(platform), clock=clock)
