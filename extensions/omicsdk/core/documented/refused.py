"""Refusals as `requests` would have them."""

from __future__ import annotations

import json
from collections.abc import Callable

from omicsdk.core.documented.client import DocumentedResponse
from omicsdk.core.errors import APIError

#: Headers that are about a body as it was sent, which isn't the one that an error keeps.
_OF_THE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class RefusedResponse(DocumentedResponse):
    """An answer that was a refusal, with the names that `requests` gave it; secrets in it are masked.

    Args:
        error: What core made of the answer.
        documented: Makes the platform's documented exception of it.
    """

    def __init__(self, error: APIError, documented: Callable[[APIError], Exception]) -> None:
        import httpx

        body = error.body if isinstance(error.body, str) else "" if error.body is None else json.dumps(error.body)
        headers = {name: value for name, value in error.headers.items() if name not in _OF_THE_BODY}
        request = httpx.Request(error.method or "GET", error.url)
        super().__init__(httpx.Response(error.status, headers=headers, content=body.encode(), request=request))
        self._error = error
        self._documented = documented

    def raise_for_status(self) -> None:
        """Raises the refusal again.

        Raises:
            Exception: The platform's documented one, always.
        """
        raise self._documented(self._error)
