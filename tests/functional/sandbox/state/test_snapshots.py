"""Snapshots and resets."""

import io
import shutil
import sqlite3
import stat
import tarfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import FolderInUse, Rule, Sandbox, load_snapshot
from omicsdk.sandbox.state import snapshots
from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.snapshots import save_folder

READS = bytes(range(256)) * 400


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with a snapshot of a sandbox with something of each platform, and a token that was made there."""
    place = tmp_path_factory.mktemp("origin")
    folder = place / "bundle"
    (folder / "reads").mkdir(parents=True)
    (folder / "links.json").write_text('{"links": []}')
    (folder / "reads" / "r1.fastq.gz").write_bytes(READS)
    with Sandbox(place / "first") as sandbox:
        for service in ("dss", "upload", "sb", "gen3", "crunch"):
            sandbox.seed(folder, service=service)
        (sandbox.crunch.storage / "incoming").mkdir()
        (sandbox.crunch.storage / "incoming" / "r2.fastq.gz").write_bytes(READS)
        sandbox.settings.turn({"dss.checkout_redirects": 2})
        sandbox.clock.advance(7200)
        (place / "token").write_text(sandbox.token("ada@example.org", 10_000))
        sandbox.save(place / "state.tar")
    return place


@pytest.fixture
def first(origin: Path, tmp_path: Path) -> Path:
    """The folder of the sandbox that was saved."""
    return Path(shutil.copytree(origin / "first", tmp_path / "first"))


@pytest.fixture
def saved(origin: Path) -> Path:
    """The snapshot."""
    return origin / "state.tar"


def test_a_loaded_sandbox_resumes_where_the_saved_one_was(origin: Path, saved: Path, tmp_path: Path):
    load_snapshot(saved, tmp_path / "second")
    with Sandbox(tmp_path / "second") as second:
        assert second.settings.number("dss.checkout_redirects") == 2
        assert second.clock.now() > time.time() + 7000
        headers = {"Authorization": f"Bearer {(origin / 'token').read_text()}"}
        with httpx.Client(base_url=second.url, trust_env=False, follow_redirects=True) as client:
            response = client.get("/dss/v1/subscriptions?replica=aws", headers=headers)
            assert response.status_code == 200
            [bundle] = client.get("/dss/v1/bundles/all?replica=aws").json()["bundles"]
            files = client.get(f"/dss/v1/bundles/{bundle['uuid']}?replica=aws").json()["bundle"]["files"]
            [reads] = [file for file in files if file["name"] == "reads/r1.fastq.gz"]
            content = client.get(f"/dss/v1/files/{reads['uuid']}?replica=aws").content
            assert content == READS
        [area] = [upload_area.uuid for upload_area in second.upload.areas.all()]
        assert sorted(second.upload.objects(area)) == ["links.json", "reads/r1.fastq.gz"]
        for name in ("crunch/bundle/reads/r1.fastq.gz", "incoming/r2.fastq.gz"):
            assert (second.crunch.storage / name).read_bytes() == READS


def test_it_holds_each_content_once_and_is_its_owners(saved: Path):
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    with tarfile.open(saved) as archive:
        names = archive.getnames()
    assert names[0] == "snapshot.json"
    contents = [Path(name).name for name in names if name.startswith("objects/")]
    assert len(set(contents)) == len(contents)


def test_one_that_is_taken_while_requests_run_is_whole(tmp_path: Path, folder: Path):
    with Sandbox(tmp_path / "first") as sandbox:
        done = threading.Event()
        made: list[str] = []

        def write() -> None:
            while not done.is_set():
                made.append(sandbox.seed(folder)["bundle_uuid"])

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(3):
                before = len(made)
                sandbox.save(tmp_path / f"{number}.tar")
                load_snapshot(tmp_path / f"{number}.tar", tmp_path / str(number))
                with closing(sqlite3.connect(tmp_path / str(number) / "state.sqlite")) as state:
                    bundles = state.execute("SELECT count(*) FROM dss_bundles").fetchone()[0]
                    files = state.execute("SELECT count(*) FROM dss_bundle_files").fetchone()[0]
                assert before <= bundles <= len(made) + 1
                assert files == 4 * bundles
        finally:
            done.set()
            writer.join()


def test_a_folder_is_saved_without_starting_anything(first: Path, tmp_path: Path):
    about = save_folder(first, tmp_path / "again.tar")
    load_snapshot(tmp_path / "again.tar", tmp_path / "second")
    assert about["contents"] > 0
    with Sandbox(first), pytest.raises(FolderInUse):
        save_folder(first, tmp_path / "again.tar")
    with pytest.raises(ValueError, match="is not a sandbox's folder"):
        save_folder(tmp_path, tmp_path / "x.tar")


def test_faults_and_what_is_only_on_the_s3_server_are_not_in_it(tmp_path: Path):
    with Sandbox(tmp_path / "first", faults=[Rule("reset")]) as sandbox:
        sandbox.context.staging.put_bytes(sandbox.staging_bucket, "a", b"staged", "text/plain")
        assert sandbox.save(tmp_path / "state.tar")["contents"] == 1  # the public dataset's file
    assert b"staged" not in (tmp_path / "state.tar").read_bytes()
    load_snapshot(tmp_path / "state.tar", tmp_path / "second")
    with Sandbox(tmp_path / "second") as sandbox:
        assert sandbox.fault_book.rules() == []


def test_a_folder_that_is_not_empty_stays_as_it_is(first: Path, saved: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years")
    for replace in (False, True):
        with pytest.raises(ValueError, match="other is not"):
            load_snapshot(saved, other, replace=replace)
    assert (other / "thesis.txt").read_text() == "years"
    with pytest.raises(ValueError, match="is not empty"):
        load_snapshot(saved, first)
    with Sandbox(first), pytest.raises(FolderInUse):
        load_snapshot(saved, first, replace=True)
    (first / "mark").write_text("")
    load_snapshot(saved, first, replace=True)
    assert not (first / "mark").exists()
    (tmp_path / "empty").mkdir()
    load_snapshot(saved, tmp_path / "empty")


def _with(source: Path, target: Path, *entries: tarfile.TarInfo, content: bytes = b"x") -> Path:
    shutil.copy(source, target)
    with tarfile.open(target, "a") as archive:
        for entry in entries:
            entry.size = len(content) if entry.isreg() else 0
            archive.addfile(entry, io.BytesIO(content) if entry.isreg() else None)
    return target


def _link(kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo("objects/aa/link")
    entry.type, entry.linkname = kind, "/etc/passwd"
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        tarfile.TarInfo("../escaped"),
        tarfile.TarInfo("objects/../../escaped"),
        tarfile.TarInfo("/tmp/escaped"),
        tarfile.TarInfo("objects"),
        tarfile.TarInfo("running.json"),
        tarfile.TarInfo("crunch-storage/./x/../../../escaped"),
        _link(tarfile.SYMTYPE),
        _link(tarfile.LNKTYPE),
        _link(tarfile.FIFOTYPE),
    ],
    ids=lambda entry: f"{entry.name}-{entry.type!r}",
)
def test_nothing_in_an_archive_gets_out_of_the_folder(saved: Path, tmp_path: Path, entry):
    hostile = _with(saved, tmp_path / "hostile.tar", entry)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match="is not part of a snapshot"):
        load_snapshot(hostile, tmp_path / "second")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_with_holes_is_refused_before_it_fills_the_disk(saved: Path, tmp_path: Path):
    entry = tarfile.TarInfo("objects/aa/holes")
    size = 1 << 50
    entry.pax_headers = {"GNU.sparse.map": f"{size - 1},1", "GNU.sparse.size": str(size)}
    hostile = _with(saved, tmp_path / "hostile.tar", entry)
    with pytest.raises(ValueError, match="holes', which is not part of a snapshot"):
        load_snapshot(hostile, tmp_path / "second")


@pytest.mark.parametrize("name", ["state.sqlite", "signing.key", "crunch-storage/a/b"])
def test_two_entries_of_one_place_are_refused(saved: Path, tmp_path: Path, name):
    first = _with(saved, tmp_path / "first.tar", tarfile.TarInfo("crunch-storage/a"))
    hostile = _with(first, tmp_path / "hostile.tar", tarfile.TarInfo(name))
    with pytest.raises(ValueError, match="twice, or below a file"):
        load_snapshot(hostile, tmp_path / "second")


def test_what_is_emptied_while_it_is_saved_is_saved_as_it_is_then(tmp_path: Path, folder: Path, monkeypatch):
    with Sandbox(tmp_path / "first") as sandbox:
        sandbox.seed(folder)
        copy, times = Database.copy_to, iter(range(1))

        def copy_then_reset(database: Database, path: Path) -> None:
            copy(database, path)
            for _ in times:
                sandbox.reset()

        monkeypatch.setattr(Database, "copy_to", copy_then_reset)
        sandbox.save(tmp_path / "state.tar")
        times = iter(range(10))
        monkeypatch.setattr("omicsdk.sandbox.state.snapshots.lost_content", lambda _folder: "00")
        with pytest.raises(OSError, match="emptied again and again"):
            sandbox.save(tmp_path / "none.tar")
    assert not (tmp_path / "none.tar").exists()
    monkeypatch.undo()
    load_snapshot(tmp_path / "state.tar", tmp_path / "second")


def test_files_that_a_pipeline_removes_meanwhile_are_left_out(first: Path, tmp_path: Path, monkeypatch):
    listed = snapshots._files
    left: list[str] = []

    def list_then_remove(folder: Path, *left_out: str) -> list[Path]:
        paths = list(listed(folder, *left_out))
        if folder.name == "crunch-storage":
            paths[0].unlink()
            left.extend(path.relative_to(folder).as_posix() for path in paths[1:])
        return paths

    monkeypatch.setattr(snapshots, "_files", list_then_remove)
    save_folder(first, tmp_path / "state.tar")
    with tarfile.open(tmp_path / "state.tar") as archive:
        kept = [name for name in archive.getnames() if name.startswith("crunch-storage/")]
    assert kept == [f"crunch-storage/{name}" for name in left]


@pytest.mark.parametrize("broken", ["objects", "state.sqlite"])
def test_where_the_new_state_cannot_be_put_the_old_one_stays(first: Path, saved: Path, monkeypatch, broken: str):
    (first / "mark").write_text("")
    before = sorted(first.rglob("*"))
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == broken and path.parent.name == "made" and target.parent == first:
            raise PermissionError(13, "no", str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        load_snapshot(saved, first, replace=True)
    # Files of its lock, and the address of the sandbox that has ended.
    assert [path for path in sorted(first.rglob("*")) if not path.name.startswith(("lock.", "running."))] == [
        path for path in before if not path.name.startswith(("lock.", "running."))
    ]


@pytest.mark.parametrize("replace", [False, True])
def test_a_volume_that_is_mounted_gets_other_contents(first: Path, saved: Path, tmp_path: Path, replace: bool):
    """A mount point cannot be renamed or exchanged, and on a new file system there is a folder of the system's."""
    volume = first if replace else tmp_path / "volume"
    (volume / "lost+found").mkdir(parents=True)
    (volume / "lost+found" / "7").write_text("")
    number = volume.stat().st_ino
    load_snapshot(saved, volume, replace=replace)
    assert volume.stat().st_ino == number
    assert (volume / "lost+found" / "7").exists()
    assert not list(volume.glob(".loading-*"))
    with Sandbox(volume) as sandbox:
        assert sandbox.contents()["dss"]["bundles"] == 1


