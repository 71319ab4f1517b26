"""The transports over real sockets: what breaks there, which connections are used again, proxies and TLS."""

import asyncio
import errno
import functools
import gzip
import importlib
import logging
import os
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
import tracemalloc
import zlib
from collections import deque
from contextlib import suppress
from io import BytesIO
from unittest.mock import Mock

import httpx
import pytest
from certificates import Certificate
from claimed_ports import free_port
from omicsdk.core import NO_RETRY, AsyncTransport, BearerToken, ManualClock, Request, Timeout, Transport, errors
from omicsdk.core.clock import SYSTEM_CLOCK, StoppableClock
from omicsdk.core.credentials import ClientCertificate
from omicsdk.core.file_bodies import raw_body
from omicsdk.core.security import Scheme, Security
from omicsdk.core.sending import connections
from omicsdk.core.sending import wire as wire_module
from omicsdk.core.sending.connections import Network, tls_context
from omicsdk.core.streaming import transport_error


def get(url="/x", **changes):
    values = {
        "method": "GET",
        "headers": (),
        "content": None,
        "idempotent": True,
        "secured": False,
        "operation": "get_x",
    }
    return Request(url=url, **(values | changes))


def reply(body=b"ok", status=b"200 OK", headers=()):
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def always(*replies):
    """Responds to the requests of every connection in turn, the last reply for ever."""
    responses = list(replies)

    def talk(server, connection, _number):
        while server.head(connection):
            connection.sendall(responses.pop(0) if len(responses) > 1 else responses[0])

    return talk


def without_aiohttp(monkeypatch):
    monkeypatch.setitem(sys.modules, "omicsdk.core.sending.aiohttp_transport", None)


def over_aiohttp(request):
    return request.node.callspec.params["send"] == "aiohttp"


@pytest.fixture(params=["threads", "asyncio", "aiohttp"])
def send(request, monkeypatch):
    """Sends over one transport a test; closes it at the end."""
    if request.param == "asyncio":
        without_aiohttp(monkeypatch)
    elif request.param == "aiohttp":
        pytest.importorskip("aiohttp")

    def sending(base, *requests, **options):
        options.setdefault("environ", {})
        options.setdefault("clock", ManualClock())
        stream = options.pop("stream", False)
        if request.param == "threads":
            transport = Transport(base, **options)
            try:
                return [transport.send(call, stream=stream) for call in requests]
            finally:
                transport.close()

        async def run():
            transport = AsyncTransport(base, **options)
            try:
                return [await transport.send(call, stream=stream) for call in requests]
            finally:
                await transport.aclose()

        return asyncio.run(run())

    return sending


def test_connections_are_used_again(wire, send):
    server = wire(always(reply(b"one"), reply(b"two"), reply(b"three")))
    assert [response.content for response in send(server.url, get(), get(), get())] == [b"one", b"two", b"three"]
    assert server.connections == 1


def test_errors_and_redirects_leave_the_connection_usable(wire, send):
    server = wire(always(reply(b"busy", b"503 Busy"), reply(b"", b"302 Found", [b"Location: /y"]), reply(b"ok")))
    assert send(server.url, get())[0].content == b"ok"
    assert (server.connections, len(server.heads)) == (1, 3)


def test_a_connection_that_breaks_before_the_response_is_tried_again(wire, send):
    def talk(server, connection, number):
        server.head(connection)
        if number:
            connection.sendall(reply())

    server = wire(talk)
    assert send(server.url, get())[0].content == b"ok"
    assert server.connections == 2


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nshort",
        reply(gzip.compress(b"whole" * 9)[:-9], headers=[b"Content-Encoding: gzip"]),
        reply(gzip.compress(b"whole") + gzip.compress(b"again")[:-1], headers=[b"Content-Encoding: gzip"]),
        reply(zlib.compress(b"whole" * 9)[:-1], headers=[b"Content-Encoding: deflate"]),
    ],
    ids=["length", "chunked", "head", "nonsense", "gzip", "cut gzip", "cut member", "cut deflate"],
)
def test_a_cut_or_damaged_response_is_tried_again_and_never_treated_as_whole(wire, send, cut):
    def talk(server, connection, number):
        server.head(connection)
        connection.sendall(reply(b"whole") if number == 2 else cut)

    server = wire(talk)
    assert send(server.url, get())[0].content == b"whole"
    broken = wire(lambda server, connection, number: (server.head(connection), connection.sendall(cut)))
    with pytest.raises(errors.ConnectionLost):
        send(broken.url, get(), retry=NO_RETRY)


