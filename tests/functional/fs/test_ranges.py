"""Parts of files over HTTP: the bytes that were requested, of one and the same file, or an error that states why."""

import io
import multiprocessing
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from breakable import MovedClock, Response, Server
from omicsdk.core import APIError, Forbidden, Retry, SourceChanged, TooManyRedirects, TransferError, TransportError
from omicsdk.transfer import Control, Location
from omicsdk.transfer.engine.control import Pace
from omicsdk.transfer.network.connection_pool import ConnectionPool
from omicsdk.transfer.ranges import MOST_SKIPPED, NoRanges, RangeFile, Ranges

BODY = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def pool() -> Iterator[ConnectionPool]:
    """Connections of these tests."""
    with closing(ConnectionPool({})) as pool:
        yield pool


@pytest.fixture
def ranges(server: Server, pool: ConnectionPool, clock: MovedClock) -> Callable[..., Ranges]:
    """Reads of the server's file, which is put there; waits take no time."""

    def make(size: int | None = len(BODY), locate: Callable[[], Location] | None = None, **more: Any) -> Ranges:
        url = server.put("file", more.pop("body", BODY), **more)
        return Ranges(locate or (lambda: Location(url)), size, title="sb://me/file", pool=pool, clock=clock)

    return make


def test_reads_the_bytes_that_were_requested(server: Server, ranges: Callable[..., Ranges]) -> None:
    file = ranges()

    assert file.read(100, 300) == BODY[100:300]
    assert file.read(10_000) == BODY[10_000:]
    assert file.read(0, 10**9) == BODY
    assert file.read(len(BODY)) == file.read(5, 5) == b""
    requests = server.of("file")
    assert [request.headers["range"] for request in requests] == ["bytes=100-299", "bytes=10000-10239", "bytes=0-10239"]
    assert all(request.headers["accept-encoding"] == "identity" for request in requests)
    assert requests[0].headers.get("if-range") is None
    assert requests[1].headers["if-range"] == server.etags["file"]
    assert server.connections == 1


def test_reads_keep_to_a_limit(server: Server, pool: ConnectionPool, clock: MovedClock) -> None:
    url = server.put("file", BODY)
    began = clock.monotonic()
    pace = Pace(Control(rate_limit=len(BODY) / 10), clock=clock)
    assert Ranges(lambda: Location(url), len(BODY), pool=pool, clock=clock, pace=pace).read() == BODY
    assert 9.5 < clock.monotonic() - began < 10.5


def test_a_file_of_unknown_size_is_requested_it(server: Server, ranges: Callable[..., Ranges]) -> None:
    assert ranges(None).size == len(BODY)
    assert ranges(None).read(10_200) == BODY[10_200:]
    assert ranges(None, body=b"").size == 0
    assert ranges(None, body=b"").read() == b""


def test_an_empty_file_of_a_server_without_ranges_is_requested_once(
    server: Server, ranges: Callable[..., Ranges]
) -> None:
    server.ranges = False
    file = ranges(None, body=b"")
    assert (file.size, file.read(), len(server.of("file"))) == (0, b"", 1)
    server.always["file"] = lambda _, __, response: replace(response, chunked=True)
    with pytest.raises(NoRanges, match="does not state its size"):
        assert ranges(None, body=b"").size
    assert len(server.of("file")) == 2


DATED, LATER = ({"etag": None, "date": f"Wed, 21 Oct 2015 07:28:0{second} GMT"} for second in "01")


@pytest.mark.parametrize(("size", "first", "second"), [(None, {}, {}), (len(BODY), {}, {}), (len(BODY), DATED, LATER)])
def test_a_file_that_changes_under_a_reader_is_an_error(
    server: Server, ranges: Callable[..., Ranges], size: int | None, first: Any, second: Any
) -> None:
    file = ranges(size, **first)
    file.read(0, 10)
    server.put("file", BODY[::-1], **second)

    with pytest.raises(SourceChanged, match=r"sb://me/file: the file changed while it was read.*Open it again"):
        file.read(10, 20)


def test_a_size_that_is_not_the_stated_one_is_an_error(ranges: Callable[..., Ranges]) -> None:
    with pytest.raises(SourceChanged, match="10240 bytes instead of 10241"):
        ranges(len(BODY) + 1).read(0, 10)


def test_a_url_that_ended_is_requested_again(server: Server, pool: ConnectionPool, clock: MovedClock) -> None:
    urls = (server.put(f"file{number}", BODY) for number in count())
    signed_urls: list[str] = []

    def locate() -> Location:
        signed_urls.append(next(urls))
        return Location(signed_urls[-1])

    file = Ranges(locate, len(BODY), pool=pool, clock=clock)
    for number, status in enumerate((401, 403, 404, 410)):
        file.read(0, 10)
        server.always[f"file{number}"] = lambda *_, status=status: Response(status, {}, b"ended")
        assert file.read(10, 20) == BODY[10:20]
    assert len(signed_urls) == 5
    assert clock.slept == 0


