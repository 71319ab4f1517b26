"""A django-crunch site as a function, which gives a test's responses in turn."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
from omicsdk.compat.crunch.client.connections import Connection
from omicsdk.core import ManualClock

TOKEN = "0123456789abcdef0123456789abcdef01234567"
PAGE = (
    "<!doctype html><html><head><title>Server Error (500)</title></head><body><h1>Server Error (500)</h1></body></html>"
)

Response = Callable[[httpx.Request], httpx.Response]


class Site:
    """A site without a network: answers in turn, the last one for ever."""

    def __init__(self, *responses: httpx.Response | Exception | Response) -> None:
        self.responses = list(responses)
        self.requests: list[httpx.Request] = []
        self.clock = ManualClock()

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, Exception):
            raise response
        return response if isinstance(response, httpx.Response) else response(request)

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(request.method, request.url.raw_path.decode()) for request in self.requests]

    @property
    def form(self) -> dict[str, str]:
        """The last body."""
        return dict(parse_qsl(self.requests[-1].content.decode(), keep_blank_values=True))

    def connection(self, **options: Any) -> Connection:
        transport = httpx.MockTransport(self.handle)
        return Connection("https://crunch.example.org/", TOKEN, transport=transport, clock=self.clock, **options)