def chunked(piece, times, *headers):
    """Sends a body without a length, until its reader stops."""

    def talk(server, connection, _number):
        while server.head(connection):
            connection.sendall(b"\r\n".join([b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", *headers, b"", b""]))
            try:
                for _ in range(times):
                    connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
                connection.sendall(b"0\r\n\r\n")
            except OSError:
                return

    return talk


@functools.cache
def bomb():
    """A gigabyte of blanks within quotes, as a megabyte of gzip."""
    packer = zlib.compressobj(9, wbits=-15)
    blanks = b" " * (1 << 20)
    pieces = [packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH) for text in (b'"', blanks)]
    # Nothing before a full flush is referred to after it: the same bytes are the next megabyte of blanks, and the next.
    packed = pieces[0] + pieces[1] * 1024 + packer.flush()
    total = functools.reduce(lambda crc, _: zlib.crc32(blanks, crc), range(1024), zlib.crc32(b'"'))
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + packed + struct.pack("<II", total, 1 + (1 << 30))


LARGE = [
    pytest.param(lambda: always(reply(b"x" * 1001)), id="length"),
    pytest.param(lambda: chunked(b"x" * 100, 1 << 30), id="without end"),
    pytest.param(lambda: always(reply(bomb(), headers=[b"Content-Encoding: gzip"])), id="gzip"),
    pytest.param(
        lambda: always(reply(gzip.compress(b" " * 1001), headers=[b"Content-Encoding: gzip"])), id="small gzip"
    ),
]


@pytest.mark.parametrize("talk", LARGE)
def test_a_response_larger_than_the_limit_ends_once_and_names_it(wire, send, talk):
    server = wire(talk())
    with pytest.raises(
        errors.ResponseTooLarge,
        match=r"get_x: .*larger than 1,000 bytes \(response_limit\).*with_options\(response_limit=",
    ):
        send(server.url, get(), response_limit=1000)
    assert len(server.heads) == 1


def test_what_is_beyond_the_limit_is_never_in_memory(wire, send):
    server = wire(always(reply(bomb(), headers=[b"Content-Encoding: gzip"])))
    tracemalloc.start()
    try:
        with pytest.raises(errors.ResponseTooLarge, match="larger than 67,108,864 bytes"):
            send(server.url, get())
        assert tracemalloc.get_traced_memory()[1] < 4 * (64 << 20), (
            "the limit, and what one read of a socket expands to"
        )
    finally:
        tracemalloc.stop()


def test_a_limit_is_for_whole_responses_only_and_can_be_raised(wire, send):
    server = wire(always(reply(b"x" * 1001)))
    assert send(server.url, get(), response_limit=1001)[0].content == b"x" * 1001
    assert send(server.url, get(), environ={"OMICS_RESPONSE_LIMIT": "1001"})[0].content == b"x" * 1001
    assert send(server.url, get(streams=True), response_limit=1000)[0].content == b"x" * 1001
    assert send(server.url, get(), response_limit=1000, stream=True)[0].status_code == 200
    headers_only = wire(
        lambda server, connection, _: (
            server.head(connection) and connection.sendall(reply()[:-2].replace(b"2\r\n", b"9999\r\n"))
        )
    )
    assert send(headers_only.url, get(method="HEAD"), response_limit=1000)[0].headers["content-length"] == "9999"
    with pytest.raises(errors.ResponseTooLarge):
        send(server.url, get(), environ={"OMICS_RESPONSE_LIMIT": "1000"})


@pytest.mark.parametrize(("options", "message"), [
    ({"response_limit": 0}, "response_limit is 0"),
    ({"response_limit": True}, "response_limit is True"),
    ({"environ": {"OMICS_RESPONSE_LIMIT": "64M"}}, "OMICS_RESPONSE_LIMIT is '64M'"),
    ({"environ": {"OMICS_RESPONSE_LIMIT": "0"}}, "OMICS_RESPONSE_LIMIT is 0"),
])  # fmt: skip
def test_a_limit_is_a_number_of_bytes(options, message):
    with pytest.raises(errors.ConfigError, match=message):
        Transport("https://x.example", **{"environ": {}, **options})


def test_of_a_large_error_its_beginning_is_kept(wire, send):
    server = wire(always(reply(b"sorry " * 1000, b"400 Bad Request")))
    with pytest.raises(errors.BadRequest, match="sorry"):
        send(server.url, get(), response_limit=1000)


@pytest.mark.parametrize("coding", [b"gzip, gzip", b"deflate, gzip", b"br"])
def test_an_encoding_that_was_not_requested_is_refused(wire, send, coding):
    body = gzip.compress(gzip.compress(b"{}"))
    server = wire(always(reply(body, headers=[b"Content-Encoding: " + coding])))
    with pytest.raises(errors.ConnectionLost, match="was not requested"):
        send(server.url, get(), retry=NO_RETRY)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/elsewhere\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n",
        b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n",
    ],
    ids=["200", "302", "404", "503"],
)
def test_a_head_that_is_cut_anywhere_is_a_connection_that_was_lost(wire, send, head):
    whole = head + b"\r\n"

    def talk(server, connection, number):
        server.head(connection)
        connection.sendall(whole[:number])

    server = wire(talk)
    for end in range(len(whole)):
        with pytest.raises(errors.ConnectionLost):
            send(server.url, get(), retry=NO_RETRY)
        assert server.connections == end + 1


