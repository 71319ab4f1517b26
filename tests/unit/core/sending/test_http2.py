"""HTTP/2 needs a package that httpx does not require."""

import sys

import pytest
from omicsdk.core import ConfigError, Request, Transport


def test_the_missing_package_of_http2_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the request: httpx would import it in the middle of one, from servers that speak HTTP/2 alone."""
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(ConfigError, match=r"needs for http2.*httpx\[http2\]"):
        Transport("https://127.0.0.1:1", http2=True).send(Request("GET", "/", (), None, True, False, "get"))
