"""Diagnoses of names, proxies, certificates and clocks."""

import socket

import pytest
from omicsdk.cli.doctor.network import proxy

ORIGIN = "https://a.example:443"


@pytest.fixture
def listening():
    """The port of a server that only listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed():
    """A port at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_proxy_that_is_named_is_there(listening, closed):
    none = proxy(ORIGIN, {}, 5)
    assert (none.status, none.found, none.remedy) == ("ok", "none: direct connection", "")
    there = proxy(ORIGIN, {"HTTPS_PROXY": f"http://user:secret@127.0.0.1:{listening}"}, 5)
    assert (there.status, there.remedy) == ("ok", "")
    assert there.found.startswith("through http://")
    gone = proxy(ORIGIN, {"HTTPS_PROXY": f"http://user:secret@127.0.0.1:{closed}"}, 5)
    assert (gone.status, "cannot be reached: Connection refused" in gone.found) == ("failed", True)
    assert "NO_PROXY=a.example" in gone.remedy
    odd = proxy(ORIGIN, {"HTTPS_PROXY": "htp://proxy:3128"}, 5)
    assert (odd.status, "is not the URL of a proxy" in odd.found) == ("failed", True)
    assert odd.remedy == "Write HTTPS_PROXY as http://host:port."
    assert "secret" not in repr([there, gone])
