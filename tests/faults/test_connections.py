"""Failing connections and redirects."""

import json
import os
import socket
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from breakable import MovedClock, Response, Server
from claimed_ports import free_port
from omicsdk.core import NO_RETRY, TLSFailed, Transport
from omicsdk.core.request import OperationFacts
from omicsdk.core.request import request as build_request
from omicsdk.core.sending.connections import Network
from omicsdk.transfer import Item, Location, Patience, download

MIB = 1024 * 1024


@pytest.mark.fault("host name that does not resolve", ends="NameNotResolved")
def test_no_such_name(trial: Any, server: Any, clock: Any) -> None:
    # libcurl knows without asking anybody that names in .onion have no target.
    report = trial.download([Item("one", Location("http://nowhere.onion/x?sig=1"), 5, retries=2)], clock=clock)
    assert report.outcomes[0].attempts == 1
    assert clock.slept == 0


@pytest.mark.fault("host name that does not resolve, once, behind a redirect", ends="right file")
def test_no_such_name_once(trial: Any, server: Any, fault: Any, clock: Any) -> None:
    item = server.item("one", b"12345", "md5")
    server.fault("one", fault.status(302, {"Location": "http://nowhere.onion/x"}))
    trial.download([item], clock=clock)


FEW_DESCRIPTORS = """
import resource, sys
from omicsdk.core.errors import OmicsError
from omicsdk.transfer import Item, Location, download
import omicsdk.core.sending.transport, omicsdk.transfer.downloads.engine
url, folder, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (left, left))
try:
    (outcome,) = download([Item("one", Location(url), 5000, retries=0)], folder).outcomes
    error = outcome.error
except OmicsError as raised:
    error = raised
print("right file" if error is None else type(error).__name__, error)
"""


@pytest.mark.skipif(os.name != "posix", reason="the limit is POSIX's")
@pytest.mark.fault("very low limit on open files (ulimit -n)", ends=("TooManyOpenFiles", "NotWritable", "right file"))
@pytest.mark.parametrize("left", range(3, 12))
def test_few_descriptors(trial: Any, server: Any, noise: Any, target: Path, left: int) -> None:
    item = server.item("one", noise(5000))
    command = [sys.executable, "-c", FEW_DESCRIPTORS, item.locate.url, str(target), str(left)]
    output = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    how, _, words = output.partition(" ")
    trial.ended("right file" if how == "right" else how)
    assert how == "right" or "too many" in words.lower()
    assert how == "right" or "ulimit -n" in words


FEW_CONNECTIONS = """
import json, resource, sys
from omicsdk.transfer import Item, Location, download
resource.setrlimit(resource.RLIMIT_NOFILE, (14, 14))
items = [Item(name, Location(url), size, {"md5": md5}) for name, url, size, md5 in json.loads(sys.argv[1])]
print([str(outcome.error) for outcome in download(items, sys.argv[2]).outcomes if outcome.error])
"""


@pytest.mark.skipif(os.name != "posix", reason="the limit is POSIX's")
@pytest.mark.fault("low limit on open files and a failing server: fewer connections", ends="right file")
def test_few_connections(trial: Any, server: Any, fault: Any, noise: Any, target: Path) -> None:
    items = [server.item(f"f{number}", noise(MIB, number), "md5") for number in range(20)]
    for item in items:
        server.always[item.name] = fault.changed(pace=4 * MIB)
        server.fault(item.name, fault.status(503))
    rows = json.dumps([(item.name, item.locate.url, item.size, item.checksums["md5"]) for item in items])
    command = [sys.executable, "-c", FEW_CONNECTIONS, rows, str(target)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert ended.stdout == "[]\n", ended.stderr
    for item in items:
        trial.check_content(target, item.name, there=True)
    trial.ended("right file")


@pytest.fixture(scope="module")
def closed_port() -> int:
    return free_port()


@pytest.mark.fault("connection refused, always", ends="ConnectFailed")
def test_refused(trial: Any, clock: Any, closed_port: int) -> None:
    report = trial.download([Item("one", Location(f"http://127.0.0.1:{closed_port}/x"), 5, retries=2)], clock=clock)
    assert report.outcomes[0].attempts == 1
    assert clock.slept == 0


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(
            Response(503), marks=pytest.mark.fault("connection refused until the server is up again", ends="right file")
        ),
        pytest.param(
            Response(raw=b""), marks=pytest.mark.fault("server that ends before its first response", ends="right file")
        ),
    ],
)
def test_refused_for_a_while(trial: Any, server: Any, noise: Any, response: Response) -> None:
    body, first = noise(5000), Server()
    first.always["one"] = lambda *_: response
    port, late = first.port, list[Server]()

    class UpLater(MovedClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if not first.closing.is_set():
                first.close()  # it was reached before, so this is an outage
            elif self.slept > 1.2 and not late:
                late.append(Server(port))
                late[0].put("one", body)

    trial.right["one"] = body
    try:
        trial.download([Item("one", Location(f"http://127.0.0.1:{port}/one"), 5000)], clock=UpLater())
    finally:
        for one in late:
            one.close()


@pytest.mark.fault("connection that is never accepted", ends="TimedOut")
def test_not_accepted(trial: Any, clock: Any) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/x"
        patience = Patience(connect=0.3, silence=1)
        report = trial.download([Item("one", Location(url), 5, retries=1)], clock=clock, patience=patience)
        for one in waiting:
            one.close()
    assert report.outcomes[0].attempts == 2


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        pytest.param(
            "authority",
            "SSL_CERT_FILE",
            marks=pytest.mark.fault("certificate of an unknown authority", ends="TLSFailed"),
        ),
        pytest.param(
            "host", "Check the host", marks=pytest.mark.fault("certificate for another host", ends="TLSFailed")
        ),
        pytest.param("date", "date and time", marks=pytest.mark.fault("expired certificate", ends="TLSFailed")),
    ],
)
def test_calls_verify_what_transfers_verify(
    trial: Any, server: Any, certificate: Any, clock: Any, wrong: str, remedy: str
) -> None:
    made = certificate(*["elsewhere.test"] * (wrong == "host"), days=-1 if wrong == "date" else 1)
    environ = {} if wrong == "authority" else {"SSL_CERT_FILE": str(made.pem)}
    server.tls = made.context
    report = trial.download([_secure(server.item("one", b"12345"))], clock=clock, environ=environ)
    assert report.outcomes[0].attempts == 1
    calls = Transport(server.url("").replace("http:", "https:"), environ=environ, retry=NO_RETRY)
    with closing(calls), pytest.raises(TLSFailed, match=remedy):
        calls.send(build_request(OperationFacts("get", "GET", "/one"), "/one"))
    assert remedy in str(report.outcomes[0].error)
    assert server.requests == []


