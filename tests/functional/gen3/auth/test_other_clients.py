"""A login in requests and httpx."""

import asyncio
import io
from collections.abc import Callable, Generator
from http.server import ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import requests
from gen3_commons import FakeCommons
from gen3_environment import commons as commons
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.core import NO_RETRY, ManualClock
from quiet_server import QuietHandler, running


class Server:
    """A server on loopback that notes what it is sent, and refuses some tokens."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        self.refused: set[str] = set()
        self.redirect = ""
        owner = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                sent = self.headers.get("authorization", "")
                owner.seen.append((self.path, sent, body))
                status = 401 if sent.partition(" ")[2] in owner.refused else 302 if owner.redirect else 200
                self.reply(status, b"{}", **({"location": owner.redirect} if status == 302 else {}))

            do_POST = do_PUT = do_GET

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Generator[Server]:
    server = Server()
    with running(server.http):
        yield server


@pytest.fixture
def other() -> Generator[Server]:
    server = Server()
    with running(server.http):
        yield server


@pytest.fixture
def auth(server: Server, commons: FakeCommons, clock: ManualClock, make_token: Callable[..., str]) -> Gen3Auth:
    key = {"api_key": make_token(issuer=server.url, seconds=86400)}
    return Gen3Auth(refresh_token=key, transport=commons.transport, clock=clock, retry=NO_RETRY)


def test_requests_sends_the_token(auth: Gen3Auth, server: Server, commons: FakeCommons):
    assert requests.get(f"{server.url}/x", auth=auth, timeout=60).status_code == 200
    assert server.seen == [("/x", f"bearer {commons.issued_tokens[0]}", b"")]


@pytest.mark.parametrize("body", [None, b"bytes", "file"])
def test_requests_sends_again_what_was_refused(auth: Gen3Auth, server: Server, commons: FakeCommons, body: Any):
    server.refused.add(auth.get_access_token())
    data = io.BytesIO(b"xxbytes") if body == "file" else body
    if isinstance(data, io.BytesIO):
        data.seek(2)
    response = requests.post(f"{server.url}/x", data=data, auth=auth, timeout=60)
    assert (response.status_code, len(response.history)) == (200, 1)
    content = b"" if body is None else b"bytes"
    assert server.seen == [("/x", f"bearer {token}", content) for token in commons.issued_tokens]
    assert len(commons.issued_tokens) == 2


def test_httpx_sends_the_token_and_again_what_was_refused(auth: Gen3Auth, server: Server, commons: FakeCommons):
    server.refused.add(auth.get_access_token())
    with httpx.Client(auth=auth.httpx()) as client:
        assert client.post(f"{server.url}/x", content=b"bytes").status_code == 200
    assert server.seen == [("/x", f"bearer {token}", b"bytes") for token in commons.issued_tokens]


def test_httpx_sends_the_token_for_asyncio(auth: Gen3Auth, server: Server, commons: FakeCommons):
    async def ask() -> int:
        async with httpx.AsyncClient(auth=auth.httpx()) as client:
            return (await client.get(f"{server.url}/x")).status_code

    assert asyncio.run(ask()) == 200
    assert server.seen == [("/x", f"bearer {commons.issued_tokens[0]}", b"")]


def test_httpx_takes_the_login_itself(auth: Gen3Auth, server: Server, other: Server, commons: FakeCommons):
    with httpx.Client(auth=auth) as client:
        client.get(f"{server.url}/x")
        client.get(f"{other.url}/x")
    assert server.seen == [("/x", f"bearer {commons.issued_tokens[0]}", b"")]
    assert other.seen == [("/x", "", b"")]
