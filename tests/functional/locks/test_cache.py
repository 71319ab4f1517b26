"""Files of a shared cache instead of requests, and what the folder may be in: a project never gets wrong bytes."""

import errno
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from breakable import MIB, Server
from breakable import noise as noise
from breakable import server as server
from breakable import target as target
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk import Cache
from omicsdk.core import ManualClock
from omicsdk.core.checksums import digest
from omicsdk.transfer import Item, TransferReport, download
from privileges import as_ordinary_user

LINKS = ("copy", "symlink", "hardlink")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "shared")


def entry(cache: Cache, content: bytes) -> Path:
    sha256 = digest(content, "sha256")
    return cache.folder / "sha256" / sha256[:2] / sha256


def pulled(cache: Cache, folder: Path, *items: Item, **options: Any) -> TransferReport:
    """Download into a folder; every file is right."""
    report = download(items, folder, cache=cache, **options)
    report.raise_if_failed()
    return report


def rewritten(path: Path, content: bytes) -> None:
    """Write to a file of the cache in its place, as another program might."""
    path.chmod(0o644)
    path.write_bytes(content)


# -- one fetch for all projects


@pytest.mark.parametrize(
    ("algorithm", "size"),
    [("sha256", 100), ("md5", 9 * MIB), ("s3_etag", 100), ("s3_etag:5242880", 6 * MIB), ("sha512", 100), ("sha1", 0)],
)
def test_a_second_project_requests_nothing(
    server: Server, cache: Cache, tmp_path: Path, noise: Any, algorithm: str, size: int
):
    content = noise(size)
    item = server.item("genome/hg38.fa", content, algorithm, "crc32c")
    assert pulled(cache, tmp_path / "one", item).from_cache == 0
    server.requests.clear()
    report = pulled(cache, tmp_path / "two", item)
    (outcome,) = report.outcomes
    assert (tmp_path / "two/genome/hg38.fa").read_bytes() == content
    assert (server.requests, report.bytes_fetched, report.from_cache) == ([], 0, 1)
    assert (outcome.state, outcome.verification, outcome.checksums) == ("done", "verified", item.checksums)
    assert outcome.to_dict()["from_cache"] is True
    assert pulled(cache, tmp_path / "two", item).counts["skipped"] == 1
    assert stat.S_IMODE(entry(cache, content).stat().st_mode) & 0o222 == 0


def test_any_checksum_of_the_same_content_finds_it(server: Server, cache: Cache, tmp_path: Path):
    pulled(cache, tmp_path / "one", server.item("a", b"content", "md5"))
    assert pulled(cache, tmp_path / "two", server.item("b", b"content", "sha256")).from_cache == 1
    assert pulled(cache, tmp_path / "three", server.item("c", b"content", "md5", "sha256")).from_cache == 1


@pytest.mark.parametrize("algorithms", [("crc32c",), ("crc32",), ("crc64nvme",), ()])
def test_a_weak_checksum_identifies_nothing(server: Server, cache: Cache, tmp_path: Path, algorithms: tuple[str, ...]):
    item = server.item("a", b"content", *algorithms)
    pulled(cache, tmp_path / "one", item)
    assert pulled(cache, tmp_path / "two", item).from_cache == 0
    assert not cache.folder.exists()


def test_a_dry_run_states_what_the_cache_has(server: Server, cache: Cache, tmp_path: Path):
    items = [server.item("a", b"content", "md5"), server.item("b", b"other", "md5")]
    pulled(cache, tmp_path / "one", items[0])
    report = download(items, tmp_path / "two", cache=cache, dry_run=True)
    assert [outcome.plan for outcome in report.outcomes] == ["take it from the cache", "download 5 bytes"]
    assert report.outcomes.bytes_planned == 5


def test_private_downloads_stay_out_of_the_cache(server: Server, cache: Cache, tmp_path: Path):
    pulled(cache, tmp_path / "one", server.item("a", b"content", "md5"), mode=0o600)
    assert not cache.folder.exists()


