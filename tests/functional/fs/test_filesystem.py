"""A store as a file system of fsspec: examined, read, written, remembered, forked, pickled, shown."""

import asyncio
import errno
import gzip
import io
import json
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from math import inf
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import pytest
from breakable import Response, Server
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.core import NameClash, OmicsError, SourceChanged
from omicsdk.fs import Entry, IsFolder, NotListed, PathError, PathNotFound, ReadOnly
from omicsdk.fs.file_bytes import PIECE
from omicsdk.fs.filesystems import CrunchFileSystem, DssFileSystem
from omicsdk.fs.open_files import BLOCK, FIRST, BlockCache, GrowingReadAhead, runs
from served_store import ServedFileSystem, ServedStore

TEXT = b"".join(b"line %d\n" % number for number in range(2000))
FILES = {
    "p/a.txt": TEXT,
    "p/b c/100% #1?.txt": b"odd",
    "p/b c/deep/z.bin": bytes(1000),
    "p/empty": b"",
    "q/é.txt": b"accent",
}


@pytest.fixture
def fs(served: ServedFileSystem) -> ServedFileSystem:
    """`served://` with a few files."""
    for path, data in FILES.items():
        store_of(served).hold(path, data)
    return served


def store_of(fs: ServedFileSystem) -> ServedStore:
    assert isinstance(fs.store, ServedStore)
    return fs.store


def test_folders_and_files_are_examined(fs: ServedFileSystem) -> None:
    assert fs.ls("served://", detail=False) == ["p", "q"]
    assert fs.ls("p/", detail=False) == ["p/a.txt", "p/b c", "p/empty"]
    assert fs.ls("served://p/a.txt", detail=False) == ["p/a.txt"]
    file_info = fs.info("served://p/a.txt")
    assert (file_info["name"], file_info["size"], file_info["type"], file_info["mtime"]) == (
        "p/a.txt",
        len(TEXT),
        "file",
        1e9,
    )
    assert file_info["version"]
    assert file_info["checksums"].keys() == {"sha256"}
    assert fs.info("p")["type"] == "directory"
    assert fs.isdir("p")
    assert fs.isfile("p/empty")
    assert fs.exists("served://p/b c/100% #1?.txt")
    assert not fs.exists("served://nowhere/x")
    assert fs.find("served://") == sorted(FILES)
    assert fs.find("p", maxdepth=1, withdirs=True) == ["p", "p/a.txt", "p/b c", "p/empty"]
    assert fs.find("nowhere") == []
    assert fs.glob("served://p/**/*.bin") == ["p/b c/deep/z.bin"]
    assert fs.glob("*/*.txt") == ["p/a.txt", "q/é.txt"]
    assert [(path, sorted(files)) for path, _, files in fs.walk("p/b c")] == [
        ("p/b c", ["100% #1?.txt"]),
        ("p/b c/deep", ["z.bin"]),
    ]
    assert fs.du("p") == len(TEXT) + 1003
    assert fs.modified("p/a.txt") == datetime.fromtimestamp(1e9, UTC)
    with pytest.raises(NotImplementedError, match="use `modified`"):
        fs.created("p/a.txt")
    with pytest.raises(NotImplementedError, match="does not state when it was changed"):
        fs.modified("p")
    assert fs.unstrip_protocol("p/a.txt") == "served://p/a.txt"