def test_a_post_is_not_repeated_when_the_connection_breaks(wire, send):
    server = wire(lambda server, connection, number: server.head(connection))
    with pytest.raises(errors.ConnectionLost):
        send(server.url, get(method="POST", content=b"{}", idempotent=False))
    assert server.connections == 1


def test_a_body_from_a_function_is_sent_in_pieces_with_its_length(wire, send):
    server = wire(always(reply()))
    send(server.url, get(method="PUT", content=lambda: iter([b"ab", b"cd"]), headers=(("content-length", "4"),)))
    assert b"\r\ncontent-length: 4" in server.heads[0].lower()
    assert b"transfer-encoding" not in server.heads[0].lower()


def test_a_body_of_a_file_is_sent_with_its_length(wire, send):
    server = wire(always(reply()))
    send(server.url, get(method="PUT", content=raw_body(BytesIO(b"abcd")).content))
    assert b"\r\ncontent-length: 4" in server.heads[0].lower()
    assert b"transfer-encoding" not in server.heads[0].lower()


@pytest.mark.parametrize("content", [b"ab", b"abcdef"])
def test_a_file_that_changes_while_it_is_sent_is_reported(wire, send, content):
    class Changing(BytesIO):
        def seek(self, offset, whence=0):
            position = super().seek(offset, whence)
            if whence == os.SEEK_END:  # its length was measured
                self.truncate(0)
                super().seek(0)
                self.write(content)
            return position

    server = wire(lambda server, connection, number: server.head(connection))
    clock = ManualClock()
    with pytest.raises(errors.SourceChanged, match="it had 4 bytes"):
        send(server.url, get(method="PUT", content=raw_body(Changing(b"abcd")).content), clock=clock)
    assert clock.slept == []


def test_a_body_whose_source_fails_is_reported_as_it_is(wire, send):
    def pieces():
        yield b"ab"
        raise FileNotFoundError(2, "No such file or directory", "reads.fastq")

    server = wire(lambda server, connection, number: server.head(connection))
    clock = ManualClock()
    with pytest.raises(FileNotFoundError, match=r"reads\.fastq"):
        send(server.url, get(method="PUT", content=pieces), clock=clock)
    assert clock.slept == []


@pytest.mark.parametrize("value", ["canary\n", "canary\r\nX-Other: 1", "canary\x00"])
def test_a_header_that_cannot_be_sent_is_refused_without_being_shown(wire, send, value):
    server = wire(always(reply()))
    with pytest.raises(errors.TransportError, match="cannot be sent: Illegal header value") as caught:
        send(server.url, get(headers=(("x-api-key", value),)))
    assert "canary" not in str(caught.value)
    assert server.heads == []


def test_a_closed_port(send):
    port, clock = free_port(), ManualClock()
    with pytest.raises(errors.ConnectFailed, match=r"Cannot connect: .*(refused|failed)") as caught:
        send(f"http://127.0.0.1:{port}", get(method="POST", idempotent=False), clock=clock)
    assert clock.slept == []
    # A notebook would show 18 frames of HTTP libraries above the message.
    cause = caught.value.__cause__
    while cause is not None:
        assert "refused" in str(cause) or "failed" in str(cause)
        assert cause.__traceback__ is None
        cause = cause.__cause__ or cause.__context__


def test_a_closed_port_of_a_service_that_answered_is_an_outage(wire, send):
    def talk(server, connection, _number):
        server.head(connection)
        server.refuse()  # before the response, so that the next connection is refused
        connection.sendall(reply(headers=[b"Connection: close"]))

    server = wire(talk)
    clock = ManualClock()
    with pytest.raises(errors.ConnectFailed, match=r"Cannot connect: .*(refused|failed)"):
        send(server.url, get(), get(), clock=clock)
    assert len(clock.slept) == 5