def test_a_file_that_was_written_to_since_it_was_verified_enters_no_cache(
    cache: Cache, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "a").write_bytes(b"changed")
    assert cache.add(str(tmp_path / "a"), {"sha256": digest(b"verified", "sha256")}) is None
    assert "it was written to after it was verified" in caplog.text
    assert list(cache.entries()) == []


# -- links


@pytest.mark.parametrize("link", ["symlink", "hardlink"])
def test_projects_share_one_file_by_links(
    server: Server, cache: Cache, tmp_path: Path, link: Any, monkeypatch: pytest.MonkeyPatch
):
    item = server.item("hg38.fa", b"content", "md5")
    for project in ("one", "two"):
        pulled(cache, tmp_path / project, item, link=link)
        assert (tmp_path / project / "hg38.fa").samefile(entry(cache, b"content"))
        assert (tmp_path / project / "hg38.fa").is_symlink() == (link == "symlink")
        assert pulled(cache, tmp_path / project, item, link=link).counts["skipped"] == 1
        monkeypatch.setattr("omicsdk.locks.cache.checksums_of", None)  # a recorded file is not read again
    assert len(server.of("hg38.fa")) == 1


@pytest.mark.parametrize("link", ["symlink", "hardlink"])
def test_new_content_replaces_a_link_and_not_the_file_of_the_cache(
    server: Server, cache: Cache, tmp_path: Path, link: Any
):
    pulled(cache, tmp_path, server.item("a", b"old content", "md5"), link=link)
    pulled(cache, tmp_path, server.item("a", b"new content", "md5"))
    assert (tmp_path / "a").read_bytes() == b"new content"
    assert entry(cache, b"old content").read_bytes() == b"old content"


def test_what_cannot_be_linked_is_copied(
    server: Server, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refused)
    item = server.item("a", b"content", "md5")
    for project in ("one", "two"):
        pulled(cache, tmp_path / project, item, link="hardlink")
        assert (tmp_path / project / "a").stat().st_nlink == 1
    assert len(server.of("a")) == 1
    assert "files of the cache are copied, since no hardlink can be made" in one_warning(caplog)


# -- damage


def other_bytes(path: Path) -> None:
    rewritten(path, path.read_bytes()[:-1] + b"?")


