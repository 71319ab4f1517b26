"""Writers of responses: which bytes reach the disk, and what the engine is told of them."""

import errno
import random
from collections.abc import Generator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import DiskFull
from omicsdk.core.checksums import crc32c, digest
from omicsdk.transfer import Item, Location, TransferOptions
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads import receiving
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.downloads.job import Job, Piece
from omicsdk.transfer.downloads.receiving import ACCEPTED, ResponseWriter, Small, is_small, problem_of
from omicsdk.transfer.network.requests import (
    HEAD_HEADERS,
    Kind,
    RequestedRange,
    Verdict,
    judge,
    moved,
    next_location,
    parse_head,
)
from small_cells import CELL, cells_of

BATCH, SMALL, WHOLE = 63 * CELL // 256, CELL // 32, 4 * CELL
URL = "http://store.example/one"
NOON = 1795168800.0  # 2026-11-20 10:00:00 UTC


@pytest.fixture(autouse=True, scope="module")
def cells() -> Generator[None]:
    with cells_of(CELL):
        yield


class WatchedDisk(Disk):
    """A disk that notes the writes, and fails those after the first `good` ones."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[int] = []
        self.good = 10**9
        self.error: BaseException = OSError(errno.ENOSPC, "no space")

    def write_at(self, descriptor: int, buffers: Any, offset: int) -> int:
        written = super().write_at(descriptor, buffers, offset)
        if len(self.writes) >= self.good:
            raise self.error
        self.writes.append(written)
        return written


class Engine:
    """Notes what a writer tells the engine."""

    def __init__(self) -> None:
        self.answers: list[Kind] = []
        self.cells: list[tuple[int, int, bool]] = []
        self.begun: list[tuple[int, int, bool]] = []
        self.records = True

    def now(self) -> float:
        return NOON

    def accepts(self, response: ResponseWriter, verdict: Verdict) -> bool:
        self.answers.append(verdict.kind)
        if verdict.kind is Kind.WHOLE:
            response.job.whole_instead(response.piece)
        response.job.learn(verdict)
        return verdict.kind in ACCEPTED

    def cell_written(self, job: Job, index: int, crc: int, *, recorded: bool = False) -> None:
        job.cell_written(index, crc)
        self.cells.append((index, crc, recorded))

    def cell_aside(self, job: Job, index: int, crc: int) -> bool:
        return self.records

    def cell_begun(self, job: Job, position: int, crc: int, *, aside: bool) -> bool:
        self.begun.append((position, crc, aside))
        return self.records


class Receiving:
    """A file on its way: its bytes, its job, and the engine's side."""

    def __init__(
        self, folder: str | Path, size: int, *algorithms: str, is_size_known: bool = True, **location: Any
    ) -> None:
        self.body = random.Random(size).randbytes(size)
        checksums = {name: digest(self.body, name) for name in algorithms or ("crc32c",)}
        self.engine, self.disk = Engine(), WatchedDisk()
        self.files = PartFiles(str(folder), "run", self.disk)
        item = Item("one", Location(URL, **location), size if is_size_known else None, checksums)
        self.job = Job(0, item, *self.files.paths("one"), TransferOptions())
        self.job.location = Location(URL, **location)
        self.job.begin()
        self.piece = Piece.of(0, self.job.size)

    def writer(self, *head: str, end: int | None = None) -> ResponseWriter:
        """Request the rest of the piece; the response has a head, by default that of all that was requested."""
        response = ResponseWriter(self.job, self.piece, self.engine, self.files)
        end = end or self.piece.end
        part = f"HTTP/1.1 206 X|Content-Range: bytes {self.piece.position}-{(end or 0) - 1}/{self.job.size}"
        lines = head or (part if response.requested_range.ranged else f"HTTP/1.1 200 OK|Content-Length: {end}").split(
            "|"
        )
        response.lines = [f"{line}\r\n".encode() for line in (*lines, 'ETag: "a"', "")]
        return response

    @property
    def stored(self) -> bytes:
        return Path(self.job.part).read_bytes()

    def cell(self, index: int, end: int | None = None) -> int:
        """The CRC32C of a cell up to a position in the file."""
        return crc32c(self.body[index * CELL : min((index + 1) * CELL, end or len(self.body))])


