"""Downloads into stores: everything ends up there, verified, and nothing twice, if the process dies meanwhile, too."""

import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from fork_server import forked
from fsspec.implementations.local import LocalFileSystem
from omicsdk.core import ChecksumMismatch, NotFound, TransferError, UsageError
from omicsdk.core.checksums import digest
from omicsdk.transfer import FsspecTarget, Item, download
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads.files import PartFiles
from small_cells import UNIT

pytestmark = pytest.mark.usefixtures("small_cells")

KINDS = ["memory", "folder", "s3"]


@pytest.fixture
def bodies(noise: Any) -> dict[str, bytes]:
    """Files of several sizes, by their names."""
    sizes = {"large": 9 * UNIT, "sub/middle": 5 * UNIT, "small": 70_000, "sub/tiny": 10, "empty": 0}
    return {name: noise(size, seed) for seed, (name, size) in enumerate(sizes.items())}


@pytest.fixture
def items(server: Any, bodies: dict[str, bytes]) -> list[Item]:
    """What the server has, with SHA-256."""
    return [server.item(name, body, "sha256") for name, body in bodies.items()]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "journal"


@pytest.fixture
def make(request: Any, broken: Any) -> Any:
    """Makes a target over one of the file systems, broken as wished."""

    def made(kind: str, options: dict[str, Any] | None = None, **breaks: Any) -> FsspecTarget:
        fs, path = request.getfixturevalue(kind)
        return FsspecTarget(broken(fs, **breaks), path, **(options or {}))

    return made


def read(target: FsspecTarget, names: Any) -> dict[str, bytes]:
    bodies = {}
    for name in names:
        with target.fs.open(target.place(name), "rb") as file:
            bodies[name] = file.read()
    return bodies