def test_du_sums_the_sizes_that_are_stated(fs: ServedFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [entry._replace(size=None) if entry.name == "a.txt" else entry for entry in fs.store.walk("p")]
    monkeypatch.setattr(fs.store, "walk", lambda _: iter(entries))
    assert fs.du("p") == 1003
    assert fs.du("p", total=False)["p/a.txt"] is None


def test_a_missing_object_is_python_s_own_error(fs: ServedFileSystem) -> None:
    for act in (fs.info, fs.ls, fs.cat_file, fs.open, fs.ukey):
        with pytest.raises(FileNotFoundError, match="served://nowhere/x not found"):
            act("nowhere/x")
    for act in (fs.cat_file, fs.open, fs.sign):
        with pytest.raises(IsADirectoryError, match="served://p is a folder"):
            act("p")
    with pytest.raises(PathNotFound):
        fs.open("nowhere/x")
    with pytest.raises(IsFolder):
        fs.open("p")


def test_files_are_read_whole_in_parts_and_several_at_once(fs: ServedFileSystem) -> None:
    assert fs.cat_file("p/a.txt") == TEXT
    assert fs.cat_file("p/a.txt", 5, 50) == TEXT[5:50]
    assert fs.cat_file("p/a.txt", -20) == TEXT[-20:]
    assert fs.cat_file("p/a.txt", -20, -10) == TEXT[-20:-10]
    assert fs.cat_file("p/empty") == b""
    assert fs.cat("served://p/b c/deep/z.bin") == bytes(1000)
    assert fs.cat("p", recursive=True, on_error="omit") == {k: v for k, v in FILES.items() if k.startswith("p/")}
    assert fs.head("p/a.txt", 6) == b"line 0"
    assert fs.tail("p/a.txt", 5) == TEXT[-5:]
    store_of(fs).calls.clear()

    parts = fs.cat_ranges(["p/a.txt"] * 20 + ["nowhere"], [*range(20), 0], [*range(10, 30), 1])

    assert parts[:20] == [TEXT[at : at + 10] for at in range(20)]
    assert isinstance(parts[20], FileNotFoundError)
    assert store_of(fs).calls.count("look p/a.txt") <= 1
    with pytest.raises(FileNotFoundError):
        fs.cat_ranges(["nowhere"], 0, 1, on_error="raise")
    with pytest.raises(ValueError, match="as many"):
        fs.cat_ranges(["p/a.txt"], [0, 1], [1])
    with pytest.raises(TypeError, match="list"):
        fs.cat_ranges("p/a.txt", 0, 1)


def test_open_files_behave_as_files(fs: ServedFileSystem) -> None:
    with fs.open("p/a.txt") as file:
        assert file.readline() == b"line 0\n"
        assert b"".join(file) == TEXT[7:]
        assert file.seek(-7, 2) == len(TEXT) - 7
        assert file.read() == TEXT[-7:]
        assert file.read() == b""
        file.seek(100)
        into = bytearray(50)
        assert file.readinto(into) == 50
        assert bytes(into) == TEXT[100:150]
        assert file.tell() == 150
        assert file.readable()
        assert file.seekable()
        assert not file.writable()
    with fsspec.open("served://p/a.txt", "rt", port=store_of(fs).server.port) as text:
        assert text.readlines() == TEXT.decode().splitlines(keepends=True)
    with fs.open("p/a.txt") as file, io.BytesIO() as copy:
        shutil.copyfileobj(file, copy)
        assert copy.getvalue() == TEXT


#: fsspec's cache in a mapped file leaves that to the garbage collector.
LEFT_OPEN = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
CACHES = ("growing", "readahead", "blockcache", "bytes", "background", "mmap", "none", "all", "first")


@LEFT_OPEN
@pytest.mark.parametrize("cache", CACHES)
@settings(max_examples=3 * settings().max_examples // 8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 900)), max_size=12))
def test_any_way_through_a_file_gives_its_bytes(fs: ServedFileSystem, cache: str, reads: list[tuple[int, int]]) -> None:
    with fs.open("p/a.txt", block_size=300, cache_type=cache) as file:
        for place, length in reads:
            file.seek(place * 7)
            assert file.read(length) == TEXT[place * 7 : place * 7 + length]


def test_more_is_read_ahead_the_longer_a_reader_continues() -> None:
    body = bytes(range(256)) * 40_000
    ranges: list[tuple[int, int]] = []

    def fetch(start: int, end: int) -> bytes:
        ranges.append((start, end))
        return body[start:end]

    cache = GrowingReadAhead(4 * 1024 * 1024, fetch, len(body))
    assert b"".join(cache._fetch(at, at + 8192) for at in range(0, len(body), 8192)) == body
    lengths = [end - start for start, end in ranges]
    assert lengths[0] == 8192 + FIRST
    assert lengths[:4] == sorted(lengths[:4])
    assert len(ranges) < 8
    assert sum(lengths) == len(body)

    ranges.clear()
    for at in (2_000_000, 1_000, 5_000_000):
        cache._fetch(at, at + 10)
    assert [end - start for start, end in ranges] == [10 + FIRST] * 3


def test_a_file_that_changes_while_it_is_open_is_an_error_and_can_be_opened_again(fs: ServedFileSystem) -> None:
    file = fs.open("p/a.txt", cache_type="none")
    assert file.read(4) == b"line"
    store_of(fs).hold("p/a.txt", TEXT[::-1])

    with pytest.raises(SourceChanged, match="the file changed while it was read"):
        file.read(4)
    with pytest.raises(SourceChanged):
        pickle.loads(pickle.dumps(file))

    assert fs.cat_file("p/a.txt") == TEXT[::-1]
    with fs.open("p/a.txt") as again:
        assert again.read() == TEXT[::-1]


def test_what_was_read_or_listed_before_does_not_keep_from_reading_what_exists(fs: ServedFileSystem) -> None:
    fs.ls("p")
    assert fs.cat_file("p/a.txt", 0, 4) == b"line"
    store_of(fs).hold("p/a.txt", b"shorter")

    assert fs.cat_file("p/a.txt") == b"shorter"
    store_of(fs).hold("p/a.txt", b"another")
    assert fs.cat_ranges(["p/a.txt"], 0, None) == [b"another"]


@pytest.mark.parametrize(("options", "lookups"), [({}, 1), ({"use_listings_cache": False}, 3)])
def test_parts_of_a_file_are_read_with_one_lookup(
    fs: ServedFileSystem, server: Server, options: dict[str, Any], lookups: int
) -> None:
    fs = ServedFileSystem(port=server.port, **options)
    store_of(fs).calls.clear()
    for start in range(3):
        assert fs.cat_file("p/a.txt", start, start + 10) == TEXT[start : start + 10]
    assert store_of(fs).calls.count("look p/a.txt") == lookups
    fs.invalidate_cache("p/a.txt")
    fs.cat_file("p/a.txt", 0, 10)
    assert store_of(fs).calls.count("look p/a.txt") == lookups + 1


@pytest.mark.parametrize("sizeless", [False, True])
def test_a_server_without_ranges_is_read_by_fetching_the_whole_once(
    fs: ServedFileSystem, server: Server, noise: Callable[..., bytes], sizeless: bool
) -> None:
    body = noise(9_000_000)
    fs = ServedFileSystem(port=server.port, sizeless=sizeless)
    store_of(fs).hold("p/large", body)
    server.ranges = False
    if sizeless:
        key = b"p/large".hex()
        server.always[key] = lambda _server, _request, response: Response(
            200, response.headers, response.body, unsized=True
        )

    with fs.open("p/large", cache_type="none") as file:
        for place in (8_500_000, 10, 6_000_000, 4_500_000):
            file.seek(place)
            assert file.read(100) == body[place : place + 100]
        assert file.size == len(body)

    assert server.total < 2.5 * len(body)


@pytest.mark.parametrize("fast", [0, inf])
def test_long_reads_are_whole_over_one_connection_and_over_several(
    fs: ServedFileSystem, server: Server, noise: Any, monkeypatch: pytest.MonkeyPatch, fast: float
) -> None:
    monkeypatch.setattr("omicsdk.fs.file_bytes.FAST", fast)
    store_of(fs).hold("p/large", noise(3 * PIECE + 5))
    assert fs.cat_file("p/large", 3) == noise(3 * PIECE + 5)[3:]
    assert len(server.requests) == (4 if fast else 2)


def test_listings_are_remembered_until_something_changes(fs: ServedFileSystem) -> None:
    calls = store_of(fs).calls
    fs.ls("p")
    calls.clear()
    assert fs.info("p/a.txt")["size"] == len(TEXT)
    assert fs.ls("p", detail=False) == ["p/a.txt", "p/b c", "p/empty"]
    assert calls == []
    fs.pipe_file("p/new", b"1")
    assert fs.exists("p/new")
    assert "p/new" in fs.ls("p", detail=False)
    fs.rm_file("p/new")
    assert not fs.exists("p/new")
    store_of(fs).hold("p/late", b"")
    assert "p/late" in fs.ls("p", detail=False, refresh=True)
    fs.ls("p/b c")
    store_of(fs).hold("p/b c/late", b"")
    fs.invalidate_cache("served://p/")  # what was listed below is forgotten, too
    assert "p/b c/late" in fs.ls("p/b c", detail=False)
    fs.invalidate_cache("served://")
    assert fs._listings == {}
    fs.ls("p")
    fs.invalidate_cache()
    assert fs._listings == {}
    unremembering = ServedFileSystem(port=store_of(fs).server.port, use_listings_cache=False)
    unremembering.ls("p")
    calls.clear()
    unremembering.ls("p")
    assert calls == ["entries p"]


def test_a_file_goes_before_a_folder_of_its_path_in_remembered_listings_too(
    fs: ServedFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = [Entry("p/a.txt", "folder"), Entry("p/a.txt", "file", len(TEXT))]
    monkeypatch.setattr(ServedStore, "_entries", lambda _self, _path: iter(listing))
    fs.ls("p")
    assert fs.isfile("p/a.txt")


def test_keys_change_with_the_bytes(fs: ServedFileSystem) -> None:
    fs.ls("p")
    before = fs.ukey("p/a.txt"), fs.checksum("p/a.txt")
    assert before == (fs.ukey("p/a.txt"), fs.checksum("p/a.txt"))
    store_of(fs).hold("p/a.txt", TEXT[::-1])
    assert fs.ukey("p/a.txt") != before[0]
    assert fs.checksum("p/a.txt") != before[1]


# -- writing


def test_files_are_put_when_they_are_closed(fs: ServedFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    store, overwrites = store_of(fs), list[bool]()
    with fs.open("new/x y.bin", "wb", block_size=100) as file:
        file.write(b"a" * 150)
        file.write(b"b")
        assert store.content("new/x y.bin") is None
    assert store.content("new/x y.bin") == b"a" * 150 + b"b"
    with fsspec.open("served://new/t.txt.gz", "wt", compression="infer", port=store.server.port) as text:
        text.write("compressed")
    assert gzip.decompress(store.content("new/t.txt.gz") or b"") == b"compressed"
    fs.pipe({"new/1": b"1", "new/2": b"2"})
    assert fs.cat(["new/1", "new/2"]) == {"new/1": b"1", "new/2": b"2"}
    fs.touch("new/none")
    assert store.content("new/none") == b""
    with pytest.raises(NotImplementedError):
        fs.touch("new/1", truncate=False)
    for create in (lambda: fs.open("new/1", "xb"), lambda: fs.pipe("new/1", b"2", mode="create")):
        with pytest.raises(FileExistsError, match="served://new/1 already exists"):
            create()
    # Another writer's file came after the lookup: filesystem_spec issue 1693.
    monkeypatch.setattr(fs, "exists", lambda _: False)
    monkeypatch.setattr(fs, "put_whole", lambda *_, overwrite: overwrites.append(overwrite))
    fs.pipe("new/1", b"2", mode="create")
    assert overwrites == [False]
    with pytest.raises(NotImplementedError, match="not with ab"):
        fs.open("new/1", "ab")


@pytest.mark.parametrize("mode", ["wb", "wt", "xb"])
@pytest.mark.parametrize("name", ["a.gz", "a.bz2", "a.xz", "a.zip", "a.txt"])
def test_compressed_files_are_put_when_they_are_closed(fs: ServedFileSystem, name: str, mode: str) -> None:
    with fs.open(f"new/{name}", mode, compression="infer") as file:  # and not fsspec.open, which closes all files
        file.write("text" if mode == "wt" else b"text")
    with fs.open(f"new/{name}", compression="infer") as file:
        assert file.read() == b"text"


def _fails(file: Any) -> None:
    with file as opened:
        opened.write("half" if hasattr(opened, "encoding") else b"half")
        raise RuntimeError("no more")


def test_nothing_half_written_is_put(fs: ServedFileSystem, caplog: pytest.LogCaptureFixture) -> None:
    store = store_of(fs)
    store.calls.clear()
    with pytest.raises(RuntimeError):
        _fails(fs.open("new/x", "wb"))
    with pytest.raises(RuntimeError):
        _fails(fs.open("new/x", "w"))
    with pytest.raises(RuntimeError):
        _fails(fsspec.open("served://new/x", "wb", port=store.server.port))
    with pytest.raises(RuntimeError):
        _fails(fsspec.open("served://new/x.gz", "wt", compression="gzip", port=store.server.port))
    with pytest.raises(RuntimeError):
        _fails(fs.open("new/x.gz", "wb", compression="gzip"))
    file = fs.open("new/x", "wb")
    file.write(b"forgotten")
    del file
    assert caplog.messages[-1] == "served://new/x is not written: it was not closed"
    assert not [call for call in store.calls if call.startswith("put")]

    try:
        raise KeyError("handled")
    except KeyError:
        with fs.open("new/log", "wb") as file:
            file.write(b"what happened")
    assert store.content("new/log") == b"what happened"


def test_a_file_of_which_a_part_could_not_be_kept_is_never_put(fs: ServedFileSystem) -> None:
    class Full:
        def __init__(self, kept: Any) -> None:
            self.kept = kept

        def write(self, data: Any) -> int:
            self.kept.write(bytes(data[:3]))
            raise OSError(errno.ENOSPC, "No space left on device")

    file: Any = fs.open("new/x", "wb", block_size=10)
    file.write(b"a" * 10)
    kept, file._spool = file._spool, Full(file._spool)
    with pytest.raises(OSError, match="No space"):
        file.write(b"b" * 10)
    file._spool = kept  # by now there is room again
    with pytest.raises(OSError, match="No space"):
        file.close()
    assert store_of(fs).content("new/x") is None


def test_transactions_put_all_or_nothing(fs: ServedFileSystem) -> None:
    with fs.transaction:
        with fs.open("new/1", "wb") as file:
            file.write(b"1")
        assert store_of(fs).content("new/1") is None
    assert store_of(fs).content("new/1") == b"1"
    with pytest.raises(RuntimeError), fs.transaction:  # noqa: PT012 - what breaks stands in it
        with fs.open("new/2", "wb") as file:
            file.write(b"2")
        raise RuntimeError
    assert store_of(fs).content("new/2") is None


def test_places_that_can_not_be_written_state_it_at_once(fs: ServedFileSystem) -> None:
    fs = ServedFileSystem(port=store_of(fs).server.port, read_only=True)
    with pytest.raises(ReadOnly, match="served://p/x cannot be written"):
        fs.open("p/x", "wb")
    with pytest.raises(PermissionError):
        fs.pipe_file("p/x", b"")


def test_files_and_folders_come_verified_and_go_together(fs: ServedFileSystem, tmp_path: Path) -> None:
    fs.get("p", str(tmp_path / "came"), recursive=True)
    came = {
        path.relative_to(tmp_path / "came").as_posix(): path.read_bytes() for path in files_below(tmp_path / "came")
    }
    assert came == {name[2:]: data for name, data in FILES.items() if name.startswith("p/")}
    fs.get_file("p/a.txt", str(tmp_path / "one"))
    assert (tmp_path / "one").read_bytes() == TEXT
    into = io.BytesIO()
    fs.get_file("p/a.txt", into)
    assert into.getvalue() == TEXT
    fs.get(["p/a.txt", "q/é.txt"], [str(tmp_path / "x" / "1"), str(tmp_path / "y" / "2")])
    assert (tmp_path / "y" / "2").read_bytes() == b"accent"
    fs.get(PurePosixPath("q/é.txt"), tmp_path / "path")  # filesystem_spec issue 896
    assert (tmp_path / "path").read_bytes() == fs.cat(PurePosixPath("q/é.txt")) == b"accent"
    assert not (tmp_path / "state" / "copies").exists() or not list((tmp_path / "state" / "copies").iterdir())

    store_of(fs).calls.clear()
    fs.put(str(tmp_path / "came"), "up", recursive=True)
    assert fs.cat_file("up/b c/100% #1?.txt") == b"odd"
    assert len([call for call in store_of(fs).calls if call.startswith("put")]) == 1
    fs.put_file(str(tmp_path / "one"), "up/one")
    with pytest.raises(FileExistsError):
        fs.put_file(str(tmp_path / "one"), "up/one", mode="create")
    fs.put(tmp_path / "one", PurePosixPath("up/path"))
    assert fs.cat_file("up/path") == TEXT


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_files_that_changed_since_an_unfinished_get_are_fetched_again(
    server: Server, served: ServedFileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fs = ServedFileSystem(port=server.port, sizeless=True, use_listings_cache=False)
    store, changed = store_of(fs), [1e9]
    look = store._look
    monkeypatch.setattr(store, "_look", lambda path: look(path)._replace(modified=changed[-1]))
    places = [str(tmp_path / name) for name in ("a", "b")]
    store.hold("p/a", b"1")
    store.hold("p/b", b"2")
    store.always("p/b", lambda *_: Response(404))
    with pytest.raises(OmicsError):
        fs.get(["p/a", "p/b"], places)
    assert (tmp_path / "a").read_bytes() == b"1"
    store.hold("p/a", b"9")
    changed.append((tmp_path / "a").stat().st_mtime + 1)
    with pytest.raises(OmicsError):
        fs.get(["p/a", "p/b"], places)
    assert (tmp_path / "a").read_bytes() == b"9"


def test_a_damaged_file_does_not_come(fs: ServedFileSystem, tmp_path: Path, fault: Any) -> None:
    store_of(fs).always("p/a.txt", fault.flip(9))

    with pytest.raises(OmicsError, match="sha256"):
        fs.get_file("p/a.txt", str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()


def test_folders_copies_and_removals(fs: ServedFileSystem) -> None:
    fs.makedirs("new/folder")
    fs.makedirs("new/folder", exist_ok=True)
    for make in (fs.makedirs, fs.mkdir):
        with pytest.raises(FileExistsError):
            make("new/folder")
    with pytest.raises(FileExistsError):
        fs.makedirs("p/a.txt", exist_ok=True)
    assert fs.isdir("new/folder")
    with pytest.raises(FileNotFoundError):
        fs.mkdir("nowhere/folder", create_parents=False)
    fs.mkdir("p/other", create_parents=False)
    assert fs.isdir("p/other")
    fs.rmdir("new/folder")
    assert not fs.exists("new/folder")
    with pytest.raises(NotADirectoryError):
        fs.rmdir("p/a.txt")
    fs.cp("p/a.txt", "new/b.txt")
    fs.mv("q/é.txt", "q/e.txt")
    assert fs.cat_file("new/b.txt") == TEXT
    assert fs.ls("q", detail=False) == ["q/e.txt"]
    fs.rm("p", recursive=True)
    assert fs.find("p") == []


def unlistable(fs: ServedFileSystem, path: str, error: OmicsError, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = ServedStore.entries

    def refused(store: ServedStore, at: str) -> Iterator[Entry]:
        if at == path:
            raise error
        return entries(store, at)

    monkeypatch.setattr(ServedStore, "entries", refused)


@pytest.mark.parametrize("kind", [PathError, PathNotFound, NotListed])
def test_a_folder_that_can_not_be_listed_is_never_left_out(
    fs: ServedFileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[PathError]
) -> None:
    error = kind("served://p/b c", "cannot be listed")
    unlistable(fs, "p/b c", error, monkeypatch)
    for act in (
        lambda: fs.get("p", str(tmp_path / "came"), recursive=True),
        lambda: fs.cp("p", "copy", recursive=True),
        lambda: fs.mv("p", "moved", recursive=True),
        lambda: fs.rm("p", recursive=True),
        lambda: fs.find("p"),
        lambda: fs.find("p", maxdepth=2),
        lambda: fs.du("p"),
    ):
        with pytest.raises(kind, match="cannot be listed"):
            act()
    assert not (tmp_path / "came").exists()
    assert {path: store_of(fs).content(path) for path in FILES} == FILES


@pytest.mark.parametrize(
    ("source", "target"),
    [("p/a.txt", "p/"), ("p", "p/b c"), ("p", "p/below")],
)
def test_what_is_moved_into_itself_stays(fs: ServedFileSystem, source: str, target: str) -> None:
    with pytest.raises(PathError, match="cannot be moved"):
        fs.mv(source, target, recursive=True)
    assert {path: store_of(fs).content(path) for path in FILES} == FILES


@pytest.mark.parametrize(("source", "target"), [("served://p/a.txt", "p/a.txt"), ("p", "served://p")])
def test_moving_a_path_to_itself_changes_nothing(fs: ServedFileSystem, source: str, target: str) -> None:
    fs.mv(source, target, recursive=True)  # as fsspec's own
    assert {path: store_of(fs).content(path) for path in FILES} == FILES


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (["p/a/x", "p/b/x"], "p/both/"),  # the target's names are the last ones
        (["p/a/x", "p/b/x"], ["p/new", "p/new"]),
        (["p/a/x", "p/b/x"], ["p/b/x", "p/new"]),  # the first replaces the second before that is copied
        ("p/a/", "p/"),
    ],
)
@pytest.mark.parametrize("name", ["mv", "copy"])
def test_no_file_is_lost_where_another_one_goes(
    served: ServedFileSystem, name: str, source: list[str] | str, target: list[str] | str
) -> None:
    files = {"p/a/a/x": b"inner", "p/a/x": b"one", "p/b/x": b"two"}
    for path, data in files.items():
        store_of(served).hold(path, data)
    with pytest.raises((NameClash, PathError), match="Copy them to"):
        getattr(served, name)(source, target, recursive=True)
    assert {path: served.cat_file(path) for path in served.find("")} == files


def test_an_open_file_that_accepts_no_bytes_is_an_error(fs: ServedFileSystem) -> None:
    class Full(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            calls.append(len(data))
            assert len(calls) < 10
            return 0

    calls: list[int] = []
    with pytest.raises(PathError, match="accepts no more bytes"):
        fs.get_file("p/a.txt", Full())


def test_two_files_are_not_put_under_one_name(served: ServedFileSystem, tmp_path: Path) -> None:
    sources = [tmp_path / folder / "x" for folder in "ab"]
    for source in sources:
        source.parent.mkdir()
        source.write_text(source.parent.name)
    with pytest.raises(NameClash, match="would come from"):
        served.put([str(source) for source in sources], "p/both/")
    assert served.find("") == []


def test_what_downloads_left_in_a_folder_is_not_put(served: ServedFileSystem, tmp_path: Path) -> None:
    for name in ("data/b.txt", "data/.omics-transfer/parts/b.part", "data/c.txt.0123abcd.part", "a.txt"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    served.put(str(tmp_path / "in"), "t", recursive=True)
    assert served.find("t", withdirs=True) == ["t", "t/a.txt", "t/data", "t/data/b.txt"]
    served.put(str(tmp_path / "in/data/.omics-transfer/parts/b.part"), "t/.omics-transfer/b.part")
    assert served.cat_file("t/.omics-transfer/b.part") == b"x"


def test_moving_removes_what_was_copied_and_nothing_else(fs: ServedFileSystem) -> None:
    fs.mv("p", "moved", recursive=True, maxdepth=1)
    assert fs.find("p") == ["p/b c/100% #1?.txt", "p/b c/deep/z.bin"]
    assert fs.find("moved") == ["moved/a.txt", "moved/empty"]
    fs.mv("p", "all", recursive=True)
    assert fs.find("all") == ["all/b c/100% #1?.txt", "all/b c/deep/z.bin"]
    assert not fs.exists("p")
    with pytest.raises(IsFolder):
        fs.mv("all", "elsewhere")


# -- who else uses it


def test_a_url_for_others_where_there_is_one(fs: ServedFileSystem) -> None:
    assert fs.sign("p/a.txt") == store_of(fs).server.url(b"p/a.txt".hex())
    with pytest.raises(NotImplementedError, match="provides no URL that works without credentials"):
        ServedFileSystem(port=store_of(fs).server.port, headers=True).sign("p/a.txt")


def test_one_store_for_all_threads_and_instances(fs: ServedFileSystem) -> None:
    port = store_of(fs).server.port
    with ThreadPoolExecutor(4) as pool:
        stores = set(pool.map(lambda _: ServedFileSystem(port=port).store, range(8)))
    assert stores == {fs.store}
    assert ServedFileSystem(port=port) is fs
    assert ServedFileSystem(port=port, token="other").store is not fs.store
    over = ServedFileSystem.over(fs.store)
    assert over is not ServedFileSystem.over(fs.store)
    assert over.cat_file("p/empty") == b""


def test_pickled_it_is_the_same_and_shows_no_secret(fs: ServedFileSystem) -> None:
    port = store_of(fs).server.port
    secret = ServedFileSystem(port=port, token="SECRET")
    again = pickle.loads(pickle.dumps(secret))
    assert again.cat_file("p/a.txt") == TEXT
    assert again.storage_options["token"] == "SECRET"
    for shown in (repr(secret), str(secret), repr(secret.storage_options), secret.to_json(), str(secret.to_dict())):
        assert "SECRET" not in shown
    assert json.loads(secret.to_json())["port"] == port
    assert "SECRET" in secret.to_json(include_password=True)
    nested = CrunchFileSystem(
        url="http://127.0.0.1:1", storage_settings={"AWS_SECRET_ACCESS_KEY": "SECRET", "MEDIA_ROOT": "/media"}
    )
    for shown in (repr(nested.storage_options), nested.to_json(), str(nested.to_dict())):
        assert "'SECRET'" not in shown.replace('"', "'")
        assert "/media" in shown
    with fs.open("p/a.txt") as file:
        file.seek(10)
        copy = pickle.loads(pickle.dumps(file))
    assert copy.read(10) == TEXT[10:20]


def _in_fork(pipe: Any, file: Any, fs: ServedFileSystem) -> None:
    pipe.send((file.read(10), fs.cat_file("p/a.txt", 20, 30), fs.ls("q", detail=False)))
    pipe.close()


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_reads_over_separate_connections(fs: ServedFileSystem) -> None:
    file = fs.open("p/a.txt", cache_type="none")
    assert file.read(10) == TEXT[:10]
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_in_fork, args=(there, file, fs))
    child.start()
    there.close()
    assert here.poll(30)
    assert here.recv() == (TEXT[10:20], TEXT[20:30], ["q/é.txt"])
    child.join(30)
    assert child.exitcode == 0
    assert file.read(10) == TEXT[10:20]


def test_asynchronous_callers(fs: ServedFileSystem) -> None:
    async def read() -> tuple[bytes, list[bytes], Any]:
        wrapped = AsyncFileSystemWrapper(fs, asynchronous=True)
        parts = await wrapped._cat_ranges(["p/a.txt"] * 3, [0, 5, 10], [5, 10, 15])
        return await wrapped._cat_file("p/a.txt", 1, 5), parts, await wrapped._exists("nowhere")

    assert asyncio.run(read()) == (TEXT[1:5], [TEXT[:5], TEXT[5:10], TEXT[10:15]], False)


def test_blocks_are_kept_on_disk_for_other_reads_until_the_file_changes(
    fs: ServedFileSystem, tmp_path: Path, noise: Callable[..., bytes]
) -> None:
    store, server, body = store_of(fs), store_of(fs).server, noise(3 * BLOCK + 100)
    store.hold("p/large", body)
    key = b"p/large".hex()

    def opened() -> ServedFileSystem:
        made = ServedFileSystem(port=server.port, block_cache=str(tmp_path / "blocks"), skip_instance_cache=True)
        made.ls("p")  # which is cached, and reports no change to a reader
        return made

    cached = opened()
    assert cached.cat_file("p/large", BLOCK + 5, BLOCK + 10) == body[BLOCK + 5 : BLOCK + 10]
    assert [request.headers["range"] for request in server.of(key)] == [f"bytes={BLOCK}-{2 * BLOCK - 1}"]
    with opened().open("p/large", cache_type="none") as file:
        file.seek(BLOCK)
        assert file.read(100) == body[BLOCK : BLOCK + 100]
    assert len(server.of(key)) == 1
    assert opened().cat_file("p/large") == body
    assert [request.headers["range"] for request in server.of(key)[1:]] == [
        f"bytes=0-{BLOCK - 1}",
        f"bytes={2 * BLOCK}-{len(body) - 1}",
    ]
    assert opened().cat_file("p/large", -10) == body[-10:]
    assert len(server.of(key)) == 3

    store.hold("p/large", body[::-1])
    assert cached.cat_file("p/large", 0, 10) == body[::-1][:10]
    assert opened().cat_file("p/large") == body[::-1]
    private = {path.stat().st_mode & 0o077 for path in (tmp_path / "blocks").rglob("*")}
    assert private == {0} or sys.platform == "win32"


def test_a_missing_object_is_requested_once(fs: ServedFileSystem) -> None:
    store_of(fs).calls.clear()
    with pytest.raises(FileNotFoundError):
        fs.cat_file("p/nowhere")
    assert store_of(fs).calls == ["look p/nowhere"]


def test_blocks_of_a_file_that_came_after_the_look_are_not_kept_as_the_old_ones(
    fs: ServedFileSystem, tmp_path: Path, noise: Callable[..., bytes]
) -> None:
    store, server, body = store_of(fs), store_of(fs).server, noise(2 * BLOCK)
    store.hold("p/large", body)
    cached = ServedFileSystem(port=server.port, block_cache=str(tmp_path / "blocks"))
    assert cached.cat_file("p/large", 0, 5) == body[:5]

    with cached.open("p/large", cache_type="none") as file:
        store.hold("p/large", body[::-1])  # as long as the old one, of which there is a block
        file.seek(BLOCK)
        with pytest.raises(SourceChanged):
            file.read(5)
    store.hold("p/large", body)
    assert cached.cat_file("p/large") == body


def test_readers_of_blocks_ask_twice_what_there_is_however_much_they_read(
    fs: ServedFileSystem, tmp_path: Path, noise: Callable[..., bytes]
) -> None:
    store_of(fs).hold("p/large", noise(4 * BLOCK))
    cached = ServedFileSystem(port=store_of(fs).server.port, block_cache=str(tmp_path / "blocks"))
    with cached.open("p/large", cache_type="none") as file:
        store_of(fs).calls.clear()
        for place in range(4):
            file.seek(place * BLOCK)
            file.read(5)
    assert store_of(fs).calls.count("look p/large") == 1


def test_blocks_that_were_read_longest_ago_make_room(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path, 10_000)
    for number in range(8):
        cache.keep("abcdef", number, bytes(1000))
        os.utime(tmp_path / "ab" / "cdef" / str(number), (number, number))
    assert cache.get("abcdef", 0, 1000) == bytes(1000)
    assert cache.get("abcdef", 3, 999) is None
    os.utime(tmp_path / "ab" / "cdef" / "3", (3, 3))
    path = tmp_path / "ab" / "cdef" / "7"
    path.write_bytes(b"1" + path.read_bytes()[1:])  # as after a power cut
    assert cache.get("abcdef", 7, 1000) is None

    for number in range(8, 11):
        cache.keep("abcdef", number, bytes(1000))

    blocks = sorted(int(path.name) for path in tmp_path.rglob("*") if path.is_file())
    assert blocks == [0, 3, 4, 5, 6, 7, 8, 9, 10]


@given(st.lists(st.booleans(), max_size=40))
def test_missing_blocks_are_requested_in_runs(missing: list[bool]) -> None:
    missing_runs = list(runs(number for number, gone in enumerate(missing) if gone))
    joined = [number for first, last in missing_runs for number in range(first, last + 1)]
    assert joined == [number for number, gone in enumerate(missing) if gone]
    assert all(later > last + 1 for (_, last), (later, _) in pairwise(missing_runs))


def test_a_folder_that_can_not_be_written_is_no_hindrance(fs: ServedFileSystem, tmp_path: Path) -> None:
    (tmp_path / "blocks").write_bytes(b"")
    cached = ServedFileSystem(port=store_of(fs).server.port, block_cache=str(tmp_path / "blocks"))
    assert cached.cat_file("p/a.txt") == TEXT


@LEFT_OPEN
def test_fsspec_s_own_caches_hold_files_that_do_not_change(fs: ServedFileSystem, tmp_path: Path) -> None:
    options = {"served": {"port": store_of(fs).server.port, "block_size": 1000}}
    for kind in ("blockcache", "filecache", "simplecache"):
        chained = options | {kind: {"cache_storage": str(tmp_path / kind)}}
        for _ in range(2):
            with fsspec.open(f"{kind}::served://p/a.txt", **chained) as file:
                file.seek(3000)
                assert file.read(500) == TEXT[3000:3500]
    assert len(store_of(fs).server.of(b"p/a.txt".hex())) == 3


def test_options_that_a_store_does_not_take_are_reported_at_once() -> None:
    with pytest.raises(TypeError, match="colour"):
        DssFileSystem(colour="red")


def test_without_fsspec_it_states_what_to_install() -> None:
    program = "import sys; sys.modules['fsspec'] = None; import omicsdk.fs.filesystems"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert "MissingExtra" in done.stderr
    assert "[fsspec]'" in done.stderr
