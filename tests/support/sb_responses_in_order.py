"""An API of Seven Bridges that gets a test's responses."""

from collections.abc import Callable

import httpx
import pytest
from omicsdk.compat.sevenbridges import Api
from omicsdk.core import ManualClock

BASE = "https://api.example.org/v2"
Response = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def make(clock: ManualClock) -> Callable[..., Api]:
    """Makes an Api whose platform is a function."""

    def making(response: Response, url: str = BASE, token: str = "secret-token", **options: object) -> Api:
        return Api(url, token, transport=httpx.MockTransport(response), clock=clock, **options)

    return making