def test_a_name_that_is_unknown_is_reported_at_once(send, monkeypatch):
    def unknown(*_arguments, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    clock = ManualClock()
    with pytest.raises(errors.NameNotResolved):
        send("http://nowhere.example.org", get(), clock=clock)
    assert clock.slept == []


@pytest.mark.parametrize("host", ["a..b", f"{'x' * 64}.example.org"])
def test_a_name_that_cannot_exist_is_reported_as_unknown(send, host):
    clock = ManualClock()
    with pytest.raises(errors.NameNotResolved):
        send(f"http://{host}", get(), clock=clock)
    assert clock.slept == []


def test_a_server_that_reports_nothing_ends_in_time(wire, send):
    done = threading.Event()
    server = wire(lambda server, connection, number: (server.head(connection), done.wait(10)))
    with pytest.raises(errors.TimedOut):
        send(server.url, get(), timeout=Timeout(read=0.05), retry=NO_RETRY)
    done.set()


class WatchedClock(ManualClock):
    """A clock that a server moves no further than its client has seen, however late a busy machine runs the client."""

    def __init__(self):
        super().__init__()
        self.looked = threading.Event()

    def monotonic(self):
        now = super().monotonic()
        self.looked.set()
        return now


def send_after(clock, seconds, connection, data):
    """Send what took seconds of a moved clock, and return when the client has noticed and waits again, or has gone."""
    clock.advance(seconds)
    if not isinstance(clock, WatchedClock):
        connection.sendall(data)
        threading.Event().wait(0.003)
        return
    clock.looked.clear()
    connection.sendall(data)
    while not clock.looked.wait(0.05) and not select.select([connection], [], [], 0)[0]:
        pass
    while clock.looked.wait(0.003):
        clock.looked.clear()


def dripping(clock, seconds, head=b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", pieces=5000, piece=b" "):
    """Sends a body piece by piece; each takes seconds of the moved clock."""

    def talk(server, connection, _number):
        server.head(connection)
        send_after(clock, 0, connection, head)
        for _ in range(pieces):
            send_after(clock, seconds, connection, piece)

    return talk


def test_a_body_that_makes_no_progress_ends_within_a_minute(wire, send):
    clock = WatchedClock()
    began = clock.monotonic()
    server = wire(dripping(clock, 1.0))
    with pytest.raises(errors.TimedOut, match="was too slow"):
        send(server.url, get(), clock=clock)
    assert 59 <= clock.monotonic() - began <= 70
    assert server.connections == 1  # another try would have as long


def test_a_head_that_trickles_counts_as_silent(wire, send):
    def talk(server, connection, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not threading.Event().wait(0.003):
            connection.sendall(b" ")

    server = wire(talk)
    with pytest.raises(errors.TimedOut):
        send(server.url, get(), timeout=Timeout(body=0.3), clock=SYSTEM_CLOCK)
    assert server.connections == 1


def test_interim_responses_without_end_count_as_silent(wire, send):
    def talk(server, connection, _number):
        server.head(connection)
        while True:
            connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)

    server = wire(talk)
    with pytest.raises(errors.TimedOut):
        send(server.url, get(), timeout=Timeout(body=0.3, read=5), clock=SYSTEM_CLOCK)
    assert server.connections == 1


def late(clock, seconds, pieces=0, pause=1.0, piece=b" " * 100, length=1000):
    """Sends the rest of the head after seconds of the moved clock, then pieces of the body, then nothing."""

    def talk(server, connection, _number):
        server.head(connection)
        send_after(clock, 0, connection, b"HTTP/1.1 200 OK\r\n")  # the client waits from here on
        send_after(clock, seconds, connection, b"Content-Length: %d\r\n\r\n" % length)
        for _ in range(pieces):
            send_after(clock, pause, connection, piece)
        server.head(connection)  # until the client ends the connection

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(lambda clock: dripping(clock, 1.0, b"HTTP/1.1 200 OK\r\nX: "), id="a slow head"),
        pytest.param(lambda clock: late(clock, 50, pieces=1000, length=100_000), id="a late head and a slow body"),
    ],
)
def test_head_and_body_have_a_minute_together(wire, send, request, talk):
    if over_aiohttp(request):
        pytest.skip("aiohttp measures by the clock of the event loop")
    clock = WatchedClock()
    began = clock.monotonic()
    server = wire(talk(clock))
    with pytest.raises(errors.TimedOut, match=r"was too slow: \d+ bytes in 60 s"):
        send(server.url, get(), clock=clock)
    assert 59 <= clock.monotonic() - began <= 62
    assert server.connections == 1


def test_a_body_that_goes_silent_has_no_minute_of_its_own(wire, send):
    server, began = wire(late(ManualClock(), 0, pieces=1)), SYSTEM_CLOCK.monotonic()
    with pytest.raises(errors.TimedOut):
        send(server.url, get(), timeout=Timeout(body=0.4, read=100), clock=SYSTEM_CLOCK)
    assert SYSTEM_CLOCK.monotonic() - began < 60
    assert server.connections == 1


