"""Proxies: their responses are none of the server behind them, and one that requires a password is tried once."""

import asyncio
import base64
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import omicsdk
import pytest
from loopback import Head, LoopbackServer
from omicsdk.core import (
    AsyncTransport,
    AuthError,
    OmicsError,
    ProxyLoginFailed,
    Request,
    Timeout,
    Transport,
    TransportError,
)
from omicsdk.core.retry import NO_RETRY
from omicsdk.core.s3_clients import s3_client
from omicsdk.fs import open_store, parse_uri
from omicsdk.transfer import Item, Location, PutTo, S3Object, TransferReport, Upload, download, upload
from waiting import until


class FixedProxy(LoopbackServer):
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
def fixed_proxy(monkeypatch: Any) -> Iterator[Callable[..., FixedProxy]]:
    started: list[FixedProxy] = []

    def start(response: str, then: bytes = b"") -> FixedProxy:
        started.append(FixedProxy(response, then))
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{started[-1].port}")
        return started[-1]

    yield start
    for proxy in started:
        proxy.close()


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
def test_a_proxy_that_is_set_later_is_used(fixed_proxy: Any, tmp_path: Path, monkeypatch: Any, what: Any) -> None:
    """As in a notebook, where the first try showed that one is needed."""
    first = fixed_proxy("403 Forbidden\r\nContent-Length: 0")
    second = FixedProxy("403 Forbidden\r\nContent-Length: 0")
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


WITH_EACH_REQUEST = pytest.mark.parametrize("what", [stat, read, downloaded])


