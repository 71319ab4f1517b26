"""A server of htsget that responds with tickets that a test states; blocks are in the sandbox's storage."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx
from omicsdk.sandbox import Sandbox


@dataclass
class Tickets:
    """A server that answers every request with a ticket of the test.

    Attributes:
        sandbox: What has the blocks.
        format: The format that tickets state.
        md5: The MD5 that they state; None for none.
        requests: What was asked.
        urls: The blocks; a function makes them again for each ticket.
    """

    sandbox: Sandbox
    format: str | None = "BAM"
    md5: str | None = None
    requests: list[httpx.Request] = field(default_factory=list[httpx.Request])
    urls: Callable[[], list[dict[str, Any]]] = list

    def response(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        ticket = {"format": self.format, "md5": self.md5, "urls": self.urls()}
        return httpx.Response(
            200, json={"htsget": {name: value for name, value in ticket.items() if value is not None}}
        )

    def stored(self, content: bytes, *, seconds: float = 900, **headers: str) -> dict[str, Any]:
        """A block in the storage."""
        sha256 = self.sandbox.context.objects.put_bytes(content).sha256
        url = self.sandbox.context.signer.url(self.sandbox.url, sha256, seconds=seconds)
        return {"url": url, "headers": headers}

    def serve(self, content: bytes, cuts: Sequence[int] = (), seconds: float = 900) -> None:
        """Have tickets for a file: its first bytes inline, the others as ranges of what is stored."""
        places = [*cuts, len(content)] if cuts else [len(content) // 3, 2 * len(content) // 3, len(content)]

        def urls() -> list[dict[str, Any]]:
            blocks = [inline(content[: places[0]])]
            for first, last in pairwise(places):
                blocks.append(self.stored(content, seconds=seconds, Range=f"bytes={first}-{last - 1}"))
            return blocks

        self.urls = urls

    def state_md5(self, content: bytes) -> None:
        self.md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()


def inline(content: bytes) -> dict[str, Any]:
    """A block in the ticket."""
    return {"url": f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}"}
