"""Responses of archives from files of tests/data/archives, given by a transport in place of the network."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx

DATA = Path(__file__).parents[3] / "data" / "archives"

Recorded = str | tuple[int, str] | httpx.Response
"""A file below DATA, responded with status 200 or another one; or a response made in the test."""


class RecordedResponses(httpx.BaseTransport):
    """Answers requests with recorded responses, and refuses others.

    Args:
        responses: By `METHOD URL`, GET if no method is stated: the path matches exactly, and all parameters of the query are in
            the request's; the first that matches is taken.

    Attributes:
        requests: What was requested.
    """

    def __init__(self, responses: Mapping[str, Recorded]) -> None:
        self._responses = responses
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        for stated, recorded in self._responses.items():
            method, _, url = stated.rpartition(" ")
            if (method or "GET") == request.method and _matches(url, str(request.url)):
                return _response(recorded)
        raise AssertionError(f"no response is recorded for {request.method} {request.url}")


def _matches(stated: str, requested: str) -> bool:
    one, other = urlsplit(stated), urlsplit(requested)
    same = (one.scheme, one.netloc, one.path) == (other.scheme, other.netloc, other.path)
    return same and set(parse_qsl(one.query, True)) <= set(parse_qsl(other.query, True))


def _response(recorded: Recorded) -> httpx.Response:
    if isinstance(recorded, httpx.Response):
        return recorded
    status, name = (200, recorded) if isinstance(recorded, str) else recorded
    kinds = {".json": "application/json", ".xml": "text/xml", ".tsv": "text/tab-separated-values"}
    path = DATA / name
    return httpx.Response(
        status, headers={"Content-Type": kinds.get(path.suffix, "text/plain")}, content=path.read_bytes()
    )