def test_no_sandbox_starts_on_a_folder_that_is_being_loaded(first: Path, saved: Path, monkeypatch):
    refused: list[str] = []
    check = snapshots._check_whole

    def start_then_check(made: Path, source: Path) -> None:
        with pytest.raises(FolderInUse) as caught:
            Sandbox(first).start()
        refused.append(str(caught.value))
        check(made, source)

    monkeypatch.setattr(snapshots, "_check_whole", start_then_check)
    load_snapshot(saved, first, replace=True)
    assert len(refused) == 1
    with Sandbox(first) as sandbox:
        assert sandbox.contents()["dss"]["bundles"] == 1


def _a_content(folder: Path) -> Path:
    return next(
        path for path in sorted((folder / "objects").rglob("*")) if len(path.name) == 64 and path.stat().st_size
    )


def test_a_content_with_other_bytes_of_the_same_length_is_refused(saved: Path, tmp_path: Path):
    with tarfile.open(saved) as archive:
        member = next(
            candidate for candidate in archive if len(candidate.name.rpartition("/")[2]) == 64 and candidate.size
        )
    damaged = bytearray(saved.read_bytes())
    damaged[member.offset_data] ^= 1
    (tmp_path / "damaged.tar").write_bytes(damaged)
    with pytest.raises(ValueError, match=f"is damaged: the content {member.name[-64:]} has other bytes"):
        load_snapshot(tmp_path / "damaged.tar", tmp_path / "second")
    assert not (tmp_path / "second").exists()


