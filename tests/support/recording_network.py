"""A network of clients in tests that records their requests."""

from typing import Any

import httpx


class RecordingNetwork(httpx.MockTransport):
    """Answers every request of blocking and asynchronous clients alike.

    Args:
        status: The status of the responses.
        **response: Other arguments of httpx.Response.
    """

    def __init__(self, status: int = 204, **response: Any) -> None:
        super().__init__(self._respond)
        self.requests: list[httpx.Request] = []
        self._status, self._response = status, response

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._status, **self._response)