def test_a_url_that_is_never_accepted_is_an_error_that_contains_no_secret(
    server: Server, ranges: Callable[..., Ranges]
) -> None:
    server.always["file"] = lambda *_: Response(403, {}, b"<Error><Key>SIGNED</Key></Error>")
    locations = iter([Location(server.url("file?X-Amz-Signature=SECRET")) for _ in range(3)])

    with pytest.raises(Forbidden, match="sb://me/file: the server denies access to this file") as caught:
        ranges(locate=lambda: next(locations)).read(0, 10)

    assert "SECRET" not in f"{caught.value!s}{caught.value!r}{caught.value.body}"
    assert "SIGNED" not in str(caught.value.body)
    assert len(server.of("file")) == 2


def test_threads_whose_url_ended_request_one_new_url(server: Server, pool: ConnectionPool, clock: MovedClock) -> None:
    lock, urls = threading.Lock(), list[str]()

    def locate() -> Location:
        with lock:
            urls.append(server.put(f"file{len(urls)}", BODY))
            return Location(urls[-1])

    file = Ranges(locate, len(BODY), pool=pool, clock=clock)
    file.read(0, 1)
    server.always["file0"] = lambda *_: Response(403)
    with ThreadPoolExecutor(8) as threads:
        parts = list(threads.map(lambda at: file.read(at, at + 10), range(0, 800, 10)))

    assert b"".join(parts) == BODY[:800]
    assert len(urls) == 2


def test_bodies_that_break_are_resumed(
    server: Server, ranges: Callable[..., Ranges], fault: Any, clock: MovedClock
) -> None:
    file = ranges()
    server.fault("file", fault.cut(1000), fault.cut(500, reset=True), fault.status(503), fault.cut(0))

    assert file.read(100) == BODY[100:]
    assert clock.slept > 0
    assert sum(request.sent for request in server.of("file") if request.status == 206) <= len(BODY) + 4096


def test_a_response_with_less_than_was_requested_is_followed_by_another(
    server: Server, ranges: Callable[..., Ranges]
) -> None:
    def less(_server: Server, request: Any, response: Response) -> Response:
        body = response.body[:3000]
        content_range = f"bytes {request.first}-{request.first + len(body) - 1}/{len(BODY)}"
        return Response(206, response.headers | {"Content-Range": content_range}, body)

    server.always["file"] = less

    assert ranges().read() == BODY


def test_trouble_that_lasts_ends_the_read(server: Server, pool: ConnectionPool, clock: MovedClock, fault: Any) -> None:
    url = server.put("file", BODY)
    server.always["file"] = fault.status(500)
    with pytest.raises(APIError) as caught:
        Ranges(lambda: Location(url), pool=pool, clock=clock, retry=Retry(attempts=3)).read(0, 10)
    assert caught.value.status == 500
    assert len(server.of("file")) == 3

    server.always["file"] = fault.cut(0, reset=True)
    with pytest.raises(TransportError, match="3 attempts"):
        Ranges(lambda: Location(url), 10240, title="f", pool=pool, clock=clock, retry=Retry(attempts=3)).read(0, 10)


def test_a_server_is_left_alone_as_long_as_it_asks(
    server: Server, ranges: Callable[..., Ranges], fault: Any, clock: MovedClock
) -> None:
    server.fault("file", fault.status(429, {"Retry-After": "17"}))

    assert ranges().read(0, 10) == BODY[:10]
    assert clock.slept == 17