def spooled(journal: Path) -> list[str]:
    return [path.name for path in Path(f"{journal}.spool").rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_there(make, items, bodies, journal, kind):
    target = make(kind)
    states = []
    report = download(items, target, journal=journal, progress=states.append)
    report.raise_if_failed()
    assert report.counts["done"] == len(bodies)
    assert read(target, bodies) == bodies
    facts = "size, md5" if kind == "s3" else "size"
    assert {outcome.verified for outcome in report.outcomes} >= {f"sha256; in the store: {facts}"}
    assert spooled(journal) == []
    assert states[-1].files_done == len(bodies)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_fetched_or_read_again(make, items, bodies, journal, kind, server):
    target = make(kind)
    download(items, target, journal=journal)
    requests, opened = len(server.requests), target.fs.count("open")
    report = download(items, target, journal=journal)
    assert report.counts["skipped"] == len(bodies)
    assert len(server.requests) == requests
    assert target.fs.count("open") == opened
    assert {outcome.verified for outcome in report.outcomes} == {"sha256; in the store: unchanged since it was written"}


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_journal_it_is_read_not_fetched(make, items, bodies, journal, kind, server):
    target = make(kind)
    download(items, target, journal=journal)
    requests = len(server.requests)
    report = download(items, target, journal=f"{journal}-2")
    assert report.counts["skipped"] == len(bodies)
    assert len(server.requests) == requests
    opened = target.fs.count("open")
    assert download(items, target, journal=f"{journal}-2").counts["skipped"] == len(bodies)
    assert target.fs.count("open") == opened  # it was recorded


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_was_there_is_not_taken_for_one_of_another_source(make, noise, journal, kind, server):
    target, other = make(kind), noise(1000, 9)
    item, source = server.item("one", noise(1000, 8), "sha256"), server.item("two", other)
    download([item], target, journal=journal)
    download([item], target, journal=f"{journal}-2")  # read, and recorded
    download([Item("one", source.locate, 1000)], target, journal=f"{journal}-2").raise_if_failed()
    assert read(target, ["one"]) == {"one": other}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_is_replaced(make, items, bodies, journal, kind, server, tmp_path):
    target = make(kind)
    download(items, target, journal=journal)
    (tmp_path / "wrong").write_bytes(bytes(70_000))
    target.fs.put_file(str(tmp_path / "wrong"), target.place("small"))
    requests = len(server.requests)
    report = download(items, target, journal=journal)
    assert report.ok
    assert read(target, bodies) == bodies
    assert {request.path for request in server.requests[requests:]} == {"small"}


def test_a_url_is_enough(items, bodies, journal):
    import fsspec

    report = download(items, "memory://test_a_url_is_enough/prefix", journal=journal)
    assert report.ok
    fs = fsspec.filesystem("memory")
    assert {name: fs.cat(f"/test_a_url_is_enough/prefix/{name}") for name in bodies} == bodies


def test_the_journal_has_to_be_local(items):
    with pytest.raises(UsageError, match="journal= is missing"):
        download(items, "memory://bucket")


def test_no_dry_run(items, journal):
    with pytest.raises(UsageError, match="local folders only"):
        download(items, "memory://bucket", journal=journal, dry_run=True)
    assert not journal.exists()


def test_a_file_that_can_not_be_put_fails_alone_and_is_put_the_next_time(make, items, bodies, journal, server):
    broken = {"large"}

    def refuses(real, source, path):
        if path.endswith("/large") and broken:
            raise PermissionError(13, "Permission denied")
        real(source, path)

    target = make("s3", put_file=refuses)
    report = download(items, target, journal=journal)
    assert [outcome.name for outcome in report.failed] == ["large"]
    with pytest.raises(TransferError, match="writing it failed: Permission denied"):
        report.raise_if_failed()
    assert len(spooled(journal)) == 1
    broken.clear()
    sent = server.sent("large")
    report = download(items, target, journal=journal)
    assert report.ok
    assert server.sent("large") == sent  # it was in the spool folder
    assert read(target, bodies) == bodies
    assert spooled(journal) == []


def test_bytes_that_change_on_the_way_are_seen(make, items, journal):
    def flips(real, source, path):
        if path.endswith("/small"):
            body = bytearray(Path(source).read_bytes())
            body[-1] ^= 1
            source = f"{source}.flipped"
            Path(source).write_bytes(body)
        real(source, path)

    target = make("s3", put_file=flips)
    report = download(items, target, journal=journal)
    (failure,) = report.failed
    assert failure.name == "small"
    assert isinstance(failure.error, ChecksumMismatch)
    with pytest.raises(FileNotFoundError):
        target.fs.info(target.place("small"))


def test_a_source_that_does_not_exist_leaves_nothing(make, items, journal, server):
    del server.files["small"]
    target = make("memory")
    report = download(items, target, journal=journal)
    assert isinstance(report.failed[0].error, NotFound)
    with pytest.raises(FileNotFoundError):
        target.fs.info(target.place("small"))


def test_a_store_that_can_not_be_queried(make, items, journal):
    def away(real, path):
        raise OSError(5, "away")

    report = download(items, make("memory", info=away), journal=journal)
    assert len(report.failed) == len(items)
    assert "looking it up failed: away" in str(report.failed[0].error)


def test_the_spool_is_bounded(make, server, noise, journal):
    bodies = {f"{number}": noise(100_000, number) for number in range(30)}
    items = [server.item(name, body, "crc32c") for name, body in bodies.items()]
    most = []

    def counts(real, source, path):
        most.append(len(spooled(journal)))
        real(source, path)

    target = make("memory", {"spool_bytes": 300_000, "puts": 1}, put_file=counts)
    assert download(items, target, journal=journal).ok
    assert max(most) <= 4
    assert read(target, bodies) == bodies
    target = make("folder", {"spool_files": 2, "puts": 1}, put_file=counts)
    most.clear()
    assert download(items, target, journal=journal).ok
    assert max(most) <= 2


def test_stopped_and_gone_on_with(make, items, bodies, journal, server):
    stop = threading.Event()
    release = threading.Event()

    def holds(real, source, path):
        if not stop.is_set():
            stop.set()
            release.wait(20)
        real(source, path)

    target = make("memory", {"puts": 1}, put_file=holds)
    report = download(items, target, journal=journal, stop=stop)
    assert report.counts["stopped"]
    release.set()
    assert download(items, target, journal=journal).ok
    assert read(target, bodies) == bodies


def test_what_a_crash_left_in_the_spool_is_removed(make, items, bodies, journal, server):
    target = make("memory")
    download(items, target, journal=journal)
    # as if it had ended between putting the file and recording it
    spool = Path(f"{journal}.spool")
    leftover = Path(PartFiles(str(spool), "../journal", Disk()).paths("small")[1])
    leftover.write_bytes(bodies["small"])
    lines = [line for line in journal.read_bytes().splitlines(keepends=True) if b'"small"' not in line]
    journal.write_bytes(b"".join(lines))
    requests = len(server.requests)
    report = download(items, target, journal=journal)
    assert report.counts["skipped"] == len(bodies)
    assert len(server.requests) == requests
    assert spooled(journal) == []


PROGRAM = """
import json, os, sys
from fsspec.implementations.local import LocalFileSystem
from omicsdk.transfer import FsspecTarget, Item, Location, download
from omicsdk.transfer.journal import Journal

folder, journal, whole, moment, rows = sys.argv[1:]
rows = json.loads(rows)

class Dies(LocalFileSystem):
    cachable = False

    def put_file(self, source, path, **how):
        if moment == "half-way":
            with open(source, "rb") as file, open(path, "wb") as half:
                half.write(file.read(1000))
            os._exit(9)
        super().put_file(source, path, **how)
        if moment == "after putting":
            os._exit(9)

    def mv(self, source, path, **how):
        super().mv(source, path, **how)
        if moment == "after moving":
            os._exit(9)

finish = Journal.finish
def dies(self, files):
    finish(self, files)
    if moment == "after recording":
        os._exit(9)
Journal.finish = dies

items = [Item(name, Location(url), size, checksums) for name, url, size, checksums in rows]
download(items, FsspecTarget(Dies(), folder, whole=whole == "whole", puts=1), journal=journal)
"""


@pytest.mark.parametrize(
    ("whole", "moment"),
    [
        ("aside", "half-way"),
        ("aside", "after putting"),
        ("aside", "after moving"),
        ("aside", "after recording"),
        ("whole", "after putting"),
        ("whole", "after recording"),
    ],
)
def test_nothing_wrong_and_nothing_lost(server: Any, noise: Any, tmp_path: Path, whole: str, moment: str) -> None:
    bodies = {f"sub/{number}": noise(200_000, number) for number in range(4)}
    items = [server.item(name, body, "sha256") for name, body in bodies.items()]
    rows = json.dumps([(item.name, item.locate.url, item.size, dict(item.checksums)) for item in items])
    program, store, journal = tmp_path / "program.py", tmp_path / "store", tmp_path / "journal"
    program.write_text(PROGRAM)
    (store / "sub").mkdir(parents=True)  # object stores have no folders to make
    done = forked.run(
        [sys.executable, str(program), str(store), str(journal), whole, moment, rows], capture_output=True, text=True
    )
    assert done.returncode == 9, done.stderr
    for name, body in bodies.items():
        if (store / name).exists():
            assert digest((store / name).read_bytes(), "sha256") == digest(body, "sha256")
    target = FsspecTarget(LocalFileSystem(), str(store), whole=whole == "whole")
    report = download(items, target, journal=journal)
    report.raise_if_failed()
    assert report.ok
    assert {name: (store / name).read_bytes() for name in bodies} == bodies
    assert not [path for path in Path(f"{journal}.spool").rglob("*") if path.is_file()]
    assert download(items, target, journal=journal).counts["skipped"] == len(bodies)