@WITH_EACH_REQUEST
def test_the_response_to_connect_is_no_file(fixed_proxy: Any, tmp_path: Path, what: Any) -> None:
    """What follows is no TLS, as that of a gateway that fails: the server has never responded, which a retry does not change."""
    server = fixed_proxy("200 Connection established", b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises((OmicsError, OSError)) as raised:
        what(f"https://{server.port}.test/f", tmp_path)
    assert "by way of the proxy" in str(raised.value)
    assert len(server.heads) == 1


@pytest.mark.parametrize("what", [stat, read, downloaded, called])
@pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required", "501 Not Implemented"])
def test_a_refused_connect_is_the_proxys(fixed_proxy: Any, tmp_path: Path, what: Any, status: str) -> None:
    server = fixed_proxy(status)
    with pytest.raises((OmicsError, OSError)) as raised:
        what(f"https://{server.port}.test/f", tmp_path)
    assert re.search(f"[Tt]he proxy refused: {status[:3]}[^,]*, by way of the proxy", str(raised.value))
    assert "HTTPS_PROXY" in str(raised.value)
    assert len(server.heads) == 1


@WITH_EACH_REQUEST
@pytest.mark.parametrize(
    "refusal",
    ["407 Proxy Authentication Required\r\nProxy-Authenticate: Basic", "401 Unauthorized\r\nServer: tinyproxy/1.11"],
)
def test_a_proxy_that_needs_a_login_says_so(fixed_proxy: Any, tmp_path: Path, what: Any, refusal: str) -> None:
    page = b"<html>Cache access denied</html>"
    server = fixed_proxy(f"{refusal}\r\nContent-Length: {len(page)}", page)
    with pytest.raises((OmicsError, OSError)) as raised:
        what(f"http://{server.port}.test/f", tmp_path)
    assert "the proxy refused: 40" in str(raised.value)
    assert "http://USER:PASSWORD@HOST:PORT" in str(raised.value)
    assert len(server.heads) == 1


REFUSALS = {
    "407": "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic",
    "401": '401 Unauthorized\r\nServer: tinyproxy/1.11.1\r\nWWW-Authenticate: Basic realm="Tinyproxy"',
}

_USERS = count()


def new_login() -> str:
    """A user of no earlier test: the process remembers what was refused, and the port of a proxy may be used again."""
    return f"me{next(_USERS)}:canary"


class Proxy(LoopbackServer):
    """Responds to each request by a function of its head, and closes the connection."""

    def __init__(self, response: Callable[[Head], str]) -> None:
        self.heads: list[Head] = []
        self.login = new_login()
        self._response = response
        super().__init__()

    def respond(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        self.heads.append(head)
        connection.sendall(f"HTTP/1.1 {self._response(head)}\r\nContent-Length: 0\r\n\r\n".encode())
        return False

    @property
    def with_password(self) -> str:
        return f"http://{self.login}@127.0.0.1:{self.port}"


@pytest.fixture
def proxy() -> Iterator[Callable[[Callable[[Head], str]], Proxy]]:
    started: list[Proxy] = []

    def start(response: Callable[[Head], str]) -> Proxy:
        started.append(Proxy(response))
        return started[-1]

    yield start
    for server in started:
        server.close()


def downloads(url: str, folder: Path) -> TransferReport:
    return download([Item(f"f{n}", Location(f"{url}/f{n}"), 500_000 * (n % 2)) for n in range(20)], folder / "down")


def uploads(url: str, folder: Path, to: Callable[[str], Any] = lambda url: PutTo(Location(url))) -> TransferReport:
    for n in range(20):
        (folder / f"f{n}").write_bytes(b"x" * 100_000)
    return upload([Upload(folder / f"f{n}", to(f"{url}/f{n}")) for n in range(20)])


def uploads_to_s3(url: str, folder: Path) -> TransferReport:
    client = s3_client(endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="secret")
    return uploads(url, folder, lambda place: S3Object(client, "bucket", place.rpartition("/")[2]))


def get() -> Request:
    return Request("GET", "/x", (), None, True, False, "get_x")


def calls(url: str) -> list[Exception | None]:
    """Twenty calls at once in threads."""
    with ThreadPoolExecutor(20) as threads:
        transport = Transport(url)
        outcomes = [future.exception() for future in [threads.submit(transport.send, get()) for _ in range(20)]]
        transport.close()
    return outcomes


def tasks(url: str) -> list[Any]:
    """Twenty calls at once on an event loop."""

    async def run() -> list[Any]:
        transport = AsyncTransport(url)
        outcomes = await asyncio.gather(*(transport.send(get()) for _ in range(20)), return_exceptions=True)
        await transport.aclose()
        return outcomes

    return asyncio.run(run())


def errors_of(what: str, url: str, folder: Path) -> list[Any]:
    if what in ("calls", "tasks"):
        return {"calls": calls, "tasks": tasks}[what](url)
    report = {"downloads": downloads, "uploads": uploads, "uploads to S3": uploads_to_s3}[what](url, folder)
    return [outcome.error for outcome in report.outcomes]


KINDS = ["downloads", "uploads", "uploads to S3", "calls", "tasks"]


def check_refused(errors: list[Any], variable: str) -> None:
    assert len(errors) == 20
    for error in errors:
        assert isinstance(error, ProxyLoginFailed)
        assert isinstance(error, AuthError)  # exit code 4
        assert f"({variable})" in error.message
        assert "canary" not in str(error)


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("what", KINDS)
def test_a_wrong_password_is_sent_once(
    proxy: Any, tmp_path: Path, monkeypatch: Any, what: str, scheme: str, refusal: str
) -> None:
    server = proxy(lambda _: REFUSALS[refusal])
    variable = f"{scheme}_proxy".upper()
    monkeypatch.setenv(variable, server.with_password)
    check_refused(errors_of(what, f"{scheme}://files.test", tmp_path), variable)
    assert len(server.heads) == 1


def test_all_kinds_of_requests_share_one_attempt(proxy: Any, tmp_path: Path, monkeypatch: Any) -> None:
    server = proxy(lambda _: REFUSALS["407"])
    monkeypatch.setenv("HTTPS_PROXY", server.with_password)
    url = "https://files.test"
    with ThreadPoolExecutor(5) as threads:
        runs = []
        for what in KINDS:
            folder = tmp_path / what
            folder.mkdir()
            runs.append(threads.submit(errors_of, what, url, folder))
    for run in runs:
        check_refused(run.result(), "HTTPS_PROXY")
    assert len(server.heads) == 1


@pytest.mark.parametrize("is_answered", [True, False])
@pytest.mark.parametrize("what", KINDS)
def test_others_go_when_the_first_was_let_through_or_gets_no_response(
    proxy: Any, tmp_path: Path, monkeypatch: Any, what: str, is_answered: bool
) -> None:
    """The first is answered after a while, in which no other arrives."""
    server: Proxy

    def response(_: Head) -> str:
        if len(server.heads) == 1:
            if not is_answered:
                raise OSError
            threading.Event().wait(0.3)
            assert len(server.heads) == 1
        return "404 Not Found"

    server = proxy(response)
    monkeypatch.setenv("HTTP_PROXY", server.with_password)
    errors = errors_of(what, "http://files.test", tmp_path)
    assert len(server.heads) >= 20
    assert not any(isinstance(error, ProxyLoginFailed) for error in errors)


def test_another_is_the_first_when_that_was_cancelled(proxy: Any, monkeypatch: Any) -> None:
    arrived, over = threading.Event(), threading.Event()
    server: Proxy

    def response(_: Head) -> str:
        if len(server.heads) == 1:
            arrived.set()
            over.wait(60)
        return REFUSALS["407"]

    server = proxy(response)
    monkeypatch.setenv("HTTP_PROXY", server.with_password)

    async def run() -> list[Any]:
        transport = AsyncTransport("http://files.test")
        first = asyncio.create_task(transport.send(get()))
        while not arrived.is_set():
            await asyncio.sleep(0.01)
        others = [asyncio.create_task(transport.send(get())) for _ in range(20)]
        await asyncio.sleep(0.1)
        assert len(server.heads) == 1
        first.cancel()
        outcomes = await asyncio.gather(*others, return_exceptions=True)
        over.set()
        await transport.aclose()
        return outcomes

    check_refused(asyncio.run(run()), "HTTP_PROXY")
    assert len(server.heads) == 2


def test_a_first_request_that_times_out_holds_nothing_up(proxy: Any, monkeypatch: Any) -> None:
    arrived, over = threading.Event(), threading.Event()
    server: Proxy

    def response(_: Head) -> str:
        if len(server.heads) == 1:
            arrived.set()
            over.wait(60)
        return "404 Not Found"

    server = proxy(response)
    monkeypatch.setenv("HTTP_PROXY", server.with_password)
    # The state of a proxy is the process's: only the first request is impatient, so that the load of the machine ends no other one.
    impatient = Transport("http://files.test", timeout=Timeout(read=1), retry=NO_RETRY)
    patient = Transport("http://files.test", timeout=Timeout(read=60), retry=NO_RETRY)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(impatient.send, get())
        assert arrived.wait(60)
        others = [threads.submit(patient.send, get()) for _ in range(7)]
        assert isinstance(first.exception(), TransportError)
        assert not any(isinstance(future.exception(), TransportError) for future in others)
    over.set()
    for transport in (impatient, patient):
        transport.close()
    assert len(server.heads) == 8


def test_a_stop_ends_transfers_that_wait_for_the_first_request(proxy: Any, tmp_path: Path, monkeypatch: Any) -> None:
    over, stop = threading.Event(), threading.Event()

    def response(_: Head) -> str:
        stop.set()
        over.wait(60)
        return "404 Not Found"

    server = proxy(response)
    monkeypatch.setenv("HTTP_PROXY", server.with_password)
    items = [Item(f"f{n}", Location(f"http://files.test/f{n}"), 500_000) for n in range(20)]
    report = download(items, tmp_path, stop=stop)
    over.set()
    assert report.counts["stopped"] > 0
    assert report.seconds < 30
    assert len(server.heads) == 1


@pytest.fixture
def tinyproxy(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A tinyproxy that lets "me:right" through: its port, and its log."""
    command = shutil.which("tinyproxy")
    if command is None:
        pytest.skip("tinyproxy is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log, settings = tmp_path / "log", tmp_path / "tinyproxy.conf"
    lines = f'Port {port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 50\nLogFile "{log}"\nLogLevel Info\nBasicAuth me right\n'
    settings.write_text(lines)
    with subprocess.Popen([command, "-d", "-c", settings], stdout=subprocess.DEVNULL) as process:
        until(lambda: log.exists() and "Accepting connections" in log.read_text(errors="replace"), process)
        yield port, log
        process.terminate()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("what", KINDS)
def test_tinyproxy_is_asked_once(tinyproxy: Any, tmp_path: Path, monkeypatch: Any, what: str, scheme: str) -> None:
    port, log = tinyproxy
    variable = f"{scheme}_proxy".upper()
    monkeypatch.setenv(variable, f"http://{new_login()}@127.0.0.1:{port}")
    check_refused(errors_of(what, f"{scheme}://files.test", tmp_path), variable)
    assert len(re.findall(r"Request \(", log.read_text(errors="replace"))) == 1


def test_tinyproxy_lets_the_right_password_through(
    tinyproxy: Any, server: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    port, _ = tinyproxy
    monkeypatch.setenv("HTTP_PROXY", f"http://me:right@127.0.0.1:{port}")
    monkeypatch.setenv("NO_PROXY", "")
    download([server.item(f"f{n}", b"bytes", "md5") for n in range(20)], tmp_path / "to").raise_if_failed()
    assert (tmp_path / "to" / "f19").read_bytes() == b"bytes"


def test_a_password_that_socks_refuses_is_sent_once(tmp_path: Path, monkeypatch: Any) -> None:
    """RFC 1929: the method is user name and password, and the response to them is not 0."""
    tried: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0), backlog=32)

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(100)
                connection.sendall(b"\x05\x02")
                tried.append(connection.recv(600))
                connection.sendall(b"\x01\x01")

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setenv("ALL_PROXY", f"socks5h://me:canary@127.0.0.1:{listener.getsockname()[1]}")
    try:
        report = downloads("https://files.test", tmp_path)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    check_refused([outcome.error for outcome in report.outcomes], "ALL_PROXY")
    assert tried == [b"\x01\x02me\x06canary"]


def test_the_password_is_sent_as_the_url_states_it(proxy: Any, tmp_path: Path, monkeypatch: Any) -> None:
    server = proxy(lambda _: "404 Not Found")
    monkeypatch.setenv("HTTP_PROXY", server.with_password)
    downloads("http://files.test", tmp_path)
    login = "Basic " + base64.b64encode(server.login.encode()).decode()
    assert {head.headers["proxy-authorization"] for head in server.heads} == {login}
