"""A commons without a network, a sandbox's commons, and a user without settings of their own."""

import base64
import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core.clock import ManualClock
from omicsdk.sandbox import Sandbox

COMMONS = "https://commons.example.org"
Answer = Callable[[httpx.Request], httpx.Response]


def token(clock: ManualClock, *, issuer: str = COMMONS, seconds: float = 1200, name: str = "") -> str:
    """A token as a commons signs them, but for its signature."""
    begins = int(clock.now())
    claims = {"iss": f"{issuer}/user", "iat": begins, "exp": begins + int(seconds), "jti": name}
    pieces = [{"alg": "RS256"}, claims]
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in pieces), "c2ln"]
    )


class FakeCommons:
    """A commons that notes what it is asked, gives tokens, and answers everything else by a function.

    Attributes:
        asked: Every request, in order.
        given: Every access token that it gave, in order.
        refused: Tokens that it doesn't accept any longer.
    """

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.asked: list[httpx.Request] = []
        self.given: list[str] = []
        self.refused: set[str] = set()
        self.answer: Answer = lambda request: httpx.Response(200, json={"path": request.url.path})
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path == "/user/credentials/cdis/access_token":
            return httpx.Response(
                200, json={"access_token": self.new_token(f"{request.url.scheme}://{request.url.netloc.decode()}")}
            )
        sent = request.headers.get("authorization", "").partition(" ")[2]
        if sent in self.refused:
            return httpx.Response(401, json={"error": "token revoked"})
        return self.answer(request)

    def new_token(self, issuer: str = COMMONS) -> str:
        self.given.append(token(self.clock, issuer=issuer, name=str(len(self.given))))
        return self.given[-1]

    @property
    def paths(self) -> list[str]:
        return [f"{each.method} {each.url.path}" for each in self.asked]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def commons(clock: ManualClock) -> FakeCommons:
    return FakeCommons(clock)


@pytest.fixture
def make_token(clock: ManualClock) -> Callable[..., str]:
    def made(**stated: Any) -> str:
        return token(clock, **stated)

    return made


@pytest.fixture
def api_key(clock: ManualClock) -> dict[str, str]:
    """What stands in a credentials file."""
    return {"api_key": token(clock, seconds=30 * 86400, name="key"), "key_id": "key"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path) -> None:
    """A user without credentials, settings or proxies."""
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT", "NAMESPACE", "GEN3SDK_MAX_RETRIES", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for scheme in ("http", "https", "all"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_server: Sandbox) -> Sandbox:
    _server.reset()
    return _server