WRONG = {
    "another part": {"headers": {"Content-Range": "bytes 5-14/10240"}},
    "a part without its place": {"headers": {"Content-Range": ""}},
    "a part of another length": {"headers": {"Content-Range": "bytes 0-11/10240"}},
    "more than there should be": {"body": bytes(20), "chunked": True},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_other_bytes_than_were_requested_are_never_given(
    server: Server, ranges: Callable[..., Ranges], fault: Any, wrong: str
) -> None:
    server.always["file"] = fault.changed(**WRONG[wrong])

    with pytest.raises(NoRanges):
        ranges().read(0, 10)


def test_a_server_that_gives_the_whole_is_read_near_the_beginning_only(
    server: Server, ranges: Callable[..., Ranges], noise: Callable[..., bytes]
) -> None:
    body = noise(MOST_SKIPPED + 100_000)
    server.ranges = False
    file = ranges(len(body), body=body)

    assert file.read(50_000, 50_010) == body[50_000:50_010]
    with pytest.raises(NoRanges, match="sends whole files only"):
        file.read(MOST_SKIPPED + 1, MOST_SKIPPED + 10)


def test_redirects_lead_on_once_and_take_no_credentials_to_strangers(
    server: Server, ranges: Callable[..., Ranges]
) -> None:
    elsewhere = Server()
    try:
        target = elsewhere.put("there", BODY)
        server.always["file"] = lambda *_: Response(302, {"Location": target})
        file = ranges(
            locate=lambda: Location(server.url("file"), {"Authorization": "Bearer SECRET", "X-Auth-Token": "t"})
        )

        assert file.read(0, 10) + file.read(10, 20) == BODY[:20]

        assert len(server.of("file")) == 1
        assert server.of("file")[0].headers["authorization"] == "Bearer SECRET"
        for request in elsewhere.of("there"):
            assert not {"authorization", "x-auth-token"} & request.headers.keys()
        elsewhere.always["there"] = lambda *_: Response(403)
        server.always["file"] = lambda *_: Response(302, {"Location": elsewhere.put("again", BODY)})
        assert file.read(20, 30) == BODY[20:30]
    finally:
        elsewhere.close()


def test_a_url_and_where_it_leads_may_both_have_ended(server: Server, pool: ConnectionPool, clock: MovedClock) -> None:
    urls: list[str] = []

    def locate() -> Location:
        name = f"signed{len(urls)}"
        urls.append(server.put(name, b""))
        there = server.put(f"there{len(urls)}", BODY)
        server.always[name] = lambda *_: Response(302, {"Location": there})
        return Location(urls[-1])

    file = Ranges(locate, len(BODY), pool=pool, clock=clock)
    file.read(0, 10)
    for ended in ("signed0", "there1"):
        server.always[ended] = lambda *_: Response(403, {}, b"ended")
    assert file.read(10, 20) == BODY[10:20]
    assert len(urls) == 2


def test_circles_end(server: Server, ranges: Callable[..., Ranges]) -> None:
    server.always["file"] = lambda *_: Response(302, {"Location": "/file"})

    with pytest.raises(TooManyRedirects):
        ranges().read(0, 10)


def test_what_is_not_http_can_not_be_read_in_parts(ranges: Callable[..., Ranges]) -> None:
    with pytest.raises(NoRanges, match="over ftp"):
        ranges(locate=lambda: Location("ftp://127.0.0.1/file")).read(0, 10)


def test_after_a_read_that_failed_the_file_is_sought_before_it_is_read(
    server: Server, ranges: Callable[..., Ranges], fault: Any
) -> None:
    server.fault("file", fault.cut(1000))
    server.always["file"] = fault.status(400)
    with io.BufferedReader(RangeFile(ranges()), 16) as file:
        assert file.read(500) == BODY[:500]
        with pytest.raises(APIError):
            file.read()
        del server.always["file"]
        for _ in range(2):
            with pytest.raises(TransferError, match="an earlier read failed"):
                file.read(10)
        file.seek(500)
        assert file.read() == BODY[500:]


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_fork_reads_by_its_own_connections(server: Server, ranges: Callable[..., Ranges]) -> None:
    body = os.urandom(32 << 20)
    both = ranges(len(body), body=body)
    both.read(0, 1)  # whose connection is kept for the next request
    file = io.BufferedReader(RangeFile(both))
    assert file.read(1000) == body[:1000]

    def compare(pipe: Any) -> None:
        pipe.send((both.read(1 << 20, 8 << 20) == body[1 << 20 : 8 << 20], file.read() == body[1000:]))

    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=compare, args=(there,))
    child.start()
    try:
        assert both.read(1 << 20, 8 << 20) == body[1 << 20 : 8 << 20]
        assert file.read() == body[1000:]
        assert here.poll(60)
        assert here.recv() == (True, True)
    finally:
        child.kill()
        child.join(30)


def test_connections_do_not_keep_their_pool() -> None:
    """Or a pool that is dropped would close them only when the garbage collector finds both."""
    pool = ConnectionPool({})
    kept, wire = weakref.ref(pool), pool.new_wire(1)
    del pool
    assert kept() is None
    wire.close()


def test_a_pool_is_closed_while_the_interpreter_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = ConnectionPool({})
    monkeypatch.setattr("omicsdk.transfer.network.connection_pool.os", None)  # modules have lost their names
    pool.close()


def test_a_process_ends_that_has_not_closed_its_connections(server: Server) -> None:
    url = server.put("file", BODY)
    program = f"""
from omicsdk.transfer import Location
from omicsdk.transfer.network.connection_pool import ConnectionPool
from omicsdk.transfer.ranges import Ranges

class Late:
    def __init__(self):
        self.pool = ConnectionPool({{}})
        print(len(Ranges(lambda: Location({url!r}), {len(BODY)}, pool=self.pool).read()))

    def __del__(self):
        self.pool.__del__()

kept = [Late()]
kept.append(kept)  # a cycle: it goes when the interpreter takes itself apart, where no thread begins any more
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, str(len(BODY)), "")
