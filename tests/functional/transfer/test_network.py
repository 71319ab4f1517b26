"""Proxies and certificates: the same environment as for API calls."""

import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pycurl
import pytest
from botocore.exceptions import ClientError, SSLError
from connect_proxy import ConnectProxy
from omicsdk.core import APIError, ConnectFailed, NotFound, TimedOut, Timeout, TLSFailed, TransferError
from omicsdk.core.plain_client import PlainClient, plain_request
from omicsdk.core.retry import NO_RETRY
from omicsdk.core.s3_clients import s3_client
from omicsdk.core.sending.connections import Network
from omicsdk.core.sending.time_limits import call_limits
from omicsdk.transfer import Item, Location, PutTo, S3Object, Upload, download, upload
from omicsdk.transfer.s3.boto import asking_s3
from quiet_server import running


def test_bytes_go_through_the_proxy_of_the_environment(server: Any, target: Path) -> None:
    server.put("http://nowhere.test/one", b"through the proxy")
    item = Item("one", Location("http://nowhere.test/one?sig=1"), 17)
    download([item], target, environ={"http_proxy": server.url("")}).raise_if_failed()
    assert (target / "one").read_bytes() == b"through the proxy"


@pytest.mark.parametrize("words", ["Not Found", "Not Found: one"])
@pytest.mark.parametrize("size", [7, None])
def test_a_refusal_behind_a_proxys_way_is_no_file(
    server: Any, fault: Any, target: Path, tmp_path: Path, words: str, size: int | None
) -> None:
    """The proxy's own "200 Connection established" is before it."""
    refusal = f"HTTP/1.1 404 {words}\r\nContent-Length: 7\r\n\r\nno file".encode()
    server.always["one"] = fault.changed(raw=refusal)
    proxy = ConnectProxy(server.url(""), "files.test", tmp_path)
    with running(proxy):
        item = Item("one", Location("https://files.test/one"), size)
        (outcome,) = download([item], target, environ=proxy.environment()).outcomes
    assert proxy.destinations
    assert isinstance(outcome.error, NotFound)
    assert not (target / "one").exists()


def test_hosts_of_no_proxy_are_reached_directly(server: Any, target: Path) -> None:
    environ = {"http_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"}
    assert download([server.item("one", b"direct", "md5")], target, environ=environ).ok


def test_the_processes_own_variables_do_not_leak_in(server: Any, target: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert download([server.item("one", b"direct", "md5")], target, environ={}).ok


def test_a_route_takes_the_place_of_the_environment(server: Any, target: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.put("http://nowhere.test/one", b"1")
    item = Item("one", Location("http://nowhere.test/one"), 1)
    assert download([item], target, route=lambda _: Network(proxy=server.url(""))).ok


def _api(url: str) -> None:
    with PlainClient(url, retry=NO_RETRY) as client, suppress(APIError):
        client.send(plain_request("ask", "GET", "/one"))


def _s3(url: str) -> None:
    client = s3_client(anonymous=True, endpoint_url=url, config={"retries": {"total_max_attempts": 1}})
    with suppress(ClientError):
        client.head_object(Bucket="bucket", Key="one")


def _bytes(url: str) -> None:
    with TemporaryDirectory() as folder:
        download([Item("one", Location(f"{url}/one"), 1)], folder).raise_if_failed()


CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")


@pytest.mark.parametrize("variable", CA_VARIABLES)
@pytest.mark.parametrize("connect", [_api, _s3, _bytes])
def test_each_variable_of_authorities_serves_each_kind_of_connection(
    server: Any, certificate: Any, monkeypatch: Any, tmp_path: Path, variable: str, connect: Any
) -> None:
    made = certificate()
    server.tls = made.context
    server.put("one", b"1")
    url = server.url("one").replace("http:", "https:").rpartition("/")[0]
    for name in CA_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises((TLSFailed, TransferError, SSLError)):
        connect(url)
    assert server.requests == []
    (folder := tmp_path / "Zoë").mkdir()
    file = folder / "ca.pem"
    if variable == "SSL_CERT_DIR":  # its files are named by the hash of their subject
        command = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(made.pem)]
        named = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        file = folder / f"{named}.0"
    file.write_bytes(made.pem.read_bytes())
    monkeypatch.setenv(variable, str(folder if variable == "SSL_CERT_DIR" else file))
    connect(url)
    assert server.requests


@pytest.mark.parametrize(("file", "remedy"), [("", "set SSL_CERT_FILE"), ("/missing.pem", "Correct the path")])
def test_a_certificate_that_no_authority_signed_is_refused_at_once(
    server: Any, target: Path, certificate: Any, monkeypatch: Any, file: str, remedy: str
) -> None:
    server.tls = certificate().context
    server.put("one", b"1")
    monkeypatch.setenv("SSL_CERT_FILE", file)
    (outcome,) = download([Item("one", Location(server.url("one").replace("http:", "https:")), 1)], target).outcomes
    assert isinstance(outcome.error, TLSFailed)
    assert remedy in str(outcome.error)
    assert outcome.attempts == 1
    assert server.requests == []


def test_the_remedy_of_tls_is_that_of_its_cause(server: Any, target: Path) -> None:
    item = Item("one", Location(server.url("one").replace("http:", "https:")), 1)
    (failed,) = download([item], target, environ={"OMICS_CLIENT_CERT": "/missing.pem"}).failed
    assert str(failed.error).endswith("OMICS_CLIENT_CERT and OMICS_CLIENT_KEY.")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def respond() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=respond)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/one"
        (failed,) = download([Item("one", Location(url), 1)], target).failed
        thread.join()
    assert str(failed.error).endswith("use a URL that begins with http://.")