def other_bytes_of_the_same_time(path: Path) -> None:
    status = path.stat()
    other_bytes(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def truncated(path: Path) -> None:
    rewritten(path, path.read_bytes()[:3])


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
@pytest.mark.parametrize(
    ("damage", "link"),
    [
        *((damage, "copy") for damage in (other_bytes, other_bytes_of_the_same_time, truncated)),
        *((damage, "symlink") for damage in (other_bytes, truncated)),
    ],
)
def test_a_damaged_file_is_replaced(
    server: Server, cache: Cache, tmp_path: Path, damage: Callable[[Path], None], link: Any, algorithm: str
):
    item = server.item("a", b"the content", algorithm)
    pulled(cache, tmp_path / "one", item)
    damage(entry(cache, b"the content"))
    assert pulled(cache, tmp_path / "two", item, link=link).from_cache == 0
    assert (tmp_path / "two/a").read_bytes() == b"the content"
    assert [*cache.verify()] == []
    assert pulled(cache, tmp_path / "three", item, link=link).from_cache == 1


def test_a_cache_that_was_copied_is_read_once_and_linked_then(server: Server, cache: Cache, tmp_path: Path):
    item = server.item("a", b"content", "md5")
    pulled(cache, tmp_path / "one", item)
    moved = Cache(tmp_path / "moved")
    shutil.copytree(cache.folder, moved.folder)
    for project in ("two", "three"):
        assert pulled(moved, tmp_path / project, item, link="symlink").from_cache == 1
    assert len(server.of("a")) == 1


def test_an_index_that_names_other_content_is_removed(server: Server, cache: Cache, tmp_path: Path):
    one, two = server.item("a", b"one", "md5"), server.item("b", b"two", "md5")
    pulled(cache, tmp_path / "one", one, two)
    paths = [next((cache.folder / "index/md5").glob(f"*/{item.checksums['md5']}")) for item in (one, two)]
    shutil.copy(paths[1], paths[0])
    assert pulled(cache, tmp_path / "two", one).from_cache == 0
    assert pulled(cache, tmp_path / "three", one).from_cache == 1


CONTENTS = (b"some content", b"same length!", b"")


def damages(path: Path, other: Path) -> dict[str, Callable[[], object]]:
    """What may happen to a file or folder of a cache."""

    def instead(make: Callable[[], object]) -> Callable[[], object]:
        def done() -> None:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            make()

        return done

    made: dict[str, Callable[[], object]] = {
        "removed": instead(lambda: None),
        "folder": instead(lambda: (path / "x").mkdir(parents=True)),
        "link": instead(lambda: path.symlink_to(other)),
        "dangling": instead(lambda: path.symlink_to("nowhere")),
        "pipe": instead(lambda: os.mkfifo(path)),
        "foreign": instead(lambda: path.write_bytes(b"\xff\x00 foreign")),
    }
    if path.is_file():
        made |= {
            "empty": lambda: rewritten(path, b""),
            "changed": lambda: other_bytes_of_the_same_time(path),
            "of another": instead(lambda: shutil.copy(other, path)),
        }
    return made


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFO")
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=settings().max_examples
)
@given(data=st.data(), link=st.sampled_from(LINKS))
def test_whatever_the_folder_has_a_project_gets_the_right_bytes(
    server: Server, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, link: Any
):
    folder = tmp_path_factory.mktemp("project")
    cache = Cache(folder / "shared")
    items = [server.item(str(number), content, "md5") for number, content in enumerate(CONTENTS)]
    pulled(cache, folder / "one", *items, link="copy")
    paths = sorted(path for path in cache.folder.rglob("*"))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths), label="path")
        if path.is_symlink() or not path.exists() or path.is_fifo():
            continue
        ways = damages(path, entry(cache, CONTENTS[0]))
        kind = data.draw(st.sampled_from(sorted(ways)), label="damage")
        if link == "copy" or kind != "changed":  # a link is made to what has the recorded size, time and inode
            try:
                ways[kind]()
            except (FileNotFoundError, NotADirectoryError, shutil.SameFileError):
                continue
    for project in ("two", "three"):
        pulled(cache, folder / project, *items, link=link)
        for number, content in enumerate(CONTENTS):
            assert (folder / project / str(number)).read_bytes() == content
    shutil.rmtree(folder)


# -- folders that cannot be written


def one_warning(caplog: pytest.LogCaptureFixture) -> str:
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    return record.getMessage()


