"""An API of Seven Bridges that gets a test's responses, and an environment without settings."""

from collections.abc import Callable

import httpx
import pytest
from omicsdk.compat.sevenbridges import Api
from omicsdk.core import ManualClock
from unsettled import without_proxies

BASE = "https://api.example.org/v2"
Response = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def make(clock: ManualClock) -> Callable[..., Api]:
    """Makes an Api whose platform is a function."""

    def making(response: Response, url: str = BASE, token: str = "secret-token", **options: object) -> Api:
        return Api(url, token, transport=httpx.MockTransport(response), clock=clock, **options)

    return making


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A user without credentials, settings or proxies."""
    for name in ("SB_API_ENDPOINT", "SB_AUTH_TOKEN", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    without_proxies(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
