"""`omicsdk.open`, `ls`, `download` and `upload`: files of any platform by their URIs; bytes come in order and whole, whatever the pieces
and wherever they come from."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import omicsdk
import psutil
import pytest
from breakable import Faults
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import (
    ChecksumMismatch,
    ManualClock,
    OmicsError,
    SourceChanged,
    TransferError,
    TransportError,
    UnsafePath,
    UsageError,
)
from omicsdk.core.consistency import InconsistentListing
from omicsdk.fs import Entry, IsFolder, PathNotFound, WrongUri
from omicsdk.fs.file_bytes import FAST, FileBytes, stream
from omicsdk.transfer import TransferFailed
from served_store import ServedFileSystem, ServedStore


@pytest.fixture
def store(served: ServedFileSystem) -> ServedStore:
    served_store = served.store
    assert isinstance(served_store, ServedStore)
    served_store.hold("p/a.txt", b"alpha\nbeta\n")
    served_store.hold("p/b/c.bin", bytes(range(256)) * 20_000)
    served_store.hold("p/empty", b"")
    return served_store


def port(store: ServedStore) -> int:
    return store.server.port


def test_a_file_is_read_whole_by_lines_and_by_places(store: ServedStore) -> None:
    with omicsdk.open("served://p/a.txt", port=port(store)) as file:
        assert (file.name, file.mode) == ("served://p/a.txt", "rb")  # smart_open issues 505 and 512
        assert file.readline() == b"alpha\n"
        assert file.tell() == 6
        assert file.read() == b"beta\n"
        assert file.read() == b""
        assert file.seek(-5, os.SEEK_END) == 6
        assert file.read(4) == b"beta"
        assert file.seek(1) == 1
        assert file.seek(2, os.SEEK_CUR) == 3
        assert file.read(2) == b"ha"
    assert file.closed
    whole = bytes(range(256)) * 20_000
    with omicsdk.open("served://p/b/c.bin", port=port(store)) as file:
        assert file.read() == whole
    with omicsdk.open("served://p/empty", port=port(store)) as file:
        assert file.read() == b""


@pytest.mark.parametrize("read_size", [1 << 20, 1 << 16, 1_000_003])
def test_a_file_that_is_read_in_order_is_streamed(store: ServedStore, read_size: int) -> None:
    whole = os.urandom(14 << 20)
    store.hold("p/long", whole)
    with omicsdk.open("served://p/long", port=port(store)) as file:
        assert b"".join(iter(lambda: file.read(read_size), b"")) == whole
        assert len(store.server.requests) < 9  # of 14 MiB
        for place in (5 << 20, 100, (14 << 20) - 10):  # readers that seek do not start streams
            file.seek(place)
            before = len(store.server.requests)
            assert file.read(3000) == whole[place : place + 3000]
            assert [request.last for request in store.server.requests[before:]] == [
                min(place + (1 << 20), len(whole)) - 1
            ]
        file.seek(0)
        assert file.read() == whole
        file.seek(0)
        before = len(store.server.requests)
        assert b"".join(iter(lambda: file.read(read_size), b"")) == whole
        assert len(store.server.requests) - before < 9


def test_bytes_that_are_read_again_are_compared_once(store: ServedStore) -> None:
    whole = os.urandom(3 << 20)
    store.hold("p/long", whole)
    with omicsdk.open("served://p/long", port=port(store)) as file:
        file.read(1 << 20)
        file.seek(1000)
        assert file.read() == whole[1000:]
    store.always("p/long", Faults.flip(2 << 20))
    with omicsdk.open("served://p/long", port=port(store)) as file:
        file.read(1 << 20)
        file.seek(1000)
        with pytest.raises(ChecksumMismatch):
            file.read()
    store.hold("p/text", b"ab" * (1 << 20))
    with omicsdk.open("served://p/text", "r", port=port(store)) as text:
        assert [len(text.read(10)), len(text.read()), text.readline()] == [10, (2 << 20) - 10, ""]


def _read_in_fork(pipe: Any, file: Any) -> None:
    pipe.send(hashlib.sha256(b"".join(iter(lambda: file.read(1 << 20), b""))).hexdigest())
    pipe.close()


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("fast", [0, 1e15])
@pytest.mark.parametrize("opened", ["omicsdk", "fsspec"])
def test_a_fork_continues_what_is_streamed(
    store: ServedStore, served: ServedFileSystem, monkeypatch: pytest.MonkeyPatch, opened: str, fast: float
) -> None:
    monkeypatch.setattr("omicsdk.fs.file_bytes.FAST", fast)  # one connection, or threads that read ahead
    whole = os.urandom(48 << 20)
    store.hold("p/long", whole)
    rest = hashlib.sha256(whole[14 << 20 :]).hexdigest()
    file: Any = omicsdk.open("served://p/long", port=port(store)) if opened == "omicsdk" else served.open("p/long")
    with file:
        for _ in range(14):
            file.read(1 << 20)
        here, there = multiprocessing.Pipe()
        child = multiprocessing.get_context("fork").Process(target=_read_in_fork, args=(there, file))
        child.start()
        there.close()
        try:
            assert here.poll(60)
            assert here.recv() == rest
        finally:
            child.kill()
            child.join(30)
        assert hashlib.sha256(b"".join(iter(lambda: file.read(1 << 20), b""))).hexdigest() == rest


def test_a_fork_joins_no_other_version(store: ServedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.hold("p/long", os.urandom(4 << 20))
    with omicsdk.open("served://p/long", port=port(store)) as file:
        file.read(1 << 20)
        store.hold("p/long", os.urandom(4 << 20))
        monkeypatch.setattr("omicsdk.fs.files.os.getpid", lambda: 0)  # as in a fork
        with pytest.raises(SourceChanged):
            file.read(1 << 20)


def test_after_a_read_that_failed_the_file_is_sought_before_it_is_read(
    store: ServedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> Iterator[bytes]:
        raise TransportError("the connection was lost")
        yield b""

    whole = os.urandom(4 << 20)
    store.hold("p/long", whole)
    with omicsdk.open("served://p/long", port=port(store)) as file:
        assert file.read((2 << 20) - 1000) == whole[: (2 << 20) - 1000]
        with monkeypatch.context() as patch:
            patch.setattr("omicsdk.fs.files.stream", failing)
            with pytest.raises(TransportError):
                file.read(1 << 20)
        # It lost the bytes that were in the buffer.
        with pytest.raises(TransferError, match="an earlier read failed"):
            file.read(1000)
        file.seek((2 << 20) - 1000)
        assert file.read(1 << 20) == whole[(2 << 20) - 1000 : (3 << 20) - 1000]


def test_text_is_fetched_in_large_pieces(store: ServedStore) -> None:
    store.hold("p/lines", b"0123456789abcde\n" * (3 << 16))  # 3 MiB, which io.TextIOWrapper reads in pieces of 8 KiB
    with omicsdk.open("served://p/lines", "r", port=port(store)) as lines:
        assert sum(1 for _ in lines) == 3 << 16
    assert len(store.server.requests) == 3


def test_a_stream_that_breaks_is_continued_and_damage_is_found(store: ServedStore) -> None:
    whole = os.urandom(14 << 20)
    store.hold("p/long", whole)
    store.server.fault(b"p/long".hex(), *[Faults.cut(900_000)] * 5)
    with omicsdk.open("served://p/long", port=port(store)) as file:
        assert b"".join(iter(lambda: file.read(1 << 20), b"")) == whole
    store.always("p/long", Faults.flip(9 << 20))
    with omicsdk.open("served://p/long", port=port(store)) as file, pytest.raises(ChecksumMismatch):
        list(iter(lambda: file.read(1 << 20), b""))


def test_text_is_read_by_what_python_has_for_it(store: ServedStore) -> None:
    with io.TextIOWrapper(omicsdk.open("served://p/a.txt", port=port(store)), encoding="utf-8") as lines:
        assert list(lines) == ["alpha\n", "beta\n"]
    for mode in ("r", "rt"):
        with omicsdk.open("served://p/a.txt", mode, port=port(store)) as lines:
            assert list(lines) == ["alpha\n", "beta\n"]
    with pytest.raises(UsageError, match=r"opens files for reading, not in the mode 'w'.*omicsdk\.upload"):
        omicsdk.open("served://p/a.txt", "w", port=port(store))  # type: ignore[call-overload] - refused by checkers, too


def test_local_files_are_opened_as_well(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"here")
    with omicsdk.open(str(tmp_path / "a")) as file:
        assert file.read() == b"here"
    assert file.closed
    assert str(tmp_path / "a") not in {open_file.path for open_file in psutil.Process().open_files()}


@pytest.mark.parametrize(
    ("uri", "error"), [("served://p", IsFolder), ("served://p/none", PathNotFound), ("", WrongUri)]
)
def test_an_invalid_file_cannot_be_opened(
    store: ServedStore, uri: str, error: type[OmicsError], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"port": port(store)} if uri else {}
    closed: list[object] = []
    monkeypatch.setattr(ServedStore, "close", lambda opened: closed.append(opened))
    with pytest.raises(error) as caught:
        omicsdk.open(uri, **options)
    assert caught.value.remedy
    assert len(closed) == bool(uri)


def test_a_folder_is_downloaded_and_the_same_call_skips_what_exists(store: ServedStore, tmp_path: Path) -> None:
    report = omicsdk.download("served://p", tmp_path / "into", storage_options={"port": port(store)})
    assert report.counts["done"] == 3
    assert (tmp_path / "into" / "a.txt").read_bytes() == b"alpha\nbeta\n"
    assert (tmp_path / "into" / "b" / "c.bin").stat().st_size == 5_120_000
    assert (
        omicsdk.download(
            "served://p", tmp_path / "into", storage_options={"port": port(store)}, overwrite=False
        ).counts["skipped"]
        == 3
    )


def test_a_file_is_downloaded_under_its_name(store: ServedStore, tmp_path: Path) -> None:
    omicsdk.download("served://p/a.txt", tmp_path / "into", storage_options={"port": port(store)})
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["a.txt"]


def test_a_dry_run_writes_nothing(store: ServedStore, tmp_path: Path) -> None:
    report = omicsdk.download("served://p", tmp_path / "into", storage_options={"port": port(store)}, dry_run=True)
    assert {outcome.state for outcome in report.outcomes} == {"planned"}
    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("copy", [omicsdk.download, omicsdk.upload])
@pytest.mark.parametrize(
    ("source", "target", "problem"), [("", "x", "into itself"), ("x", "", "x/a, which is copied, too")]
)
def test_no_file_is_copied_over_another_one_that_is_copied(
    copy: Any, source: str, target: str, problem: str, tmp_path: Path
) -> None:
    texts = {"a": "outer", "x/a": "inner", "x/x/a": "innermost"}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=problem):
        copy(tmp_path / source, f"{tmp_path / target}/")
    assert {name: (tmp_path / name).read_text() for name in texts} == texts


def test_a_folder_and_a_file_are_uploaded(store: ServedStore, tmp_path: Path) -> None:
    (tmp_path / "from" / "sub").mkdir(parents=True)
    (tmp_path / "from" / "sub" / "x").write_bytes(b"x")
    omicsdk.upload(tmp_path / "from", "served://q/", storage_options={"port": port(store)})
    assert store.content("q/sub/x") == b"x"
    fs = ServedFileSystem(port=port(store))
    assert fs.ls("q", detail=False) == ["q/sub"]
    omicsdk.upload(tmp_path / "from" / "sub" / "x", "served://q/named", storage_options={"port": port(store)})
    assert store.content("q/named") == b"x"
    assert fs.ls("q", detail=False) == ["q/named", "q/sub"]  # no cached listing


def test_a_failure_raises_with_the_report_of_all(store: ServedStore, tmp_path: Path) -> None:
    store.always("p/a.txt", Faults.status(403))
    options: Any = {"storage_options": {"port": port(store)}}
    with pytest.raises(TransferFailed, match=r"a\.txt") as caught:
        omicsdk.download("served://p", tmp_path, **options)
    assert caught.value.report.counts == {"done": 2, "skipped": 0, "failed": 1, "stopped": 0}
    again = omicsdk.download("served://p", tmp_path, check=False, **options)
    assert [outcome.name for outcome in again.failed] == ["a.txt"]
    (tmp_path / "into" / "c.bin").mkdir(parents=True)
    with pytest.raises(TransferFailed, match=r"c\.bin") as caught:
        omicsdk.upload(tmp_path / "b", f"{tmp_path / 'into'}/")
    assert caught.value.report.counts == omicsdk.upload(tmp_path / "b", f"{tmp_path / 'into'}/", check=False).counts


def test_an_option_of_the_store_is_no_option_of_a_transfer(store: ServedStore, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"served\.port is an option of the store.*storage_options=\{'port': \.\.\.\}"):
        omicsdk.download("served://p", tmp_path, port=port(store))
    with pytest.raises(TypeError, match="unknown option 'retrys'; did you mean 'retries'"):
        omicsdk.download("served://p", tmp_path, retrys=3)


def test_names_that_leave_the_folder_are_refused(store: ServedStore, tmp_path: Path) -> None:
    store.hold("p/../../out", b"bad")
    with pytest.raises((UnsafePath, WrongUri)):
        omicsdk.download("served://p", tmp_path / "into", storage_options={"port": port(store)})
    assert not list(tmp_path.rglob("out"))


def test_a_folder_is_listed(store: ServedStore) -> None:
    listing = omicsdk.ls("served://p", storage_options={"port": port(store)})
    assert repr(listing) == "<items of ls('served://p'): iterate over them, or call to_frame()>"
    entries = {entry.name: entry for entry in listing}
    assert [(entry.uri, entry.kind, entry.size) for _, entry in sorted(entries.items())] == [
        ("served://p/a.txt", "file", 11),
        ("served://p/b/", "folder", None),
        ("served://p/empty", "file", 0),
    ]
    options: Any = {"storage_options": {"port": port(store)}}
    below = omicsdk.ls("served://p", recursive=True, include="*.bin", **options)
    assert [(entry.name, entry.uri) for entry in below] == [("b/c.bin", "served://p/b/c.bin")]
    assert [entry.name for entry in omicsdk.ls("served://p/a.txt", **options)] == ["a.txt"]
    frame = omicsdk.ls("served://p", min_size=1, **options).to_frame()
    assert list(frame["uri"]) == ["served://p/a.txt", "served://p/b/"]
    with pytest.raises(PathNotFound):
        next(omicsdk.ls("served://p/none", **options))
    with pytest.raises(TypeError, match="inclde"):
        omicsdk.ls("served://p", inclde="*.bin")  # type: ignore[call-arg] - refused by checkers, too


def test_times_of_a_listing_are_in_utc(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    os.utime(tmp_path / "a", (0, 0))
    assert [entry.modified for entry in omicsdk.ls(tmp_path)] == [datetime(1970, 1, 1, tzinfo=UTC)]
    assert [Entry("a", "file", modified=seconds).changed_at for seconds in (1e13, -1e13, None)] == [None] * 3


def test_a_listing_that_contradicts_itself_raises_after_its_entries(
    store: ServedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contradictory(_: ServedStore, path: str) -> Iterator[Entry]:
        yield Entry(f"{path}/a.txt", "file", 11)
        raise InconsistentListing("served://p", "an entry is lost")

    monkeypatch.setattr(ServedStore, "entries", contradictory)
    listing = omicsdk.ls("served://p", storage_options={"port": port(store)})
    assert next(listing).name == "a.txt"
    with pytest.raises(InconsistentListing, match="an entry is lost"):
        next(listing)


def test_the_four_are_no_part_of_a_star_import() -> None:
    assert not {"open", "download", "upload", "ls"} & set(omicsdk.__all__)


MIB = 1 << 20


class Readable:
    def __init__(self, data):
        self.data = data
        self.size = len(data)

    def read(self, start=0, end=None):
        return self.data[start:end]


BOUNDS = st.none() | st.integers(0, 40)


@given(st.binary(max_size=30), st.none() | st.integers(-40, 40), BOUNDS, st.integers(1, 9))
def test_pieces_make_the_whole(data, start, end, piece):
    pieces = list(stream(Readable(data), start, end, piece=piece))
    assert b"".join(pieces) == data[start:end]
    assert all(len(data_piece) <= piece for data_piece in pieces)


class Streaming(Readable):
    """A file that comes at a rate, and whose stream ends early."""

    def __init__(self, data, rate, streamed):
        super().__init__(data)
        self.rate, self.clock, self.streamed = rate, ManualClock(), streamed
        self.reads, self.streams = [], []

    def read(self, start=0, end=None):
        self.reads.append((start, end))
        self.clock.advance((end - start) / self.rate)
        return super().read(start, end)

    def stream(self, start, end):
        self.streams.append((start, end))
        for at in range(start, min(end, start + self.streamed), 3):
            yield self.data[at : min(at + 3, end)]


def test_what_a_fast_connection_does_not_give_is_read():
    data = bytes(range(100))
    file = Streaming(data, 2 * FAST, 30)
    assert b"".join(stream(file, 5, 90, piece=20, clock=file.clock)) == data[5:90]
    assert file.streams == [(25, 90)]
    assert file.reads[0] == (5, 25)
    assert sorted(file.reads[1:]) == [(55, 75), (75, 90)]


def test_over_a_slow_connection_pieces_are_read_ahead():
    file = Streaming(bytes(range(100)), FAST / 2, 100)
    assert b"".join(stream(file, piece=20, clock=file.clock)) == file.data
    assert (file.streams, len(file.reads)) == ([], 5)


def sequence(fs, size=MIB):
    with fs.open("p/a") as file:
        while piece := file.read(size):
            yield piece


def test_a_reader_that_continues_gets_bytes_as_they_come(served, server, noise, monkeypatch):
    monkeypatch.setattr("omicsdk.fs.file_bytes.FAST", 0)
    body = noise(24 * MIB)
    served.store.hold("p/a", body)
    assert b"".join(sequence(served)) == body
    ranged = [request for request in server.requests if "range" in request.headers]
    assert len(ranged) < 8
    assert int(ranged[-1].headers["range"].rpartition("-")[2]) == len(body) - 1

    with served.open("p/a") as file:  # it goes elsewhere in the middle of a stream, and back
        for _ in range(12):
            file.read(MIB)
        file.seek(100)
        assert file.read(50) == body[100:150]
        file.seek(12 * MIB)
        assert file.read(3 * MIB) == body[12 * MIB : 15 * MIB]


def test_a_stream_that_breaks_resumes_where_it_broke(served, server, noise, fault, monkeypatch):
    monkeypatch.setattr("omicsdk.fs.file_bytes.FAST", 0)
    body = noise(16 * MIB)
    served.store.hold("p/a", body)

    def cut(_server, request, response):
        return fault.cut(3 * MIB)(_server, request, response) if len(response.body) > 5 * MIB else response

    served.store.always("p/a", cut)
    assert b"".join(sequence(served)) == body


def test_halves_of_two_versions_are_not_joined_in_a_stream(served, server, noise, fault, monkeypatch):
    monkeypatch.setattr("omicsdk.fs.file_bytes.FAST", 0)
    body = noise(16 * MIB)
    served.store.hold("p/a", body)

    def change(_server, request, response):
        if len(response.body) <= 5 * MIB:
            return response
        served.store.hold("p/a", body[::-1])
        return fault.cut(3 * MIB)(_server, request, response)

    served.store.always("p/a", change)
    received = []
    with pytest.raises(SourceChanged):
        received.extend(sequence(served))
    assert body.startswith(b"".join(received))


def test_a_file_that_nothing_identifies_is_not_streamed(served, server, noise):
    store = ServedStore(port=server.port, sizeless=True)
    body = noise(9 * MIB)
    store.hold("p/a", body)
    server.etags.clear()
    file = FileBytes(store, store.stat("p/a"))
    assert file.read(0, 10) == body[:10]
    assert list(file.stream(10, 20)) == []
    assert file.read(10, 20) == body[10:20]
