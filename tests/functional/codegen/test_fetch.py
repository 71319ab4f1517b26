"""Fetching allowed addresses, from a server on the loopback interface."""

import errno
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from omicsdk_codegen import addresses
from omicsdk_codegen.addresses import Refused, fetch
from omicsdk_codegen.document import read
from quiet_server import QuietHandler, running

Response = tuple[int, dict[str, str], bytes]


class Server:
    """Responds by path, and remembers what was asked with which entity tag."""

    def __init__(self) -> None:
        self.responses: dict[str, Response] = {}
        self.requests: list[tuple[str, str | None]] = []
        server = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:
                tag = self.headers.get("If-None-Match")
                server.requests.append((self.path, tag))
                status, headers, body = server.responses.get(self.path, (404, {}, b""))
                if tag is not None and tag == headers.get("ETag"):
                    status, body = 304, b""
                self.reply(status, body, **headers)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    with running(server.http):
        yield server


def refused(call: Callable[[], bytes]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.message


def test_an_allowed_address_is_fetched_over_allowed_redirects(server: Server) -> None:
    server.responses = {
        "/in/a": (302, {"Location": "b"}, b""),
        "/in/b": (200, {}, b"body"),
        "/in/c": (302, {"Location": "/out?secret=1"}, b""),
    }
    assert fetch(server.url + "/in/a", [server.url + "/in"]) == b"body"
    message = refused(lambda: fetch(server.url + "/in/c", [server.url + "/in"]))
    assert message == f"which leads to {server.url}/out, where nothing is allowed to be fetched"
    assert [path for path, _ in server.requests] == ["/in/a", "/in/b", "/in/c"]


def test_what_cannot_be_fetched_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = f"http://{'a' * 64}.example"
    server.responses = {
        "/loop": (302, {"Location": "/loop"}, b""),
        "/malformed": (302, {"Location": "http://["}, b""),
        "/nowhere": (302, {"Location": nowhere}, b""),
        "/big": (200, {}, b"x" * 100),
    }
    assert refused(lambda: fetch(server.url + "/none", [server.url])) == "which returns status 404"
    assert refused(lambda: fetch(server.url + "/loop", [server.url])) == "which redirects more than 5 times"
    for url in (f"{server.url}/malformed", f"{server.url}/nowhere"):
        assert "which cannot be fetched" in refused(lambda url=url: fetch(url, [server.url, nowhere]))
    monkeypatch.setattr(addresses, "MAX_BYTES", 99)
    assert refused(lambda: fetch(server.url + "/big", [server.url])).startswith("which has more than")
    closed = "http://127.0.0.1:9/x"
    assert refused(lambda: fetch(closed, [closed])) == "which cannot be fetched (ConnectError)"


def test_a_page_that_has_not_changed_is_sent_once(server: Server, tmp_path: Path) -> None:
    url, cache = server.url + "/a", tmp_path / "cache"
    server.responses = {"/a": (200, {"ETag": '"1"'}, b"one")}
    assert [fetch(url, [url], cache) for _ in range(2)] == [b"one", b"one"]
    server.responses = {"/a": (200, {"ETag": '"2"'}, b"two")}
    assert fetch(url, [url], cache) == b"two"
    assert server.requests == [("/a", None), ("/a", '"1"'), ("/a", '"1"')]
    for path in cache.iterdir():
        path.write_bytes(b"damaged")
    assert fetch(url, [url], cache) == b"two"
    assert server.requests[-1] == ("/a", None)
    assert server.url.encode() not in b"".join(path.read_bytes() for path in cache.iterdir())
    server.responses = {"/a": (200, {"ETag": '"é"'}, b"three")}  # a header that httpx reads and cannot send
    assert [fetch(url, [url], cache) for _ in range(2)] == [b"three", b"three"]


def test_a_cache_that_cannot_be_written_is_none(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    server.responses = {"/a": (200, {"ETag": '"1"'}, b"one")}
    assert fetch(server.url + "/a", [server.url], tmp_path / "file" / "cache") == b"one"

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert fetch(server.url + "/a", [server.url], tmp_path / "cache") == b"one"
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_document_is_read_with_what_it_refers_to_on_the_network(server: Server, tmp_path: Path) -> None:
    server.responses = {
        "/s/a.yaml": (200, {"ETag": '"1"'}, b"properties: {b: {$ref: b.yaml}}\n"),
        "/s/b.yaml": (200, {}, b"type: string\n"),
    }
    path = tmp_path / "api.yaml"
    path.write_text(f"openapi: 3.1.0\npaths: {{}}\ncomponents: {{schemas: {{S: {{$ref: '{server.url}/s/a.yaml'}}}}}}\n")
    document = read(path, allow_urls=[server.url + "/s/"], cache=tmp_path / "cache")
    assert document.data["components"]["schemas"] == {
        "S": {"properties": {"b": {"$ref": "#/components/schemas/b"}}},
        "b": {"type": "string"},
    }
    assert document.origin("/components/schemas/S/properties").file == f"{server.url}/s/a.yaml"
    assert len(list((tmp_path / "cache").iterdir())) == 2