def test_a_body_that_began_to_arrive_may_take_longer(wire, send, request):
    if over_aiohttp(request):
        pytest.skip("aiohttp measures by the clock of the event loop")
    clock = WatchedClock()
    server = wire(late(clock, 50, pieces=100, piece=b" " * 20_000, length=2_000_000))
    assert len(send(server.url, get(), clock=clock)[0].content) == 2_000_000
    assert clock.monotonic() >= 140


@pytest.mark.parametrize("option", [{"body": 10.0}, {"least_rate": 0}, {"body": None}])
def test_how_slow_a_body_may_be_is_an_option(wire, send, option):
    clock = WatchedClock() if option.get("body") else ManualClock()  # where nothing is measured, nobody looks
    server = wire(dripping(clock, 1.0, b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n", pieces=90))
    timeout = Timeout(**option)
    if option == {"body": 10.0}:
        with pytest.raises(errors.TimedOut, match=r"bytes in 1[0-2] s"):
            send(server.url, get(), clock=clock, timeout=timeout)
    else:
        assert len(send(server.url, get(), clock=clock, timeout=timeout)[0].content) == 90


def test_running_out_of_descriptors_is_no_fault_of_the_network(wire, send, monkeypatch):
    class Refused(socket.socket):
        def __init__(self, family=-1, *arguments, **options):
            if family == socket.AF_INET:
                raise OSError(errno.EMFILE, "Too many open files")
            super().__init__(family, *arguments, **options)

    server = wire(always(reply()))
    monkeypatch.setattr(socket, "socket", Refused)
    with pytest.raises(errors.TooManyOpenFiles, match=r"too many files are open.*ulimit -n"):
        send(server.url, get())


def test_compressed_responses_are_read(wire, send):
    server = wire(always(reply(gzip.compress(b"words" * 100), headers=[b"Content-Encoding: gzip"])))
    assert send(server.url, get())[0].content == b"words" * 100
    assert b"accept-encoding: gzip, deflate" in server.heads[0].lower()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(b"words", mtime=0) + gzip.compress(b" of two members", mtime=0)),
        (b"gzip", gzip.compress(b"words of two members", mtime=0) + bytes(8)),
        (b"x-gzip", gzip.compress(b"words of two members", mtime=0)),
        (b"deflate", zlib.compress(b"words of two members")),
        (b"deflate", zlib.compress(b"words of two members")[2:-4]),
    ],
    ids=["members", "padding", "x-gzip", "zlib", "raw"],
)
@pytest.mark.parametrize("size", [1, 64])
def test_all_of_a_compressed_response_is_read(wire, send, coding, body, size):
    """bgzip's files, for example, are many members of gzip, and may be served with that as their encoding."""
    pieces = [b"%x\r\n%s\r\n" % (len(body[at : at + size]), body[at : at + size]) for at in range(0, len(body), size)]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: " + coding
    server = wire(always(head + b"\r\n\r\n" + b"".join([*pieces, b"0\r\n\r\n"])))
    assert send(server.url, get())[0].content == b"words of two members"
    transport = Transport(server.url, environ={})
    assert transport.send(get(), stream=True).read() == b"words of two members"
    transport.close()


def test_an_empty_response_may_name_an_encoding(wire, send):
    server = wire(always(reply(b"", headers=[b"Content-Encoding: gzip"])))
    assert send(server.url, get())[0].content == b""


def test_a_proxy_of_the_environment_is_used(wire, send):
    server = wire(always(reply(b"by proxy")))
    environ = {"HTTP_PROXY": f"127.0.0.1:{server.port}", "NO_PROXY": "direct.example.org"}
    responses = send("http://api.example.org/v1", get(), environ=environ, credentials=BearerToken("t"))
    assert responses[0].content == b"by proxy"
    assert server.heads[0].startswith(b"GET http://api.example.org/v1/x HTTP/1.1")


def test_a_proxy_that_does_not_exist_is_named_without_its_password(send):
    proxy = f"127.0.0.1:{free_port()}"
    environ = {"HTTP_PROXY": f"http://me:secret@{proxy}"}
    with pytest.raises(errors.ConnectFailed) as caught:
        send("http://api.example.org/v1", get(), environ=environ, clock=ManualClock())
    assert proxy in str(caught.value)
    assert "HTTP_PROXY" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_proxy_that_refuses_is_named(wire, send):
    server = wire(always(reply(b"", b"407 Who are you")))
    clock = ManualClock()
    with pytest.raises(errors.ProxyFailed, match=r"407.*by way of the proxy http://127\.0\.0\.1"):
        send("https://api.example.org", get(), environ={"ALL_PROXY": server.url}, clock=clock)
    assert clock.slept == []


