"""A proxy's response to CONNECT, and its refusals, are no responses of the server behind it."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import omicsdk
import pytest
from loopback import Head, LoopbackServer
from omicsdk.core import OmicsError, Request, Transport
from omicsdk.fs import open_store, parse_uri
from omicsdk.transfer import Item, Location, download


class Proxy(LoopbackServer):
    """Gives each request the same response, and what follows it over the connection, which it closes then."""

    def __init__(self, response: str, then: bytes = b"") -> None:
        self.heads: list[Head] = []
        self._response = f"HTTP/1.1 {response}\r\n".encode() + b"\r\n" + then
        super().__init__()

    def respond(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        self.heads.append(head)
        connection.sendall(self._response)
        return False


@pytest.fixture
def proxy(monkeypatch: Any) -> Iterator[Callable[..., Proxy]]:
    started: list[Proxy] = []

    def start(response: str, then: bytes = b"") -> Proxy:
        started.append(Proxy(response, then))
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{started[-1].port}")
        return started[-1]

    yield start
    for each in started:
        each.close()


def stat(url: str, _: Path) -> object:
    with open_store(url.partition(":")[0]) as store:
        return store.entry(parse_uri(url))


def read(url: str, _: Path) -> object:
    with omicsdk.open(url) as file:
        return file.read()


def called(url: str, _: Path) -> object:
    with closing(Transport(url.removesuffix("/f"))) as transport:
        return transport.send(Request("GET", "/f", (), None, True, False, "get_f"))


def downloaded(url: str, folder: Path) -> object:
    return download([Item("f", Location(url), 500_000)], folder, retries=1).raise_if_failed()


@pytest.mark.parametrize("what", [stat, read])
def test_a_proxy_that_is_set_later_is_used(proxy: Any, tmp_path: Path, monkeypatch: Any, what: Any) -> None:
    """As in a notebook, where the first try showed that one is needed."""
    first = proxy("403 Forbidden\r\nContent-Length: 0")
    second = Proxy("403 Forbidden\r\nContent-Length: 0")
    for server in (first, second):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
        with pytest.raises((OmicsError, OSError)):
            what(f"http://{first.port}.test/f", tmp_path)
    second.close()
    assert len(first.heads) == len(second.heads) > 0


@pytest.mark.parametrize("what", [stat, called, downloaded])
def test_a_proxy_without_tls_is_not_written_with_https(tmp_path: Path, monkeypatch: Any, what: Any) -> None:
    """HTTPS_PROXY=https://host:3128, for a proxy of https:// URLs that itself is reached without TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        port = listener.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{port}")
        with pytest.raises((OmicsError, OSError)) as raised:
            what(f"https://{port}.test/f", tmp_path)
    assert "write it as http:// in HTTPS_PROXY" in str(raised.value)


EACH = pytest.mark.parametrize("what", [stat, read, downloaded])


@EACH
def test_the_response_to_connect_is_no_file(proxy: Any, tmp_path: Path, what: Any) -> None:
    """What follows is no TLS, as that of a gateway that fails: the server has never answered, which a retry does not change."""
    server = proxy("200 Connection established", b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises((OmicsError, OSError)) as raised:
        what(f"https://{server.port}.test/f", tmp_path)
    assert "by way of the proxy" in str(raised.value)
    assert len(server.heads) == 1


@pytest.mark.parametrize("what", [stat, read, downloaded, called])
@pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required", "501 Not Implemented"])
def test_a_refused_connect_is_the_proxys(proxy: Any, tmp_path: Path, what: Any, status: str) -> None:
    server = proxy(status)
    with pytest.raises((OmicsError, OSError)) as raised:
        what(f"https://{server.port}.test/f", tmp_path)
    assert re.search(f"[Tt]he proxy refused: {status[:3]}[^,]*, by way of the proxy", str(raised.value))
    assert "HTTPS_PROXY" in str(raised.value)
    assert len(server.heads) == 1


@EACH
@pytest.mark.parametrize(
    "refusal",
    ["407 Proxy Authentication Required\r\nProxy-Authenticate: Basic", "401 Unauthorized\r\nServer: tinyproxy/1.11"],
)
def test_a_proxy_that_needs_a_login_says_so(proxy: Any, tmp_path: Path, what: Any, refusal: str) -> None:
    page = b"<html>Cache access denied</html>"
    server = proxy(f"{refusal}\r\nContent-Length: {len(page)}", page)
    with pytest.raises((OmicsError, OSError)) as raised:
        what(f"http://{server.port}.test/f", tmp_path)
    assert "the proxy refused: 40" in str(raised.value)
    assert "http://USER:PASSWORD@HOST:PORT" in str(raised.value)
    assert len(server.heads) == 1