@pytest.mark.fault("no TLS where TLS was expected", ends="TLSFailed")
def test_no_tls(trial: Any, server: Any, clock: Any) -> None:
    trial.download([_secure(server.item("one", b"12345", retries=2))], clock=clock)


@pytest.mark.fault("TLS body cut short", ends="right file")
def test_cut_tls(trial: Any, server: Any, fault: Any, noise: Any, certificate: Any, clock: Any) -> None:
    made = certificate()
    server.tls = made.context
    server.fault("one", fault.cut(5 * MIB), fault.cut(MIB, reset=True))
    item = _secure(server.item("one", noise(9 * MIB), "sha256"))
    trial.download([item], clock=clock, route=lambda _: Network(ca_file=str(made.pem)))


@pytest.mark.fault("unreachable proxy", ends=("ConnectFailed", "ProxyFailed"))
def test_no_proxy(trial: Any, server: Any, clock: Any, closed_port: int) -> None:
    item = server.item("one", b"12345", retries=2)
    environ = {"http_proxy": f"http://127.0.0.1:{closed_port}"}
    report = trial.download([item], clock=clock, environ=environ)
    assert "http_proxy" in report.outcomes[0].error.message
    assert server.requests == []


@pytest.mark.fault("redirect loop", ends="TooManyRedirects")
@pytest.mark.parametrize("places", [1, 3])
def test_redirect_loop(trial: Any, server: Any, fault: Any, clock: Any, places: int) -> None:
    for place in range(places):
        server.always[f"p{place}"] = fault.status(302, {"Location": f"/p{(place + 1) % places}"})
    trial.download([Item("one", Location(server.url("p0")))], clock=clock)
    assert len(server.requests) < 100


@pytest.mark.fault("redirect to another host: credentials are not sent", ends="right file")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("size", [5000, 40 * MIB])
def test_redirect_elsewhere(trial: Any, server: Any, fault: Any, noise: Any, status: int, size: int) -> None:
    body = noise(size)
    server.put("there", body)
    server.always["here"] = fault.status(status, {"Location": server.url("there", host="localhost")})
    secret = {"Authorization": "Bearer t", "X-SBG-Auth-Token": "t", "Cookie": "t", "X-Own": "t"}
    trial.right["one"] = body
    trial.download([Item("one", Location(server.url("here"), secret), size)])
    for request in server.of("there"):
        assert not {name.lower() for name in secret} & request.headers.keys()
    for request in server.of("here"):
        assert {name.lower() for name in secret} <= request.headers.keys()
    assert len(server.of("here")) == 1


@pytest.mark.fault("redirect to another host and back: credentials are not sent again", ends="right file")
def test_there_and_back(trial: Any, server: Any, fault: Any, noise: Any) -> None:
    server.put("end", noise(50))
    server.always["here"] = fault.status(302, {"Location": server.url("there", host="localhost")})
    server.always["there"] = fault.status(302, {"Location": server.url("end")})
    trial.right["one"] = noise(50)
    trial.download([Item("one", Location(server.url("here"), {"Authorization": "t"}), 50)])
    assert "authorization" not in server.of("end")[0].headers


@pytest.mark.fault("redirect to a scheme other than http", ends="TransportError")
@pytest.mark.parametrize("place", ["file:///etc/hostname", "ftp://127.0.0.1/x", "http://[", "gopher://x/"])
def test_redirect_to_a_file(trial: Any, server: Any, fault: Any, clock: Any, place: str) -> None:
    server.always["one"] = fault.status(302, {"Location": place})
    trial.download([Item("one", Location(server.url("one")), retries=2)], clock=clock)


def _secure(item: Item) -> Item:
    assert isinstance(item.locate, Location)
    return replace(item, locate=Location(item.locate.url.replace("http://", "https://")))


def test_calls_and_transfers_trust_the_same_authorities(server: Any, target: Path, certificate: Any) -> None:
    made = certificate()
    server.tls = made.context
    item = _secure(server.item("one", b"12345"))
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        environ = {variable: str(made.pem)}
        with closing(Transport(server.url("").replace("http:", "https:"), environ=environ)) as calls:
            assert calls.send(build_request(OperationFacts("get", "GET", "/one"), "/one")).content == b"12345"
        download([item], target / variable, environ=environ).raise_if_failed()