@pytest.mark.parametrize("stream", [False, True])
def test_a_proxy_that_refuses_the_login_is_asked_once_over_plain_http(wire, send, stream):
    server = wire(always(reply(b"no", b"407 Who are you")))
    with pytest.raises(errors.ProxyLoginFailed, match=r"407.*\(HTTP_PROXY\)"):
        send("http://api.example.org", get(), environ={"HTTP_PROXY": server.url}, stream=stream)
    assert len(server.heads) == 1


def test_a_proxy_that_is_busy_is_queried_again(wire, send):
    server = wire(always(reply(b"", b"503 Busy")))
    clock = ManualClock()
    with pytest.raises(errors.ProxyFailed, match="503"):
        send("https://api.example.org", get(), environ={"ALL_PROXY": server.url}, clock=clock)
    assert len(clock.slept) == 5


@pytest.mark.parametrize("proxy", ["gopher://p:1", "http://[broken", "socks5://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_named(send, proxy):
    with pytest.raises(errors.ConfigError, match=r"proxy|socks"):
        send("http://api.example.org", get(), environ={"ALL_PROXY": proxy})


def test_a_server_that_speaks_no_tls(wire, send):
    server = wire(lambda server, connection, number: connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n"))
    with pytest.raises(errors.TLSFailed, match="begins with http://"):
        send(server.url.replace("http:", "https:"), get(), retry=NO_RETRY)


def test_authorities_that_cannot_be_read_are_named(send):
    with pytest.raises(errors.ConfigError, match=r"/nowhere/ca.pem.*SSL_CERT_FILE"):
        send("https://api.example.org", get(), environ={"SSL_CERT_FILE": "/nowhere/ca.pem"})


def test_a_client_certificate_that_cannot_be_read_is_named(send):
    with pytest.raises(errors.ConfigError, match=r"/nowhere/c.pem.*OMICS_CLIENT_CERT"):
        send("https://api.example.org", get(), environ={"OMICS_CLIENT_CERT": "/nowhere/c.pem"})


def test_one_tls_context_serves_the_process():
    assert tls_context(Network()) is tls_context(Network(proxy="http://p:1"))
    assert tls_context(Network()).verify_mode is ssl.CERT_REQUIRED


def test_a_certificate_that_no_authority_signed_is_refused(wire, send, tmp_path):
    certificate = Certificate(tmp_path, ("localhost",))

    def talk(server, connection, _number):
        with certificate.context.wrap_socket(connection, server_side=True) as encrypted:
            while server.head(encrypted):
                encrypted.sendall(reply(b"hello"))

    server = wire(talk)
    base = f"https://localhost:{server.port}"
    with pytest.raises(errors.TLSFailed, match="SSL_CERT_FILE"):
        send(base, get())
    assert send(base, get(), environ={"SSL_CERT_FILE": str(certificate.pem)})[0].content == b"hello"


def test_a_client_certificate_identifies_the_requests_that_it_is_for_and_no_others(wire, send, tmp_path):
    certificate = Certificate(tmp_path, ("localhost",))
    certificate.context.load_verify_locations(certificate.pem)
    certificate.context.verify_mode = ssl.CERT_OPTIONAL
    presented = []

    def talk(server, connection, _number):
        with certificate.context.wrap_socket(connection, server_side=True) as encrypted:
            while server.head(encrypted):
                presented.append(bool(encrypted.getpeercert()))
                encrypted.sendall(reply(b"hello"))

    server = wire(talk)
    options = {"environ": {"SSL_CERT_FILE": str(certificate.pem)}}
    security = Security({"tls": Scheme("mutualTLS"), "key": Scheme("apiKey", "X-Key")}, (("tls",),))
    credentials = {"tls": ClientCertificate(certificate.pem, certificate.key), "key": "k"}
    requests = [get(), get(public=True), get(security=(("tls", "key"),)), get(security=(("key",),)), get()]
    send(f"https://localhost:{server.port}", *requests, credentials=credentials, security=security, **options)
    assert presented == [True, False, True, False, True]
    keys = [
        next((line for line in head.split(b"\r\n") if line.lower().startswith(b"x-key")), None) for head in server.heads
    ]
    assert [key is not None for key in keys] == [False, False, True, True, False]
    with pytest.raises(errors.ConfigError, match=r"/nowhere/c.pem.*ClientCertificate"):
        send("https://localhost:1", get(), credentials=ClientCertificate("/nowhere/c.pem"), **options)


def test_a_stream_that_breaks_is_our_error(wire):
    server = wire(
        lambda server, connection, number: (
            server.head(connection),
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
        )
    )
    transport = Transport(server.url, environ={})
    request = get("/x?access_token=canary")
    response = transport.send(request, stream=True)
    with pytest.raises(httpx.RemoteProtocolError) as caught:
        response.read()
    ours = transport_error(caught.value, request, response)
    assert isinstance(ours, errors.ConnectionLost)
    assert f"GET {server.url}/x" in str(ours)
    assert "canary" not in str(ours)
    assert transport_error(ValueError("no"), request, response) is None
    transport.close()


@pytest.mark.timeout(30)
def test_a_stop_ends_a_body_that_never_stops_arriving_and_no_short_one(wire):
    def talk(server, connection, _number):
        server.head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        server.head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(OSError):  # the client is gone
            while True:
                connection.sendall(bytes(1000))

    stop = threading.Event()
    transport = Transport(wire(talk).url, environ={}).with_clock(StoppableClock(SYSTEM_CLOCK, stop.is_set))
    short = transport.send(get(), stream=True)
    stop.set()
    assert short.read() == b"ok"
    stop.clear()
    endless = transport.send(get(), stream=True)
    stop.set()
    with pytest.raises(errors.Interrupted):
        deque(endless.iter_raw(), maxlen=0)
    transport.close()


def test_many_threads_share_a_transport(wire):
    server = wire(always(reply(b"ok")))
    transport = Transport(server.url, environ={})
    failures = []

    def calls():
        for _ in range(20):
            try:
                assert transport.send(get()).content == b"ok"
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=calls) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    transport.close()
    assert failures == []
    assert len(server.heads) == 160


def test_streams_that_are_not_closed_leave_no_connection_and_the_error_reports_it(wire, monkeypatch):
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 2)
    server = wire(always(reply(b"ok")))
    transport = Transport(server.url, environ={}, timeout=Timeout(pool=0.05))
    first = transport.send(get(), stream=True)
    with monkeypatch.context() as patch:
        patch.setattr(connections.Pool, "add", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            transport.send(get(), stream=True)
    transport.send(get(), stream=True)
    with pytest.raises(errors.TimedOut, match="All connections are in use"):
        transport.send(get())
    first.close()
    first.close()  # once more gives nothing back
    assert transport.send(get()).content == b"ok"
    transport.send(get(), stream=True)
    with pytest.raises(errors.TimedOut):
        transport.send(get(), stream=True)
    transport.close()


@pytest.mark.parametrize("over", ["httpx", "aiohttp"])
def test_tasks_wait_for_a_connection_and_the_error_states_what_holds_them(wire, monkeypatch, over):
    if over == "httpx":
        without_aiohttp(monkeypatch)
    else:
        pytest.importorskip("aiohttp")
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 2)
    server = wire(always(reply(b"ok")))

    async def run():
        transport = AsyncTransport(server.url, environ={})
        responses = await asyncio.gather(*(transport.send(get()) for _ in range(20)))
        assert {response.content for response in responses} == {b"ok"}
        hasty = transport.with_options(timeout=Timeout(pool=0.05))
        in_pieces = get(method="PUT", content=lambda: [b"which is not sent by aiohttp"])
        with monkeypatch.context() as patch:
            patch.setattr(wire_module.EventLoop, "respond", Mock(side_effect=MemoryError))
            with pytest.raises(MemoryError):
                await transport.send(in_pieces)
        streams = [await transport.send(get(), stream=True) for _ in range(2)]
        with pytest.raises(errors.TimedOut, match="All connections are in use"):
            await hasty.send(get())
        for stream in streams:
            await stream.aclose()
        assert (await hasty.send(get())).content == b"ok"
        await transport.aclose()

    asyncio.run(run())
    assert server.connections <= 4  # the two that were closed before their responses were read are not used again


def test_what_is_cancelled_gives_its_connection_back(wire, monkeypatch):
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 1)
    silent = threading.Event()

    def talk(server, connection, number):
        while server.head(connection):
            if number == 0:
                silent.wait(30)
                return
            connection.sendall(reply(b"ok"))

    server = wire(talk)

    async def run():
        transport = AsyncTransport(server.url, environ={}, timeout=Timeout(pool=10))
        calls = [asyncio.create_task(transport.send(get())) for _ in range(2)]
        while not server.heads:
            await asyncio.sleep(0)
        for call in calls:  # one waits for the response, the other one for a connection
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert (await transport.send(get())).content == b"ok"
        await transport.aclose()

    asyncio.run(run())
    silent.set()