@pytest.mark.parametrize("proxy", ["hppt://user:canary@proxy:9", "http://user:canary@[::1"])
def test_a_proxy_that_makes_no_sense_shows_no_password(server: Any, target: Path, proxy: str) -> None:
    item = server.item("one", b"bytes", retries=0)
    (failed,) = download([item], target, environ={"http_proxy": proxy}).failed
    assert "proxy" in str(failed.error)
    assert "canary" not in str(failed.error)


def test_errors_of_the_network_name_the_file(target: Path, tmp_path: Path) -> None:
    nowhere = Location("http://127.0.0.1:1/x?signature=canary")
    (failed,) = download([Item("reads.bam", nowhere, retries=0)], target).failed
    assert str(failed.error).startswith("reads.bam: Failed to connect")
    (tmp_path / "file").write_bytes(b"x")
    (failed,) = upload([Upload(tmp_path / "file", PutTo(nowhere), "reads.cram", retries=0)]).failed
    assert str(failed.error).startswith("reads.cram: Failed to connect")


def test_a_dead_proxy_is_found_out_once_and_its_variable_is_named(server: Any, target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        proxy = f"http://me:canary@127.0.0.1:{free.getsockname()[1]}"
    items = [Item(f"f{n}", Location(f"https://h{n % 3}.test/f{n}"), 500_000) for n in range(20)]
    report = download(items, target, environ={"https_proxy": proxy})
    assert report.counts["failed"] == 20
    assert sum(outcome.attempts for outcome in report.outcomes) <= 12  # those that were under way at once
    for outcome in report.outcomes:
        assert isinstance(outcome.error, ConnectFailed)
        assert "(https_proxy)" in outcome.error.message
        assert "https_proxy" in outcome.error.remedy
        assert "canary" not in str(outcome.error)


def _put(url: str) -> Any:
    return PutTo(Location(url))


def _s3_object(url: str) -> Any:
    client = s3_client(endpoint_url=url.rpartition("/")[0], aws_access_key_id="key", aws_secret_access_key="secret")
    return S3Object(client, "bucket", url.rpartition("/")[2])


def _announced(url: str) -> Any:
    """A platform gives the URL, as those of upload areas, Gen3, Seven Bridges and Pangea do; it cannot be reached."""

    def locate(_: object) -> Location:
        with PlainClient(url) as client:
            client.send(plain_request("ask", "GET", "/url"))
        return Location(url)

    return PutTo(locate)


def _without_names(host: str, *arguments: Any, look_up: Any = socket.getaddrinfo, **options: Any) -> Any:
    """Look up addresses only: a resolver without a network takes seconds for a name."""
    if host == "nobody.invalid":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return look_up(host, *arguments, **options)


@pytest.mark.parametrize("kind", [_put, _s3_object, _announced])
@pytest.mark.parametrize("what", ["host", "name", "proxy"])
def test_uploads_find_out_once_that_nothing_responds(
    target: Path, tmp_path: Path, clock: Any, monkeypatch: Any, kind: Any, what: str
) -> None:
    if what == "name" and pycurl.version_info()[2] <= 0x081000:
        pytest.skip("libcurl 8.16 states for some requests that wait for one lookup that they could not connect")
    with socket.create_server(("127.0.0.1", 0)) as free:
        dead = f"http://127.0.0.1:{free.getsockname()[1]}"
    if what == "proxy":
        monkeypatch.setenv("HTTP_PROXY", dead)
    monkeypatch.setattr("omicsdk.transfer.network.wire._is_unknown", lambda url: "nobody.invalid" in url)
    monkeypatch.setattr(socket, "getaddrinfo", _without_names)
    url = dead if what == "host" else "http://nobody.invalid"
    for number in range(20):
        (tmp_path / f"f{number}").write_bytes(b"x" * 100_000)
    uploads = [Upload(tmp_path / f"f{number}", kind(f"{url}/f{number}")) for number in range(20)]
    began = time.monotonic()
    report = upload(uploads, clock=clock)
    assert time.monotonic() - began < 60
    assert report.counts["failed"] == 20
    assert clock.slept == 0
    assert sum(outcome.retries for outcome in report.outcomes) == 0
    assert sum(outcome.attempts for outcome in report.outcomes) <= 12  # those that were under way at once
    for outcome in report.outcomes:
        assert isinstance(outcome.error, ConnectFailed)
        assert ("(HTTP_PROXY)" in outcome.error.message) is (what == "proxy")


@pytest.mark.parametrize("pieces", [b"", b"HTTP/1.1 200 OK\r\nX: "], ids=["silent", "trickles"])
def test_a_silent_store_ends_a_list_within_the_time_of_a_call(pieces: bytes) -> None:
    """boto3 alone tries five times, a minute each, and a head that trickles has no end."""
    listener, over, connections = socket.create_server(("127.0.0.1", 0)), threading.Event(), []

    def serve() -> None:
        while True:
            try:
                connections.append(listener.accept()[0])
            except OSError:
                return
            with suppress(OSError):
                connections[-1].sendall(pieces)
                while pieces and not over.wait(0.05):
                    connections[-1].sendall(b"x")

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    try:
        with call_limits(Timeout(read=0.5, body=0.5)):
            client = s3_client(anonymous=True, endpoint_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        began = time.monotonic()
        expected = r"Listing b: No response within the time allowed.*--call-timeout"
        with pytest.raises(TimedOut, match=expected), asking_s3("Listing b"):
            client.list_objects_v2(Bucket="b")
        assert time.monotonic() - began < 40  # twice is two minutes, as boto3 has it
        assert len(connections) == 1
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        server.join()
        for opened in (listener, *connections):
            opened.close()
