"""A Seven Bridges Platform as a function: it returns the responses that a test sets, and records the requests."""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from omicsdk.compat.sevenbridges import Api
from omicsdk.core import ManualClock

BASE = "https://api.example.org/v2"


class Request:
    """A request.

    Attributes:
        line: Its method, and its path below the base URL, quoted as it came.
        text: The line with the query as it came.
        query: Its query's names and values in their order.
        body: Its body's JSON value; None without one, or if it is not JSON.
    """

    def __init__(self, request: httpx.Request) -> None:
        path, _, query = request.url.raw_path.decode().removeprefix("/v2").partition("?")
        self.headers, self.content = request.headers, request.read()
        self.line = f"{request.method} {path}"
        self.text = f"{self.line}?{query}" if query else self.line
        self.query = parse_qsl(query, keep_blank_values=True)
        is_json = self.content and "json" in request.headers.get("content-type", "")
        self.body: Any = json.loads(self.content) if is_json else None


@dataclass
class Platform:
    """Answers by method and path; the last of several responses is repeated."""

    responses: dict[str, deque[Any]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def on(self, line: str, *responses: Any) -> None:
        """Set what is answered: responses, JSON values (None for no body), or functions that return one for the request."""
        self.responses[line] = deque(responses)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        received = Request(request)
        self.requests.append(received)
        responses = self.responses.get(received.line)
        if responses is None:
            return self.refusal(404, 5002, "Requested resource does not exist.")
        response = responses.popleft() if len(responses) > 1 else responses[0]
        response = response(received) if callable(response) else response
        if isinstance(response, httpx.Response):
            return response
        return httpx.Response(204) if response is None else httpx.Response(200, json=response)

    def lists(self, path: str, *items: Any) -> None:
        """Set a list, in pages as the platform cuts them."""

        def page(request: Request) -> httpx.Response:
            query = dict(request.query)
            start, size = int(query.get("offset", 0)), int(query.get("limit", 50))
            offsets = {"next": start + size} if start + size < len(items) else {}
            offsets |= {"prev": max(0, start - size)} if start else {}
            links = {rel: f"{BASE}{path}?offset={offset}&limit={size}" for rel, offset in offsets.items()}
            return self.page(*items[start : start + size], total=len(items), **links)

        self.on(f"GET {path}", page)

    @property
    def lines(self) -> list[str]:
        """Methods and paths of the requests."""
        return [request.line for request in self.requests]

    @property
    def request_texts(self) -> list[str]:
        """Methods and paths of the requests with their queries."""
        return [request.text for request in self.requests]

    @property
    def sorted_request_texts(self) -> list[str]:
        """As `request_texts`, each query decoded and sorted."""
        queries = ("&".join(sorted(f"{name}={value}" for name, value in request.query)) for request in self.requests)
        return [f"{line}?{query}" if query else line for line, query in zip(self.lines, queries, strict=True)]

    @property
    def last(self) -> Request:
        return self.requests[-1]

    @property
    def sent(self) -> Any:
        """The JSON body of the last request."""
        return self.last.body

    @staticmethod
    def refusal(status: int, code: int, message: str) -> httpx.Response:
        """An error as the platform states it."""
        value = {"status": status, "code": code, "message": message, "more_info": f"https://docs.example.org/{code}"}
        return httpx.Response(status, json=value, headers={"X-Request-Id": "request-1"})

    @staticmethod
    def page(*items: Any, total: int | None = None, **links: str) -> httpx.Response:
        """A page of a list."""
        listed = [{"href": href, "rel": rel, "method": "GET"} for rel, href in links.items()]
        headers = {"X-Total-Matching-Query": str(len(items) if total is None else total)}
        return httpx.Response(200, json={"href": f"{BASE}/page", "items": items, "links": listed}, headers=headers)

    @staticmethod
    def file(id: str = "f1", **more: Any) -> dict[str, Any]:
        """A file as the platform states it."""
        moment = "2024-01-31T12:00:00Z"
        return {
            "href": f"{BASE}/files/{id}",
            "id": id,
            "type": "file",
            "name": f"{id}.fastq",
            "size": 10,
            "parent": "root",
            "project": "me/proj",
            "created_on": moment,
            "modified_on": moment,
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
def api(platform: Platform, clock: ManualClock) -> Iterator[Api]:
    with Api(BASE, "secret-token", transport=httpx.MockTransport(platform), clock=clock) as api:
        yield api
