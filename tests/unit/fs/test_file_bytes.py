"""The bytes of a file: of a stream of this machine, in ranges of a server, whole where that gives no ranges, and read ahead by
fsspec's files."""

import gc
import io
import random
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import NotFound, SourceChanged
from omicsdk.fs.errors import IsFolder, PathError, PathNotFound
from omicsdk.fs.file_bytes import PIECE, FileBytes
from omicsdk.fs.open_files import GrowingReadAhead
from omicsdk.fs.store import Entry
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.ranges import NoRanges, Ranges

DATA = b"abcdef"


class Stored:
    """A store of one file, which it opens as a stream, or has on a server."""

    def __init__(self, data: bytes = DATA, *, is_local: bool = True) -> None:
        self.data, self.is_local = data, is_local
        self.streams: list[io.BytesIO] = []
        self.folders: list[Path] = []

    def uri(self, path: str) -> str:
        return f"sb://{path}"

    def open(self, _: Entry) -> io.BytesIO | None:
        if not self.is_local:
            return None
        self.streams.append(io.BytesIO(self.data))
        return self.streams[-1]

    def location(self, entry: Entry) -> Any:
        raise AssertionError(entry)

    def elsewhere(self, _: Entry, __: Any) -> bool:
        return False

    def download(self, entries: Any, folder: str, _: Any) -> TransferReport:
        ((_entry, name),) = entries
        Path(folder, name).write_bytes(self.data)
        self.folders.append(Path(folder))
        return TransferReport([Outcome(name, "done")])


def bytes_of(store: Any, size: int | None = len(DATA), *, kind: Any = "file", **options: Any) -> FileBytes:
    return FileBytes(store, Entry("a", kind, size), **options)


@pytest.mark.parametrize("size", [len(DATA), None])
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        *((0, None, DATA), (2, None, b"cdef"), (-2, None, b"ef"), (1, -1, b"bcde"), (-9, 2, b"ab"), (4, 99, b"ef")),
        *((0, 0, b""), (2, 2, b""), (4, 2, b""), (6, None, b""), (0, -6, b"")),
    ],
)
def test_ranges_are_counted_from_both_ends(start: int, end: int | None, expected: bytes, size: int | None):
    store = Stored()
    file = bytes_of(store, size)
    assert file.read(start, end) == expected
    assert (file.size, file.validator_count) == (6, 0)
    assert len(store.streams) == int(size is None or bool(expected))  # opened for what is needed alone


def test_a_stream_is_closed_and_opened_again_and_has_the_size_that_is_stated():
    store = Stored()
    file = bytes_of(store)
    for number in range(2):
        assert file.read() == DATA
        assert list(file.stream(0, 6)) == []
        file.close()
        assert [stream.closed for stream in store.streams] == [True] * (number + 1)
    with pytest.raises(SourceChanged, match=r"^sb://a: it has 6 bytes instead of 7"):
        bytes_of(store, 7).read()
    with pytest.raises(IsFolder):
        bytes_of(store, kind="folder")


def test_more_than_a_piece_is_read_over_several_connections(monkeypatch: Any):
    monkeypatch.setattr("omicsdk.fs.file_bytes.stream", lambda _, start, end: [b"%d-%d" % (start, end)])
    file = bytes_of(Stored(bytes(PIECE + 2)), None)
    assert [len(file.read(start, start + PIECE)) for start in (0, 2)] == [PIECE] * 2
    assert file.read(1) == b"1-%d" % (PIECE + 2)


