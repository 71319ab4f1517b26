"""A Seven Bridges Platform of files, as a function."""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from omicsdk.compat.sevenbridges import Api
from omicsdk.core import ManualClock

URL = "https://api.example.org/v2"


@dataclass
class Asked:
    """A request.

    Attributes:
        method: Its method.
        path: Its path below the base URL, quoted as it came.
        query: Its query's names and values in their order.
        body: Its body's JSON value.
    """

    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Platform:
    """Answers by method and path; the last of several responses is repeated."""

    responses: dict[str, deque[Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def on(self, line: str, *responses: Any) -> None:
        """Says what is answered: JSON values, or functions that are given what is asked."""
        self.responses[line] = deque(responses)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        raw = request.url.raw_path.decode()
        path, _, query = raw.partition("?")
        content = request.read()
        asked = Asked(
            request.method,
            path.removeprefix("/v2"),
            parse_qsl(query, keep_blank_values=True),
            json.loads(content) if content else None,
        )
        self.asked.append(asked)
        known = self.responses.get(asked.line)
        if known is None:
            return self.refusal(404, 5002, f"nothing at {asked.line}")
        response = known.popleft() if len(known) > 1 else known[0]
        if callable(response):
            response = response(asked)
        if isinstance(response, httpx.Response):
            return response
        return httpx.Response(204) if response is None else httpx.Response(200, json=response)

    @property
    def lines(self) -> list[str]:
        return [each.line for each in self.asked]

    @property
    def last(self) -> Asked:
        return self.asked[-1]

    @staticmethod
    def refusal(status: int, code: int, message: str) -> httpx.Response:
        """An error as the platform states it."""
        return httpx.Response(
            status, json={"status": status, "code": code, "message": message, "more_info": "https://d"}
        )

    @staticmethod
    def page(*items: Any, total: int | None = None, **links: str) -> httpx.Response:
        """A page of a list."""
        body = {
            "href": f"{URL}/page",
            "items": list(items),
            "links": [{"href": href, "rel": rel, "method": "GET"} for rel, href in links.items()],
        }
        return httpx.Response(
            200, json=body, headers={"X-Total-Matching-Query": str(len(items) if total is None else total)}
        )

    @staticmethod
    def file(id: str = "f1", **more: Any) -> dict[str, Any]:
        """A file as the platform states it."""
        return {
            "href": f"{URL}/files/{id}",
            "id": id,
            "type": "file",
            "name": f"{id}.fastq",
            "size": 10,
            "parent": "root",
            "project": "me/proj",
            "created_on": "2024-01-31T12:00:00Z",
            "modified_on": "2024-01-31T12:00:00Z",
            "origin": {"task": "t1"},
            "storage": {"type": "PLATFORM"},
            "metadata": {"sample_id": "s1", "library": "l1"},
            "tags": ["a"],
            **more,
        }


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def api(platform: Platform, clock: ManualClock):
    api = Api(URL, "token", transport=httpx.MockTransport(platform), clock=clock)
    yield api
    api.close()
