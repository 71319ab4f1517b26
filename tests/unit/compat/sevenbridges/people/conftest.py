"""The platform as a function: what it was asked, and answers in its own manner."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from omicsdk.compat.sevenbridges import Api
from omicsdk.core import ManualClock

BASE = "https://api.example.org/v2"


class Platform:
    """Answers by method and path; keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.responses: dict[tuple[str, str], Callable[[httpx.Request], httpx.Response]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self.responses.get((request.method, path_of(request)))
        return self.error(404, 5002, "Requested resource does not exist.") if response is None else response(request)

    def response(self, method: str, path: str, value: Any = None, status: int = 200) -> None:
        """What is answered from now on; None is a response without a body."""
        self.responses[method, path] = lambda _: (
            httpx.Response(204 if status == 200 else status) if value is None else httpx.Response(status, json=value)
        )

    def refuse(self, method: str, path: str, status: int, code: int, message: str) -> None:
        """The error that is answered from now on."""
        self.responses[method, path] = lambda _: self.error(status, code, message)

    def list(self, path: str, items: list[Any]) -> None:
        """A list in pages, as the platform cuts them."""

        def page(request: httpx.Request) -> httpx.Response:
            query = dict(parse_qsl(request.url.query.decode()))
            start, size = int(query.get("offset", 0)), int(query.get("limit", 50))
            links = [
                {"rel": rel, "method": "GET", "href": f"{BASE}{path}?offset={offset}&limit={size}"}
                for rel, offset, there in (
                    ("next", start + size, start + size < len(items)),
                    ("prev", max(0, start - size), start > 0),
                )
                if there
            ]
            value = {"href": str(request.url), "items": items[start : start + size], "links": links}
            return httpx.Response(200, json=value, headers={"X-Total-Matching-Query": str(len(items))})

        self.responses["GET", path] = page

    @staticmethod
    def error(status: int, code: int, message: str) -> httpx.Response:
        value = {"status": status, "code": code, "message": message, "more_info": f"https://docs.example.org/{code}"}
        return httpx.Response(status, json=value, headers={"X-Request-Id": "request-1"})

    @property
    def asked(self) -> list[str]:
        """Methods and paths, with what was requested."""
        return [line_of(request) for request in self.requests]

    @property
    def sent(self) -> Any:
        """The JSON body of the last request; None where it had none."""
        content = self.requests[-1].content
        return json.loads(content) if content else None


def path_of(request: httpx.Request) -> str:
    return request.url.raw_path.decode().partition("?")[0].removeprefix("/v2")


def line_of(request: httpx.Request) -> str:
    query = "&".join(sorted(f"{name}={value}" for name, value in parse_qsl(request.url.query.decode())))
    return f"{request.method} {path_of(request)}" + (f"?{query}" if query else "")


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def api(platform: Platform) -> Api:
    return Api(BASE, "secret-token", transport=httpx.MockTransport(platform), clock=ManualClock())