def test_idle_connections_are_closed(wire):
    server = wire(always(reply(b"ok")))
    clock = ManualClock()
    transport = Transport(server.url, environ={}, clock=clock)
    for response in [transport.send(get(), stream=True) for _ in range(3)]:
        response.read()
        response.close()
    transport.send(get())
    assert server.connections == 3
    clock.sleep(connections.KEPT_FOR + 1)
    pool = transport._connections[server.url]
    assert len(pool.all) == 3
    transport.send(get())
    assert len(pool.all) == len(pool.idle) == 1
    transport.close()


def test_a_failure_leaves_old_connections_open(wire):
    def talk(server, connection, _number):
        while head := server.head(connection):
            if b"/cut" in head:
                return
            connection.sendall(reply())

    server = wire(talk)
    clock = ManualClock()
    transport = Transport(server.url, environ={}, clock=clock, retry=NO_RETRY)
    for response in [transport.send(get(), stream=True) for _ in range(3)]:
        response.read()
        response.close()
    pool = transport._connections[server.url]
    before = list(pool.all)
    clock.sleep(connections.KEPT_FOR + 1)
    with pytest.raises(errors.ConnectionLost):
        transport.send(get("/cut"))
    assert pool.all == before
    transport.close()


@pytest.mark.parametrize("over", ["httpx", "aiohttp"])
def test_resolving_a_name_is_part_of_connecting(monkeypatch, over):
    if over == "httpx":
        without_aiohttp(monkeypatch)
    else:
        pytest.importorskip("aiohttp")

    async def run():
        answered = asyncio.Event()

        async def resolve(*_, **__):
            await answered.wait()
            raise OSError(errno.EHOSTUNREACH, "too late")

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        transport = AsyncTransport("http://localhost:9", environ={}, timeout=Timeout(connect=0.1), retry=NO_RETRY)
        try:
            with pytest.raises(errors.TimedOut, match="Cannot connect within the time allowed"):
                await asyncio.wait_for(transport.send(get()), 60)
        finally:
            answered.set()
            await transport.aclose()

    asyncio.run(run())


