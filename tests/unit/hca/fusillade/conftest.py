"""Fusillade as a function: what it was asked, and answers in its own manner."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fusillade_user import home as home

BASE = "https://auth.example.org"


class Service:
    """Answers by method and path; keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.responses: dict[tuple[str, str], Callable[[httpx.Request], httpx.Response]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self.responses.get((request.method, request.url.path))
        return problem(404, "Not Found") if response is None else response(request)

    def response(self, method: str, path: str, status: int = 200, value: Any = None) -> None:
        """What an operation answers from now on."""
        self.responses[method, path] = lambda _: (
            httpx.Response(status, json=value) if value is not None else httpx.Response(status)
        )

    def list(self, path: str, key: str, items: list[Any], *, named: bool = True) -> None:
        """A list in pages, as the service cuts them: 206 with a link, and the list's name in a header but for the last."""

        def page(request: httpx.Request) -> httpx.Response:
            query = parse_qs(urlsplit(str(request.url)).query)
            size = int(query.get("per_page", ["15"])[0])
            start = int(query.get("next_token", ["0"])[0])
            value = {key: items[start : start + size]}
            if start + size >= len(items):
                return httpx.Response(200, json=value)
            following = f"{BASE}{path}?per_page={size}&next_token={start + size}"
            if kind := query.get("resource_type"):
                following += f"&resource_type={kind[0]}"
            headers = {"Link": f'<{following}>; rel="next"', "X-OpenAPI-Pagination": "true"}
            if named:
                headers["X-OpenAPI-Paginated-Content-Key"] = key
            return httpx.Response(206, json=value, headers=headers)

        self.responses["GET", path] = page

    def sent(self) -> Any:
        """The JSON body of the last request."""
        return json.loads(self.requests[-1].content)


def problem(status: int, title: str, detail: str = "") -> httpx.Response:
    value = {"status": status, "title": title, **({"detail": detail} if detail else {})}
    return httpx.Response(status, content=json.dumps(value), headers={"content-type": "application/problem+json"})


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def refuse() -> Callable[..., httpx.Response]:
    """Makes the service's complaints: `refuse(404, "Not Found")`."""
    return problem