def test_a_content_that_the_disk_has_spoiled_is_reported_when_it_is_saved(first: Path, tmp_path: Path):
    content = _a_content(first)
    content.write_bytes(bytes(content.stat().st_size))
    with pytest.raises(OSError, match=f"the content {content.name} is damaged"):
        save_folder(first, tmp_path / "state.tar")
    assert not (tmp_path / "state.tar").exists()


def test_what_is_none_or_damaged_is_refused(saved: Path, tmp_path: Path):
    (tmp_path / "none.tar").write_bytes(b"no archive" * 1000)
    whole = saved.read_bytes()
    (tmp_path / "short.tar").write_bytes(whole[: len(whole) // 2])
    with tarfile.open(saved) as archive, tarfile.open(tmp_path / "missing.tar", "w") as fewer:
        for member in archive.getmembers():
            if not member.name.startswith("objects/"):
                fewer.addfile(member, archive.extractfile(member))
    for name in ("none.tar", "short.tar", "missing.tar"):
        with pytest.raises(ValueError, match=r"is not a snapshot|is damaged"):
            load_snapshot(tmp_path / name, tmp_path / "second")
        assert not (tmp_path / "second").exists()


def test_the_control_api_gives_one(sandbox: Sandbox, tmp_path: Path, folder: Path):
    sandbox.seed(folder)
    with httpx.Client(base_url=f"{sandbox.url}/_sandbox", trust_env=False) as control:
        (tmp_path / "state.tar").write_bytes(control.get("/snapshot").content)
        assert control.get("/snapshot", headers={"Host": "evil.example.org"}).status_code == 403
        assert control.get("/contents").json() == sandbox.contents()
    load_snapshot(tmp_path / "state.tar", tmp_path / "second")
    assert not list((sandbox.folder / "objects" / "incoming").iterdir())


def rows(sandbox: Sandbox) -> dict[str, list[tuple[Any, ...]]]:
    """All tables' rows but the time's, as another reader of the file sees them."""
    connection = sqlite3.connect(sandbox.folder / "state.sqlite")
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names if name != "clock"}
        return {name: sorted(entries, key=repr) for name, entries in tables.items() if entries}
    finally:
        connection.close()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def seeded(sandbox: Sandbox) -> None:
    sandbox.token("somebody@example.org")
    sandbox.crunch.add_user("somebody")
    sandbox.gen3.access.add("somebody")


def emptied(sandbox: Sandbox) -> None:
    sandbox.crunch.empty()
    sandbox.pangea.empty()


def damaged(sandbox: Sandbox) -> None:
    (path,) = [path for path in (sandbox.folder / "objects").glob("??/*") if path.is_file()]
    path.write_bytes(b"")
    (reads,) = sandbox.crunch.storage.rglob("*.fastq")
    reads.write_bytes(b"")


def removed(sandbox: Sandbox) -> None:
    (path,) = [path for path in (sandbox.folder / "objects").glob("??/*") if path.is_file()]
    path.unlink()
    (reads,) = sandbox.crunch.storage.rglob("*.fastq")
    reads.unlink()
    (sandbox.crunch.storage / "more").mkdir()
    (path.with_name("more")).write_bytes(b"more")


@pytest.mark.parametrize("change", [seeded, emptied, damaged, removed])
def test_it_is_as_it_was(tmp_path: Path, change: Callable[[Sandbox], None]) -> None:
    with Sandbox(tmp_path) as sandbox:
        sandbox.reset()
        before, contents, storage = rows(sandbox), files(tmp_path / "objects"), files(sandbox.crunch.storage)
        assert len(before) > 10
        change(sandbox)
        sandbox.reset()
        after = rows(sandbox)
        assert {name: len(entries) for name, entries in after.items()} == {
            name: len(entries) for name, entries in before.items()
        }
        assert after["crunch_users"] == before["crunch_users"]
        assert after["sqlite_sequence"] == before["sqlite_sequence"]
        assert files(tmp_path / "objects") == contents
        assert files(sandbox.crunch.storage) == storage
        assert [path.name for path in sandbox.crunch.storage.iterdir() if path.name == "more"] == []