def test_an_aiohttp_that_repeats_requests_by_itself_is_not_used(monkeypatch):
    monkeypatch.setattr(pytest.importorskip("aiohttp"), "__version__", "3.10.11")
    monkeypatch.delitem(sys.modules, "omicsdk.core.sending.aiohttp_transport", raising=False)
    with pytest.raises(ImportError):
        importlib.import_module("omicsdk.core.sending.aiohttp_transport")


def test_what_aiohttp_would_send_for_ever_goes_over_httpx():
    aiohttp_transport = pytest.importorskip("omicsdk.core.sending.aiohttp_transport")
    transport = aiohttp_transport.AiohttpTransport(ssl.create_default_context(), 5.0)

    async def served(method, content=None, headers=()):
        return transport.serves(httpx.Request(method, "https://a.example.org/x", content=content, headers=headers))

    async def pieces():
        yield b"x"

    assert asyncio.run(served("GET"))
    assert asyncio.run(served("POST", b"{}"))
    assert not asyncio.run(served("POST", bytes(1 << 17)))
    assert not asyncio.run(served("POST", pieces()))
    assert not asyncio.run(served("GET", headers=[(b"x-name", "Zürich".encode("latin-1"))]))


def test_a_connection_that_another_thread_takes_meanwhile_is_missed_by_no_thread(wire):
    class Raced(deque):
        """One whose last connection is taken between the question whether there is one and the look at it."""

        def __bool__(self):
            return True

        def __getitem__(self, _):
            raise IndexError

    server = wire(always(reply(b"ok")))
    transport = Transport(server.url, environ={})
    transport.send(get())
    pool = transport._connections[server.url]
    pool.idle = Raced(pool.idle)
    assert [transport.send(get()).content for _ in range(2)] == [b"ok", b"ok"]
    assert (server.connections, len(pool.all)) == (1, 1)
    transport.close()


def test_no_log_of_any_library_contains_a_secret(wire, send, caplog, request):
    caplog.set_level(logging.DEBUG)
    location = b"Location: /k?X-Amz-Signature=canary&X-Amz-Date=1"
    server = wire(always(reply(b"", b"302 Found", [location, b"Set-Cookie: sid=canary"]), reply(b"ok")))
    send(server.url, get("/x?token=canary"), credentials=BearerToken("canary"), headers={"x-api-key": "canary"})
    shown = "\n".join(record.getMessage() for record in caplog.records)
    assert "omicsdk.http" in {record.name for record in caplog.records}
    if not over_aiohttp(request):
        assert "httpcore.http11" in {record.name for record in caplog.records}
    assert "canary" not in shown


def test_httpx_is_imported_without_its_command_line():
    probe = (
        "import sys, omicsdk.core.sending.transport as t; assert 'httpx' not in sys.modules; import omicsdk.core.sending.wire; "
        "print([m for m in ('httpx', 'httpx._main', 'rich', 'click', 'pygments') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['httpx']"
