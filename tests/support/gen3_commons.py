"""A Gen3 commons without a network."""

import base64
import json
from collections.abc import Callable

import httpx
from omicsdk.core import ManualClock

COMMONS = "https://commons.example.org"
Response = Callable[[httpx.Request], httpx.Response]


def token(clock: ManualClock, *, issuer: str = COMMONS, seconds: float = 1200, name: str = "") -> str:
    """A token as a commons signs them, but for its signature."""
    begins = int(clock.now())
    claims = {"iss": f"{issuer}/user", "iat": begins, "exp": begins + int(seconds), "jti": name}
    pieces = [{"alg": "RS256"}, claims]
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(piece).encode()).decode().rstrip("=") for piece in pieces), "c2ln"]
    )


class FakeCommons:
    """A commons that records requests, issues tokens, and answers everything else by a function.

    Attributes:
        requests: Every request, in order.
        issued_tokens: Every access token, in order.
        refused: Tokens that it does not accept any longer.
    """

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.requests: list[httpx.Request] = []
        self.issued_tokens: list[str] = []
        self.refused: set[str] = set()
        self.response: Response = lambda request: httpx.Response(200, json={"path": request.url.path})
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/user/credentials/cdis/access_token":
            return httpx.Response(
                200, json={"access_token": self.new_token(f"{request.url.scheme}://{request.url.netloc.decode()}")}
            )
        sent = request.headers.get("authorization", "").partition(" ")[2]
        if sent in self.refused:
            return httpx.Response(401, json={"error": "token revoked"})
        return self.response(request)

    def new_token(self, issuer: str = COMMONS) -> str:
        self.issued_tokens.append(token(self.clock, issuer=issuer, name=str(len(self.issued_tokens))))
        return self.issued_tokens[-1]

    @property
    def paths(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]
