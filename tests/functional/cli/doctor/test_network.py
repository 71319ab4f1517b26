"""Diagnoses of proxies, and of public services that do not answer as such."""

import socket
import threading

import pytest
from omicsdk.cli.doctor.network import proxy, tried_public
from omicsdk.cli.doctor.services import Call, Login

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


@pytest.fixture
def plain():
    """The port of a server that answers whatever it reads as if that were HTTP, as a captive portal does."""

    def answer():
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1]


def public(url, seconds=5):
    login = Login("s3", "open data", "", url, Call(f"{url}/", shows="can be reached", reach=True))
    (outcome,) = tried_public(login, {"NO_PROXY": "*"}, seconds)
    assert (outcome.probe, outcome.subject, outcome.status) == ("public", "s3", "warning")
    assert outcome.remedy
    return outcome.found


def test_a_public_service_that_does_not_answer_as_such_is_a_warning_with_its_cause(listening, closed, plain):
    assert public(f"http://127.0.0.1:{listening}", seconds=0.2).startswith(
        "no response: No response within the time allowed"
    )
    assert "Connection refused" in public(f"http://127.0.0.1:{closed}")
    assert "Cannot establish an encrypted connection" in public(f"https://localhost:{plain}")


def test_a_login_page_in_place_of_a_public_service_is_named(plain):
    assert public(f"http://127.0.0.1:{plain}").endswith("answered 401, although this needs no login")


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
