"""Putting, comparing, and finding again, in each kind of store."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from claimed_ports import free_port
from fsspec.implementations.dirfs import DirFileSystem
from omicsdk.core import ChecksumMismatch, NotWritable, TransferError, TruncatedTransfer, UsageError
from omicsdk.core.checksums import digest
from omicsdk.transfer import FsspecTarget, Item, Location
from omicsdk.transfer.downloads.targets import IDENTITY, TRIES, Store

KINDS = ["memory", "folder", "s3"]
BODY = b"some bytes" * 1000


def never() -> bool:
    return False


def item(body: bytes = BODY, *algorithms: str) -> Item:
    checksums = {algorithm: digest(body, algorithm) for algorithm in algorithms}
    return Item("a/b", Location("http://127.0.0.1/"), len(body), checksums)


def read(target: FsspecTarget) -> bytes:
    with target.fs.open(target.place("a/b"), "rb") as file:
        return file.read()


@pytest.fixture
def local(tmp_path: Any) -> str:
    """The spooled file."""
    path = tmp_path / "spooled"
    path.write_bytes(BODY)
    return str(path)


@pytest.fixture
def make(request: Any, clock: Any, broken: Any) -> Any:
    """Makes a store over one of the file systems, broken as wished."""

    def made(kind: str, options: dict[str, Any] | None = None, **breaks: Any) -> Store:
        fs, path = request.getfixturevalue(kind)
        return Store(FsspecTarget(broken(fs, **breaks), path, **(options or {})), clock)

    return made


@pytest.mark.parametrize("kind", KINDS)
def test_put_and_found_again(make, local, kind):
    store = make(kind)
    target_item = item(BODY, "sha256")
    assert store.existing_object(target_item, None, never) is None
    done = store.put("a/b", local, len(BODY), target_item.checksums).state
    assert read(store.target) == BODY
    assert done.size == len(BODY)
    assert done.checksums[IDENTITY]
    opened = store.target.fs.count("open")
    there = store.existing_object(target_item, done, never)
    assert there.fresh is None
    assert dict(there.checksums) == dict(target_item.checksums)
    assert store.target.fs.count("open") == opened  # the record was enough


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_record_it_is_read(make, local, kind):
    store = make(kind)
    target_item = item(BODY, "sha256", "md5")
    done = store.put("a/b", local, len(BODY), target_item.checksums).state
    there = store.existing_object(target_item, None, never)
    assert there.fresh == done
    assert store.existing_object(item(BODY), None, never) is None  # nothing is stated to hold it against
    assert store.existing_object(item(BODY[::-1], "md5"), None, never) is None
    assert store.existing_object(item(BODY + b"!", "md5"), None, never) is None


@pytest.mark.parametrize("kind", KINDS)
def test_another_object_of_the_same_size_is_no_longer_it(make, local, kind, tmp_path):
    store = make(kind)
    target_item = item(BODY, "crc32c")
    done = store.put("a/b", local, len(BODY), target_item.checksums).state
    other = tmp_path / "other"
    other.write_bytes(BODY[::-1])
    store.target.fs.put_file(str(other), store.target.place("a/b"))
    assert store.existing_object(target_item, done, never) is None


@pytest.mark.parametrize("listed", ["a", "a/b"])
def test_a_listing_that_was_cached_before_the_put_is_not_used(make, local, listed):
    def info(real, path):
        return {"type": "directory", "size": 0} if cached else real(path)

    store = make("memory", info=info, invalidate_cache=lambda _, path: cached.discard(path))
    cached = {store.target.place(listed)}
    assert store.put("a/b", local, len(BODY), {}).state.size == len(BODY)


@pytest.mark.parametrize("kind", KINDS)
def test_it_can_be_read_back_each_time(make, local, kind):
    store = make(kind, {"verify": "read"})
    put = store.put("a/b", local, len(BODY), {})
    assert put.compared == ("size, md5, its bytes" if kind == "s3" else "size, its bytes")
    assert store.target.fs.count("open") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_file(make, tmp_path, kind):
    store = make(kind, {"verify": "read"})
    (tmp_path / "empty").write_bytes(b"")
    done = store.put("a/b", str(tmp_path / "empty"), 0, {}).state
    assert done.size == 0
    assert store.existing_object(item(b""), done, never).size == 0


def test_several_parts_are_held_against_the_etag(s3, clock, broken, tmp_path):
    body = BODY * 1100
    (tmp_path / "large").write_bytes(body)
    fs, path = s3
    store = Store(FsspecTarget(broken(fs), path), clock)
    assert store.put("a/b", str(tmp_path / "large"), len(body), {}).compared == "size, s3_etag"
    assert fs.info(f"{path}/a/b")["ETag"].endswith('-3"')
    assert store.target.fs.count("open") == 0
    assert store.target.fs.count("put_file") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_half_an_object_is_put_again(make, local, kind):
    halves = [1]

    def half(real, source, path):
        real(source, path)
        if halves:
            halves.pop()
            Path(f"{source}.half").write_bytes(BODY[:99])
            real(f"{source}.half", path)

    store = make(kind, put_file=half)
    store.put("a/b", local, len(BODY), {})
    assert read(store.target) == BODY
    assert store.target.fs.count("put_file") == 2


@pytest.mark.parametrize("kind", KINDS)
def test_always_half_is_an_error_and_nothing_is_left(make, local, kind):
    def half(real, source, path):
        Path(f"{source}.half").write_bytes(BODY[:99])
        real(f"{source}.half", path)

    store = make(kind, put_file=half)
    with pytest.raises(TruncatedTransfer, match=f"99 of {len(BODY)} bytes"):
        store.put("a/b", local, len(BODY), {})
    assert store.target.fs.count("put_file") == TRIES
    assert store.existing_object(item(BODY[:99]), None, never) is None
    with pytest.raises(FileNotFoundError):
        store.target.fs.info(store.target.place("a/b"))


@pytest.mark.parametrize(
    ("kind", "verify"), [("s3", "reported"), ("s3", "read"), ("memory", "read"), ("folder", "read")]
)
@pytest.mark.parametrize("algorithms", [(), ("sha256",)])
def test_other_bytes_of_the_same_length_are_seen(make, local, kind, verify, algorithms):
    def flipped(real, source, path):
        Path(f"{source}.flipped").write_bytes(BODY[:-1] + b"!")
        real(f"{source}.flipped", path)

    store = make(kind, {"verify": verify}, put_file=flipped)
    with pytest.raises(ChecksumMismatch):
        store.put("a/b", local, len(BODY), item(BODY, *algorithms).checksums)
    with pytest.raises(FileNotFoundError):
        store.target.fs.info(store.target.place("a/b"))


def test_an_etag_that_is_no_md5_is_settled_by_reading(make, local):
    def encrypted(real, path):
        return {**real(path), "ETag": f'"{hashlib.md5(b"of encrypted bytes").hexdigest()}"'}

    store = make("s3", info=encrypted)
    store.put("a/b", local, len(BODY), {})
    assert store.target.fs.count("open") == 1


@pytest.mark.parametrize("kind", ["memory", "folder"])
@pytest.mark.parametrize("changes", [{"size": None}, {}])
def test_a_store_that_states_no_size_is_settled_by_reading(make, local, kind, changes, tmp_path):
    def sizeless(real, path):
        info = dict(real(path))
        del info["size"]
        return info | changes

    store = make(kind, info=sizeless)
    target_item = item(BODY, "md5")
    done, compared = store.put("a/b", local, len(BODY), target_item.checksums)
    assert (compared, store.target.fs.count("open")) == ("size, its bytes", 1)
    assert store.existing_object(target_item, done, never).fresh is None
    assert store.existing_object(target_item, None, never).fresh == done
    assert store.existing_object(item(BODY + b"!", "md5"), None, never) is None
    assert store.existing_object(Item("a/b", Location("http://127.0.0.1/")), done, never) is None
    (short := tmp_path / "short").write_bytes(BODY[:99])
    with pytest.raises(ChecksumMismatch):
        make(kind, info=sizeless, put_file=lambda real, _, path: real(str(short), path)).put("c", local, len(BODY), {})


def test_what_is_reported_for_sure_is_believed(make, local):
    store = make("memory", info=lambda real, path: {**real(path), "crc32c": "AAAAAA=="})
    with pytest.raises(ChecksumMismatch, match="crc32c is 00000000"):
        store.put("a/b", local, len(BODY), {})


def test_files_are_put_aside_where_they_grow(make, local, tmp_path):
    store = make("folder")
    store.put("a/b", local, len(BODY), {})
    (put,) = [path for name, path in store.target.fs.calls if name == "put_file"]
    assert put.endswith(".part")
    assert store.target.fs.count("mv") == 1
    assert not store.target.fs.exists(put)
    (empty := tmp_path / "empty").touch()
    with pytest.raises(TruncatedTransfer):
        make("folder", put_file=lambda real, _, path: real(str(empty), path)).put("a/b", local, len(BODY), {})
    assert read(store.target) == BODY  # the former file


def test_nothing_is_left_aside(make, local, tmp_path):
    def fails(real, *paths):
        raise PermissionError(13, "Permission denied")

    store = make("folder", mv=fails)
    with pytest.raises(NotWritable, match="Permission denied"):
        store.put("a/b", local, len(BODY), {})
    assert list((tmp_path / "store" / "a").iterdir()) == []


def test_a_name_like_a_pattern(memory, local, clock):
    """fsspec moves what a pattern matches, and these match each other."""
    fs, root = memory
    fs.mkdir(root)
    store = Store(FsspecTarget(DirFileSystem(root, fs), "to"), clock)
    names = ["x[1].txt", "y*.txt", "y*.txt", "yes.txt"]
    for name in names:
        store.put(name, local, len(BODY), {})
    assert fs.find(root) == sorted({f"{root}/to/{name}" for name in names})


def test_a_store_that_moves_only_to_free_places(make, local, tmp_path):
    failing: list[str] = []

    def free(real, source, path):
        if store.target.fs.exists(path):
            raise FileExistsError(path)
        if any(source.endswith(ending) for ending in failing):
            raise PermissionError(13, "Permission denied")
        real(source, path)

    store = make("folder", mv=free)
    for _ in range(2):
        store.put("a/b", local, len(BODY), {})
    assert read(store.target) == BODY
    local_of_new = tmp_path / "new"
    local_of_new.write_bytes(b"new")
    failing.append(".part")
    with pytest.raises(NotWritable, match="Permission denied"):
        store.put("a/b", str(local_of_new), 3, {})
    assert read(store.target) == BODY
    assert [path.name for path in (tmp_path / "store" / "a").iterdir()] == ["b"]
    failing.append(".former")
    with pytest.raises(NotWritable, match=r"the former file is .*/a/b\.\w+\.former"):
        store.put("a/b", str(local_of_new), 3, {})
    (former,) = (tmp_path / "store" / "a").iterdir()
    assert former.read_bytes() == BODY


def test_trouble_that_passes(make, local, clock):
    troubles = [OSError(5, "away"), OSError(5, "away")]

    def shaky(real, *paths):
        if troubles:
            raise troubles.pop()
        real(*paths)

    make("memory", put_file=shaky).put("a/b", local, len(BODY), {})
    assert clock.slept == 1.5


def test_trouble_that_stays(make, local):
    def away(real, *paths):
        raise OSError(5, "away")

    store = make("memory", put_file=away)
    with pytest.raises(TransferError, match=r"memory://.*/prefix/a/b: writing it failed: away"):
        store.put("a/b", local, len(BODY), {})
    assert store.target.fs.count("put_file") == TRIES


def test_no_signature_is_reported(make, local):
    def quotes(real, *paths):
        raise PermissionError("https://b.example.org/k?X-Amz-Signature=canary0123456789 is forbidden")

    with pytest.raises(TransferError, match="is forbidden") as caught:
        make("memory", put_file=quotes).put("a/b", local, len(BODY), {})
    assert "canary" not in str(caught.value)


def test_a_library_s_own_error_is_reported(make, local):
    def failing(real, *paths):
        raise KeyError("x-what")

    with pytest.raises(TransferError, match="x-what"):
        make("memory", put_file=failing).put("a/b", local, len(BODY), {})
    with pytest.raises(TransferError, match=r"looking it up failed.*x-what"):
        make("memory", info=failing).existing_object(item(), None, never)
    store = make("memory", open=failing)
    store.put("a/b", local, len(BODY), {})
    with pytest.raises(TransferError, match=r"reading it failed.*x-what"):
        store.existing_object(item(BODY, "md5"), None, never)


def test_a_folder_in_the_way(make, local, folder):
    store = make("folder")
    folder[0].makedirs(folder[1] + "/a/b")
    for size in (store.target.fs.info(folder[1] + "/a/b")["size"], 1, None):
        with pytest.raises(NotWritable, match="a folder of that name exists"):
            store.existing_object(Item("a/b", Location("http://127.0.0.1/"), size), None, never)


def test_an_object_may_have_the_name_of_a_prefix(make, memory):
    store = make("memory")
    memory[0].makedirs(memory[1] + "/a/b")
    assert store.existing_object(item(), None, never) is None


def test_an_invalid_target(memory):
    with pytest.raises(UsageError, match="nonsense://x cannot be used as a target"):
        FsspecTarget.of("nonsense://x")
    with pytest.raises(UsageError, match=r"ftp://127\.0\.0\.1:\d+/x cannot be used as a target: .*refused"):
        FsspecTarget.of(f"ftp://127.0.0.1:{free_port()}/x")
    with pytest.raises(ValueError, match="at least 1"):
        FsspecTarget(*memory, puts=0)
    with pytest.raises(ValueError, match="'reported' or 'read'"):
        FsspecTarget(*memory, verify="never")


def test_a_url_is_enough_and_shows_no_secrets():
    target = FsspecTarget.of("memory://bucket/prefix/")
    assert target.url("a") == "memory:///bucket/prefix/a"
    assert repr(target) == "FsspecTarget('memory:///bucket/prefix')"
    assert target.whole
    assert FsspecTarget.of("file:///").place("a") == "/a"
    assert FsspecTarget.of("memory://").place("a") == "a"