def test_a_full_cache_costs_one_warning(
    server: Server, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("omicsdk.locks.cache.space_of", lambda _: (4, 1 << 40))
    items = [server.item(name, b"content of it", "md5") for name in "abc"]
    assert pulled(cache, tmp_path / "one", *items).counts["done"] == 3
    assert "No space left on device" in one_warning(caplog)
    assert [*cache.entries()] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_read_only_cache_is_read(server: Server, cache: Cache, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    stored, new = server.item("a", b"content", "md5"), server.item("b", b"new", "md5")
    pulled(cache, tmp_path / "one", stored)
    folders = [cache.folder, *(path for path in cache.folder.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        with as_ordinary_user():
            report = pulled(cache, tmp_path / "two", stored, new)
            assert (report.from_cache, report.counts["done"]) == (1, 2)
            assert "Permission denied" in one_warning(caplog)
    finally:
        for folder in folders:
            folder.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("link", LINKS)
def test_a_file_is_taken_of_which_the_cache_cannot_record_a_use(
    server: Server, cache: Cache, tmp_path: Path, link: Any, caplog: pytest.LogCaptureFixture
):
    pulled(cache, tmp_path / "one", server.item("a", b"content", "md5"))
    folders = [path for path in cache.folder.rglob("*") if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    try:
        with as_ordinary_user():
            # The record lacks this checksum.
            report = pulled(cache, tmp_path / "two", server.item("a", b"content", "sha256", "sha512"), link=link)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert (report.from_cache, len(server.of("a"))) == (1, 1)
    assert "Permission denied" in one_warning(caplog)


def test_a_file_in_the_place_of_the_cache(
    server: Server, cache: Cache, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    cache.folder.write_bytes(b"no folder")
    pulled(cache, tmp_path / "one", server.item("a", b"content", "md5"))
    assert one_warning(caplog)
    assert cache.folder.read_bytes() == b"no folder"


def test_a_cache_of_a_later_version_is_not_written(
    server: Server, cache: Cache, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    cache.folder.mkdir()
    (cache.folder / "omics-cache.json").write_text('{"omics_cache": 2}')
    pulled(cache, tmp_path / "one", server.item("a", b"content", "md5"))
    assert "it is a cache of format 2" in one_warning(caplog)
    assert [path.name for path in cache.folder.iterdir()] == ["omics-cache.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_umask_and_the_group_of_the_folder_decide_who_may_use_it(server: Server, cache: Cache, tmp_path: Path):
    cache.folder.mkdir()
    cache.folder.chmod(0o2770)
    before = os.umask(0o007)
    try:
        pulled(cache, tmp_path / "one", server.item("a", b"content", "md5"))
    finally:
        os.umask(before)
    modes = {
        path.relative_to(cache.folder).parts[0]: path.stat().st_mode & 0o7777
        for path in cache.folder.rglob("*")
        if path.is_dir()
    }
    assert set(modes.values()) == {0o2770}
    assert entry(cache, b"content").stat().st_mode & 0o7777 == 0o440


# -- other processes

# From Python 3.12 on os.fork warns in workers of pytest-xdist, which have a thread. The children take no lock of that thread.
MAY_FORK = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


def forked(work: Callable[[], object]) -> int:
    """Run something in another process; return its number."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    return child


@MAY_FORK
@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.parametrize("moment", ["content", 0, 1, 2, 3])
def test_after_kill_9_the_cache_is_usable(server: Server, cache: Cache, tmp_path: Path, moment: int | str):
    """The process dies when the content is half written, or before the marker, entry, record or index gets its name."""
    item = server.item("a", b"some content", "md5")
    (tmp_path / "b").write_bytes(b"some content")

    def dies() -> None:
        renames = iter(range(moment) if isinstance(moment, int) else range(4))

        def replace(source: Path, to: Path) -> None:
            if next(renames, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            source.rename(to)

        def write_all(descriptor: int, data: bytes) -> None:
            os.write(descriptor, data[:5])
            if moment == "content" and data == b"some content":
                os.kill(os.getpid(), signal.SIGKILL)
            os.write(descriptor, data[5:])

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "replace", replace)
            patch.setattr("omicsdk.locks.cache.write_all", write_all)
            cache.add(str(tmp_path / "b"), item.checksums)

    _, status = os.waitpid(forked(dies), 0)
    assert os.WIFSIGNALED(status)
    assert all(path.read_bytes() == b"some content" for path in cache.folder.glob("sha256/*/*"))
    for project in ("one", "two"):
        pulled(cache, tmp_path / project, item)
        assert (tmp_path / project / "a").read_bytes() == b"some content"
    assert len(server.of("a")) == 1
    assert [*cache.verify()] == []
    (left,) = (cache.folder / "tmp").iterdir()
    assert cache.prune() == []
    os.utime(left, (0, 0))
    assert cache.prune() == []
    assert not left.exists()


@MAY_FORK
@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork")
def test_processes_that_store_one_file_at_once_all_succeed(cache: Cache, tmp_path: Path, noise: Any):
    content = noise(3 * MIB)
    checksums = {"md5": digest(content, "md5")}
    (tmp_path / "a").write_bytes(content)
    reading, writing = os.pipe()

    def work() -> None:
        os.close(writing)
        os.read(reading, 1)  # until the parent closes it: all begin then
        for _ in range(5):
            assert cache.add(str(tmp_path / "a"), checksums, link="copy") is None
            shutil.rmtree(cache.folder / "records", ignore_errors=True)  # so that each stores it again

    children = [forked(work) for _ in range(3)]
    os.close(writing)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    os.close(reading)
    assert [entry.size for entry in cache.entries()] == [len(content)]
    assert [*cache.verify()] == []
    assert [*(cache.folder / "tmp").iterdir()] == []


# -- maintained


def test_the_least_recently_used_are_removed_first(server: Server, tmp_path: Path):
    now = 1_800_000_000.0
    clock = ManualClock()
    clock.advance(now - clock.now())
    cache = Cache(tmp_path / "shared", clock=clock)
    items = [server.item(name, name.encode() * 100, "md5") for name in "abcd"]
    pulled(cache, tmp_path / "one", *items)
    for days, item in zip((100, 50, 200, 10), items, strict=True):
        sha256 = digest(item.name.encode() * 100, "sha256")
        os.utime(cache.folder / "records" / sha256[:2] / f"{sha256}.json", (0, now - days * 86400))

    def names(**options: Any) -> list[str]:
        removed = cache.prune(dry_run=True, **options)
        return [(cache.folder / "sha256" / entry.sha256[:2] / entry.sha256).read_text()[0] for entry in removed]

    assert names(older="90d") == ["c", "a"]
    assert names(max_size=200) == ["c", "a"]
    assert names(max_size=199) == ["c", "a", "b"]
    assert names(older="150d", max_size=300) == ["c"]
    assert len(cache.prune(older="90d", max_size="100")) == 3
    assert [entry.size for entry in cache.entries()] == [100]
    assert {path.name for path in cache.folder.glob("index/md5/*/*")} == {items[3].checksums["md5"]}
    os.utime(next(cache.folder.glob("records/*/*")), (0, 0))
    pulled(cache, tmp_path / "two", items[3])  # its use counts
    assert next(cache.entries()).used > 0


def test_what_is_used_while_others_are_pruned_stays(server: Server, tmp_path: Path):
    class Used(Cache):
        """A cache of which another process uses a file after it was listed."""

        def entries(self) -> Iterator[Any]:
            yield from list(super().entries())
            pulled(Cache(self.folder), tmp_path / "two", server.item("a", b"content", "md5"), link="symlink")

    cache = Used(tmp_path / "shared")
    pulled(cache, tmp_path / "one", server.item("a", b"content", "md5"), server.item("b", b"other", "md5"))
    for record in cache.folder.glob("records/*/*"):
        os.utime(record, (0, 0))
    assert [removed.size for removed in cache.prune(max_size=0)] == [len(b"other")]
    assert (tmp_path / "two/a").read_bytes() == b"content"


def test_no_link_to_a_file_that_is_pruned_meanwhile_is_left(
    server: Server, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    item, utime = server.item("a", b"content", "md5"), os.utime
    pulled(cache, tmp_path / "one", item)

    def pruned(*args: Any, **keywords: Any) -> None:
        cache.prune(max_size=0)
        utime(*args, **keywords)

    monkeypatch.setattr(os, "utime", pruned)
    assert pulled(cache, tmp_path / "two", item, link="symlink").from_cache == 0
    assert (tmp_path / "two/a").read_bytes() == b"content"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_another_program_finds_the_content_by_its_name(server: Server, cache: Cache, tmp_path: Path):
    pulled(cache, tmp_path / "one", server.item("a", b"content", "md5"))
    index = next(cache.folder.glob(f"index/md5/9a/{digest(b'content', 'md5')}"))
    sha256 = index.read_text()
    line = f"{sha256}  {cache.folder}/sha256/{sha256[:2]}/{sha256}\n"
    subprocess.run(["sha256sum", "--check", "--strict"], input=line, text=True, check=True)


def test_foreign_files_are_named_and_left_alone(server: Server, cache: Cache, tmp_path: Path):
    pulled(cache, tmp_path / "one", server.item("a", b"content", "md5"))
    (cache.folder / "notes.txt").touch()
    (cache.folder / "sha256" / "ab").mkdir(exist_ok=True)
    (cache.folder / "sha256/ab/notes.txt").touch()
    assert [(problem.path, problem.state) for problem in cache.verify()] == [
        ("notes.txt", "foreign"),
        ("sha256/ab/notes.txt", "foreign"),
    ]
    assert len(cache.prune(max_size=0)) == 1
    assert (cache.folder / "sha256/ab/notes.txt").exists()