@pytest.fixture
def one(tmp_path: Path) -> Receiving:
    return Receiving(tmp_path, 3 * CELL + 1000)


@given(
    size=st.integers(1, 3 * CELL + 1000) | st.integers(1, 3).map(lambda cells: cells * CELL),
    first=st.integers(0, 2),
    chunks=st.lists(st.integers(1, 16 * 1024), min_size=1, max_size=5),
    cut=st.floats(0, 1),
)
def test_bytes_and_crcs_are_right_wherever_chunks_and_connections_end(
    size: int, first: int, chunks: list[int], cut: float
) -> None:
    """At no moment more than a batch waits in memory, and more than that would be lost."""
    with TemporaryDirectory() as folder:
        one = Receiving(folder, size)
        start = first * CELL if first * CELL < size else 0
        one.piece = Piece.of(start, size)
        longest, lengths = max(chunks), cycle(chunks)
        for end in (start + int((size - start) * cut), size):
            response, position, before = one.writer(), one.piece.position, len(one.disk.writes)
            at = position
            while at < end:
                chunk = one.body[at : min(at + next(lengths), end)]
                assert response.take(chunk) is None
                at += len(chunk)
                assert response.received == at - position
                assert at - one.piece.position < BATCH
                recorded = max([start, at // CELL * CELL, *(position for position, _, _ in one.engine.begun)])
                assert one.piece.position - recorded < BATCH
            # Each write but the last ones of a cell and of the request has a batch.
            assert sum(written < BATCH for written in one.disk.writes[before:]) <= at // CELL - position // CELL + 1
            assert all(written < BATCH + longest for written in one.disk.writes)
            response.finish()
            assert (one.piece.position, response.too_long, problem_of(response)) == (end, False, None)
            assert one.piece.crc == (one.cell(end // CELL, end) if end % CELL and end < size else 0)
            assert response.whole == (end == size and (end > position))
            if end % CELL and position < end < size:
                assert one.engine.begun[-1] == (end, one.piece.crc, False)
        assert one.stored[start:] == one.body[start:]
        assert one.engine.cells == [(index, one.cell(index), False) for index in range(start // CELL, -(-size // CELL))]
        assert all(crc == one.cell(position // CELL, position) for position, crc, _ in one.engine.begun)
        one.files.close(one.job)


def test_more_than_was_requested_ends_the_request_and_is_not_written(one: Receiving) -> None:
    one.piece = Piece.of(0, CELL)
    response = one.writer()
    assert response.take(one.body[:CELL]) is None
    assert response.take(b"") is None
    assert response.whole
    assert response.take(one.body[CELL : CELL + 10]) == 0
    response.finish()
    assert (response.too_long, response.whole, response.received, len(one.stored)) == (True, False, CELL + 10, CELL)


@pytest.mark.parametrize("more", [0, 1])
def test_more_than_the_response_stated_is_noticed_at_its_end(one: Receiving, more: int) -> None:
    one.piece = Piece.of(0, 2 * CELL)
    response = one.writer(end=CELL + 100)
    assert response.take(one.body[: CELL + 100 + more]) is None
    response.finish()
    assert response.too_long is bool(more)
    assert not response.whole


def test_of_a_refusal_only_the_beginning_of_a_body_is_kept_and_read(one: Receiving) -> None:
    response = one.writer("HTTP/1.1 503 Busy", "Retry-After: Fri, 20 Nov 2026 10:00:30 GMT")
    page = b"<Error>" + bytes(16 * 1024 - 7)
    assert [response.take(chunk) for chunk in (b"<xml>" * 600, *[page] * 4)] == [None, None, None, None, 0]
    assert response.refusal == (b"<xml>" * 600 + page)[: 8 * 1024]
    assert response.verdict == Verdict(Kind.LATER, 503, retry_after=30.0)
    response.save()
    response.finish()
    assert (one.job.touched, response.whole, one.engine.answers) == (False, False, [Kind.LATER])


def test_what_is_stated_of_the_whole_is_read_where_bytes_are_accepted(tmp_path: Path) -> None:
    seen = list[Any]()
    one = Receiving(tmp_path, 2 * CELL, states=lambda headers: seen.append(dict(headers)) or {"md5": "0" * 32})
    one.piece = Piece.of(0, CELL)
    for head in (f"HTTP/1.1 206 X|Content-Range: bytes 0-{CELL - 1}/{2 * CELL}|Content-MD5: of=", "HTTP/1.1 404 X"):
        response = one.writer(*head.split("|"))
        response.open()
        assert response.stated_checksums == ({"md5": "0" * 32} if "206" in head else {})
    assert [sorted(headers) for headers in seen] == [["content-range", "etag"]]


def test_bytes_for_a_job_that_was_restarted_are_not_written(one: Receiving) -> None:
    response = one.writer()
    assert response.take(one.body[: BATCH + 5]) is None
    assert response.take(b"more") is None
    one.job.begin()
    response.save()
    response.finish()
    assert response.stale
    assert (len(one.stored), one.piece.position) == (BATCH + 5, BATCH + 5)
    assert one.engine.begun == [(BATCH + 5, one.cell(0, BATCH + 5), False)]  # before
    assert response.take(one.body[:BATCH]) == 0
    assert one.disk.writes == [BATCH + 5]


@pytest.mark.parametrize("is_removed", [False, True])
def test_a_part_without_a_name_ends_the_request(
    one: Receiving, is_removed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = one.writer()
    assert response.take(one.body[: CELL // 2]) is None
    monkeypatch.setattr(receiving.os, "fstat", Mock(return_value=Mock(st_nlink=0)))  # some file systems count none
    if is_removed:
        Path(one.job.part).unlink()
    assert response.take(one.body[CELL // 2 : CELL]) == (0 if is_removed else None)


def test_a_full_disk_ends_the_request_and_what_was_written_before_counts(one: Receiving) -> None:
    one.disk.good = 1
    response = one.writer()
    assert response.take(one.body[:BATCH]) is None
    assert response.take(one.body[BATCH : BATCH + 100]) is None
    response.save()  # notes no problem: the next bytes do
    assert problem_of(response) is None
    assert response.take(b"x") == 0
    response.finish()
    assert isinstance(problem_of(response), DiskFull)
    assert (one.piece.position, one.piece.crc) == (BATCH, one.cell(0, BATCH))
    assert one.engine.begun == [(BATCH, one.cell(0, BATCH), False)]


@pytest.mark.parametrize("at_end", [False, True])
def test_after_an_interrupt_only_whole_cells_are_certain(one: Receiving, at_end: bool) -> None:
    one.disk.good, one.disk.error = 2, KeyboardInterrupt()
    response = one.writer()
    assert response.take(one.body[:CELL]) is None
    assert response.take(one.body[CELL : CELL + BATCH]) is None
    assert response.take(one.body[CELL + BATCH : CELL + (BATCH + 1 if at_end else 2 * BATCH)]) == (
        None if at_end else 0
    )
    response.finish()
    with pytest.raises(KeyboardInterrupt):
        problem_of(response)
    assert (one.piece.position, one.piece.crc) == (CELL, 0)
    assert one.engine.begun == [(CELL + BATCH, one.cell(1, CELL + BATCH), False)]


def test_what_was_collected_is_saved_and_not_recorded_twice(one: Receiving) -> None:
    response = one.writer()
    response.save()
    assert not one.job.touched
    assert response.take(one.body[:100]) is None
    one.engine.records = False  # such as a file without a validator: it is tried again
    response.save()
    assert one.stored == one.body[:100]
    one.engine.records = True
    for _ in range(2):
        response.save()
    assert one.engine.begun == [(100, one.cell(0, 100), False)] * 2


def test_another_thread_writes_and_the_engine_hears_of_it_when_it_attends(one: Receiving) -> None:
    calls = list[int]()
    response = one.writer()
    response.go_aside(lambda: calls.append(one.piece.position))
    assert one.job.touched
    assert response.take(one.body[: CELL + 100]) is None
    one.engine.records = False
    assert response.take(one.body[CELL + 100 : 2 * CELL]) is None
    assert calls == [0, CELL, 2 * CELL]
    assert (one.engine.answers, one.engine.cells) == ([], [])
    for _ in range(2):
        response.attend()
    assert one.engine.answers == [Kind.ACCEPT]
    assert one.engine.cells == [(0, one.cell(0), True), (1, one.cell(1), False)]
    one.engine.records = True
    assert response.take(one.body[2 * CELL : 3 * CELL]) is None
    assert response.take(one.body[3 * CELL : 3 * CELL + 10]) is None
    response.save()
    assert response.take(one.body[3 * CELL + 10 : -1]) is None
    response.finish()
    end = 3 * CELL + 999
    assert [index for index, _, _ in one.engine.cells] == [0, 1, 2]
    assert one.engine.begun[-2:] == [(3 * CELL + 10, one.cell(3, 3 * CELL + 10), True), (end, one.cell(3, end), False)]
    response.attend()
    assert one.engine.answers == [Kind.ACCEPT]


@pytest.mark.parametrize(
    ("status", "restarted", "declined"), [("200", False, True), ("206", True, True), ("404", False, False)]
)
def test_another_thread_goes_on_with_nothing_but_what_is_planned(
    one: Receiving, status: str, restarted: bool, declined: bool
) -> None:
    one.piece = Piece.of(CELL, 2 * CELL)
    response = one.writer(f"HTTP/1.1 {status} X", f"Content-Range: bytes {CELL}-{2 * CELL - 1}/{len(one.body)}")
    if status == "200":
        response.lines = [b"HTTP/1.1 200 OK\r\n", b"\r\n"]
    response.go_aside(Mock(side_effect=AssertionError))
    if restarted:
        one.job.begin()
    assert response.take(b"page") == (0 if declined else None)
    assert (response.declined, response.refusal) == (declined, b"" if declined else b"page")
    response.attend()
    response.finish()
    assert (one.engine.answers, one.disk.writes) == ([], [])


def test_an_error_of_the_engine_is_kept_for_it(one: Receiving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one.engine, "cell_written", Mock(side_effect=ZeroDivisionError))
    response = one.writer()
    assert response.take(one.body[:CELL]) == 0
    with pytest.raises(ZeroDivisionError):
        problem_of(response)
    response = one.writer()
    response.go_aside(lambda: None)
    assert response.take(one.body[CELL : 2 * CELL]) is None
    response.attend()
    with pytest.raises(ZeroDivisionError):
        problem_of(response)


def test_a_response_that_another_writer_began_is_taken_over(one: Receiving) -> None:
    chunks = [one.body[:10], one.body[10:CELL], one.body[CELL : CELL + BATCH]]
    response, same = one.writer(), one.writer()
    same.take_over(response.lines, chunks)
    assert (one.stored, same.received) == (one.body[: CELL + BATCH], CELL + BATCH)
    one.disk.good = 0
    one.piece = Piece.of(2 * CELL, 3 * CELL)
    response = one.writer()
    response.take_over(response.lines, [one.body[:BATCH], one.body[:BATCH]])
    assert isinstance(response.problem, DiskFull)


@pytest.mark.parametrize("has_length", [False, True])
def test_a_file_of_unknown_size_ends_with_a_short_cell_and_before_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_length: bool
) -> None:
    growth = Mock()
    monkeypatch.setattr(receiving, "Growth", Mock(return_value=growth))
    one = Receiving(tmp_path, CELL + 5, is_size_known=False)
    response = one.writer("HTTP/1.1 200 OK", *([f"Content-Length: {CELL + 5}"] if has_length else []))
    for at in range(0, CELL + 5, 100):
        assert response.take(one.body[at : at + 100]) is None
    response.finish()
    assert (one.stored, response.whole, response.too_long) == (one.body, False, False)
    if has_length:
        assert not growth.expect.called
    else:
        assert sum(call.args[0] for call in growth.expect.call_args_list) == CELL + 5
        response.close_last_cell()
    assert one.engine.cells == [(0, one.cell(0), False), (1, one.cell(1), False)]
    if not has_length:
        growth.expect.side_effect = DiskFull("part")
        assert response.take(one.body[:CELL]) == 0
        assert one.stored == one.body


def test_a_file_of_whole_cells_has_no_short_one(tmp_path: Path) -> None:
    one = Receiving(tmp_path, CELL, is_size_known=False)
    response = one.writer("HTTP/1.1 200 OK")
    assert response.take(one.body) is None
    response.finish()
    response.close_last_cell()
    assert one.engine.cells == [(0, one.cell(0), False)]


@pytest.mark.parametrize("size", [SMALL, WHOLE])
def test_a_file_of_a_single_request_is_hashed_as_it_arrives(tmp_path: Path, size: int) -> None:
    one = Receiving(tmp_path, size, "md5", "sha256")
    response = one.writer()
    for at, end in ((0, 500), (500, size)):
        assert response.take(one.body[at:end]) is None
    assert not one.job.lags  # another thread would hash the same bytes
    response.finish()
    assert (one.job.inline, one.job.hashed, one.job.digests.values()) == (True, size, dict(one.job.item.checksums))


@pytest.mark.parametrize(("size", "start"), [(WHOLE + 1, 0), (WHOLE, CELL)])
def test_a_file_in_parts_or_that_is_resumed_is_hashed_from_the_disk(tmp_path: Path, size: int, start: int) -> None:
    one = Receiving(tmp_path, size, "md5")
    one.piece = Piece.of(start, size)
    response = one.writer()
    assert response.take(one.body[start:]) is None
    response.finish()
    assert (response.whole, one.job.hashed, one.job.digests.values()["md5"]) == (True, 0, digest(b"", "md5"))


def test_a_file_whose_response_was_cut_is_hashed_from_the_disk(tmp_path: Path) -> None:
    one = Receiving(tmp_path, SMALL, "md5")
    for at, end in ((0, 500), (500, SMALL)):
        response = one.writer()
        assert response.take(one.body[at:end]) is None
        response.finish()
        assert (one.job.inline, one.job.hashed, one.job.digests.values()["md5"]) == (False, 0, digest(b"", "md5"))


def test_a_response_that_another_thread_writes_does_not_change_the_checksums_of_a_restarted_file(
    tmp_path: Path,
) -> None:
    one = Receiving(tmp_path, SMALL, "md5")
    response = one.writer()
    assert response.take(one.body[:500]) is None
    one.job.begin()
    response.epoch = one.job.epoch  # as where the thread has compared it before
    assert response.take(one.body[500:]) is None
    response.finish()
    assert (one.job.hashed, one.job.digests.values()["md5"]) == (0, digest(b"", "md5"))


BODY = b"<html>not this</html>"
OK = [b"HTTP/1.1 200 OK\r\n", b"x-stated: 1\r\n", b"\r\n"]


def small(checksums: dict[str, str], size: int = len(BODY), *chunks: bytes, **location: Any) -> Small:
    request = Small(7, Item("one", Location(URL, **location), size, checksums))
    request.lines = [*OK]
    for chunk in chunks or (BODY[:5], BODY[5:]):
        assert request.take(chunk) is None
    return request


MD5, SHA1 = digest(BODY, "md5"), digest(BODY, "sha1")


@pytest.mark.parametrize("chunks", [(BODY,), (BODY[:1], BODY[1:])])
@pytest.mark.parametrize(
    ("checksums", "size", "head", "required", "verified"),
    [
        ({"md5": MD5, "sha1": SHA1}, 21, OK, True, {"md5": MD5, "sha1": SHA1}),
        ({}, 21, OK, False, {}),
        ({}, 21, OK, True, None),
        ({"md5": MD5, "sha1": MD5 + "0" * 8}, 21, OK, False, None),
        ({"md5": MD5}, 20, OK, False, None),
        ({"md5": MD5}, 22, OK, False, None),
        ({"md5": MD5}, 21, [b"HTTP/1.1 404 X\r\n", b"\r\n"], False, None),
        ({"md5": MD5}, 21, [*OK, b"HTTP/1.1 206 X\r\n", b"\r\n"], False, None),
        ({"md5": MD5}, 21, [b"HTTP/1.0 200 OK\r\n", b"\r\n"], False, {"md5": MD5}),
    ],
)
def test_a_small_file_is_what_has_the_status_the_size_and_the_checksums(
    chunks: Any, checksums: dict[str, str], size: int, head: list[bytes], required: bool, verified: Any
) -> None:
    request = small(checksums, size, *chunks)
    request.lines = head
    assert request.verified(required) == verified


@pytest.mark.parametrize(
    ("checksums", "verified"), [({"md5": MD5}, {"md5": MD5}), ({"md5": "0" * 32}, None), ({}, None)]
)
def test_checksums_that_a_response_states_count_where_none_are_known(checksums: Any, verified: Any) -> None:
    states = Mock(return_value=checksums)
    assert small({}, states=states).verified(required=True) == verified
    assert small({"md5": MD5}, states=states).verified(required=True) == {"md5": MD5}
    assert states.call_count == 1


def test_a_small_request_receives_what_fits_in_memory_and_a_writer_the_rest() -> None:
    request = small({}, SMALL, bytes(SMALL))
    assert request.take(b"x") == 0
    request.again()
    assert (request.received, request.chunks, request.lines, request.claimable) == (0, [], [], True)
    request.writer = Mock(take=Mock(return_value=None))
    assert request.take(bytes(SMALL + 1)) is None
    assert (request.received, request.chunks) == (SMALL + 1, [])


def test_a_small_request_follows_a_single_redirect() -> None:
    moved = [b"HTTP/1.1 302 X\r\n", b"Location: http://other.example/two\r\n", b"\r\n"]
    request = small({})
    assert not request.follow()
    request.lines = [*moved[:2], b"Retry-After: 9\r\n", b"\r\n"]
    assert not request.follow()
    assert (request.received, request.server) == (len(BODY), "http://store.example")
    request.lines, request.claimable = moved, False
    assert request.follow()
    assert (request.location.url, request.server) == ("http://other.example/two", "http://other.example")
    assert (request.received, request.chunks, request.lines, request.claimable) == (0, [], [], True)
    request.lines = [b"HTTP/1.1 302 X\r\n", b"Location: /three\r\n", b"\r\n"]
    assert not request.follow()


@pytest.mark.parametrize(
    ("target", "sent"), [(URL, "k=2; m=3; a=1"), ("/two", "k=2; m=3; a=1"), ("http://other.example/two", "")]
)
def test_cookies_of_a_redirect_are_sent_to_its_origin(target: str, sent: str) -> None:
    """httpx issue 821: a login wall redirects to the same URL until it sees its cookie."""
    lines = [
        b"HTTP/1.1 302 X",
        b"Set-Cookie: k=2; Path=/; HttpOnly",
        b"Location: " + target.encode(),
        b"set-cookie: m=3",
        b"set-cookie: e=\xe9",
    ]
    here = Location(URL, {"Cookie": "a=1; k=1"})
    verdict = judge(
        RequestedRange(0, None, ranged=False, size=None, size_is_stated=False, validator=""),
        *parse_head(lines, HEAD_HEADERS),
        0.0,
    )
    locations = [next_location(here, verdict, 1), moved(here, [*(line + b"\r\n" for line in lines), b"\r\n"])]
    # The engine decides about a redirect to the same URL.
    assert [None if location is None else location.headers.get("cookie", "") for location in locations] == [
        sent,
        None if target == URL else sent,
    ]


@pytest.mark.parametrize(("size", "fits"), [(None, False), (0, False), (1, True), (SMALL, True), (SMALL + 1, False)])
def test_small_is_what_has_a_known_size_and_url(size: int | None, fits: bool) -> None:
    assert is_small(Item("one", Location(URL), size)) is fits
    assert not is_small(Item("one", lambda: Location(URL), size))