@pytest.mark.parametrize("size", [len(DATA), None])
def test_a_file_without_ranges_is_downloaded_once(monkeypatch: Any, caplog: Any, size: int | None):
    caplog.set_level("INFO", "omicsdk.fs")
    confirmed: list[Any] = []

    class Refusing(Ranges):
        joins = True

        @property
        def size(self) -> int:
            raise NoRanges("no size")

        def read(self, *_: Any) -> bytes:
            raise NoRanges("no ranges")

        def stream(self, *_: Any) -> Iterator[bytes]:
            yield b"ab"
            raise NoRanges("no more")

        confirm = confirmed.append

    monkeypatch.setattr("omicsdk.fs.file_bytes.Ranges", Refusing)
    store = Stored(is_local=False)
    file = bytes_of(store, size, validators={"https://example.org": '"etag"'})
    assert (file.validator_count, file.validators) == (0, {"https://example.org": '"etag"'})
    assert list(file.stream(0, 6)) == [b"ab"]
    assert (file.validator_count, file.validators) == (1, {"https://example.org": '"etag"'})
    assert [file.read(1, 3), file.read(4), file.size] == [b"bc", b"ef", 6]
    assert len(confirmed) == 1
    (folder,) = store.folders
    assert "fetching the whole file" in caplog.text
    monkeypatch.setattr(Refusing, "joins", False)
    assert list(bytes_of(store).stream(0, 6)) == []
    del file, confirmed[:]
    gc.collect()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("now", "raised", "message"),
    [
        (None, PathNotFound, "no longer exists"),
        (Entry("a", "file", 7), PathNotFound, "no longer exists"),
        (Entry("a", "file", 6), PathError, "is listed, but"),
    ],
)
def test_bytes_that_are_not_found(monkeypatch: Any, now: Entry | None, raised: type[PathError], message: str):
    class Gone(Ranges):
        def read(self, *_: Any) -> bytes:
            raise NotFound("no", status=404)

    class Listed(Stored):
        def stat(self, path: str, *, refresh: bool) -> Entry:
            assert refresh
            if now is None:
                raise PathNotFound(self.uri(path), "not found")
            return now

    monkeypatch.setattr("omicsdk.fs.file_bytes.Ranges", Gone)
    with pytest.raises(PathError, match=f"sb://a {message}") as caught:
        bytes_of(Listed(is_local=False)).read()
    # Readers of arrays take a FileNotFoundError for a chunk that was never written.
    assert type(caught.value) is raised


MIB = 1 << 20
BODY = random.Random(1).randbytes(8 * MIB)
STEP = 100_000


@pytest.fixture
def cache() -> GrowingReadAhead:
    cache = GrowingReadAhead(MIB, lambda start, stop: BODY[start:stop], len(BODY))
    cache.stream = lambda at: (BODY[start : start + 700_000] for start in range(at, len(BODY), 700_000))
    return cache


def read_in_order(cache: GrowingReadAhead, start: int, stop: int = len(BODY)) -> None:
    for at in range(start, stop, STEP):
        assert cache._fetch(at, at + STEP) == BODY[at : at + STEP]


def test_each_reader_gets_what_it_requests(cache: GrowingReadAhead) -> None:
    read_in_order(cache, 0, 6 * MIB)  # the last ones from the stream
    assert cache._fetch(7 * MIB, 7 * MIB + 1) == BODY[7 * MIB : 7 * MIB + 1]
    read_in_order(cache, 1000)


@pytest.mark.parametrize("is_fork", [False, True])
def test_a_stream_that_cannot_continue_is_replaced(
    cache: GrowingReadAhead, monkeypatch: pytest.MonkeyPatch, is_fork: bool
) -> None:
    stream = cache.stream

    def failing(at: int) -> Generator[bytes]:
        yield BODY[at : at + STEP]
        raise OSError("the connection was lost")

    cache.stream = failing
    with pytest.raises(OSError, match="lost"):
        read_in_order(cache, 0)
    at = next(at for at in range(0, len(BODY), STEP) if at >= cache._start)
    if is_fork:  # which has copied the stream without its threads
        cache._pieces = iter([b"never"])
        monkeypatch.setattr("omicsdk.fs.open_files.os.getpid", lambda: 0)
    cache.stream = stream
    read_in_order(cache, at)
