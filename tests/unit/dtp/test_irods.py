"""Data sets in iRODS, on a stand-in of python-irodsclient's documented API; no real server was tried."""

import os
import threading
from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("irods", reason="python-irodsclient is not installed: pip install 'omicsdk[dtp]'")

from irods_stand_in import PASSWORD, ROOT, StandIn, config, md5, sha2
from omicsdk.core import (
    AuthError,
    ChecksumMismatch,
    ConnectFailed,
    Interrupted,
    ManualClock,
    NameClash,
    OmicsError,
    TransferError,
    TruncatedTransfer,
    UnsafePath,
)
from omicsdk.dtp.storage.datasets import Dataset, DatasetReport, MetadataFile, UnknownDataset
from omicsdk.dtp.storage.fetching import call_in_threads, fetch_dataset
from omicsdk.dtp.storage.irods import IrodsStore, checksums_of_text
from omicsdk.transfer import Control, TransferFailed, TransferOptions

FILES = {
    "dataset_description.xlsx": b"sheet",
    "primary/sub-1/sam-1/a.nrrd": b"a" * 5000,
    "primary/sub-1/sam-2/b.nrrd": b"b" * 3000,
    "primary/sub-2/empty.txt": b"",
}


@pytest.fixture
def zone() -> StandIn:
    made = StandIn()
    for name, data in FILES.items():
        made.put(f"ds/{name}", data)
    return made


@pytest.fixture
def get(zone: StandIn, tmp_path: Path):
    def fetched(dataset: str = "ds", **more: Any) -> DatasetReport:
        store = IrodsStore(
            more.pop("config", config()),
            connections=more.pop("connections", 4),
            open_session=zone.opener(more.pop("password", PASSWORD)),
            clock=ManualClock(),
        )
        try:
            return fetch_dataset(store, Dataset(dataset), tmp_path / "data", options=TransferOptions(**more))
        finally:
            store.close()
            assert zone.sessions == 0

    return fetched


def test_a_store_in_use_keeps_no_session_of_threads_that_ended(zone: StandIn, tmp_path: Path):
    with closing(IrodsStore(config(), open_session=zone.opener(), clock=ManualClock())) as store:
        for name in ("first", "second"):
            assert fetch_dataset(store, Dataset("ds"), tmp_path / name).ok
            assert zone.sessions == 1  # that of the thread which lists
    assert zone.sessions == 0


def there(folder: Path) -> dict[str, bytes]:
    """All files of a data set."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".omics-transfer" not in path.parts
    }


def test_a_collection_is_copied_with_all_below_it(get, zone: StandIn):
    seen = []
    report = get(progress=seen.append)
    assert report.ok
    assert report.counts == {"done": 4, "skipped": 0, "failed": 0, "stopped": 0}
    assert there(report.folder) == FILES
    assert report.folder.name == "ds"
    by_name = {file.name: file for file in report.files}
    assert by_name["primary/sub-1/sam-1/a.nrrd"].verified == "size, sha256"
    assert (seen[-1].final, seen[-1].files_done, seen[-1].bytes, seen[-1].bytes_done) == (True, 4, 8005, 8005)
    assert all(len(threads) == 1 for threads in zone.threads.values())  # the client's sessions are not shared


def test_what_exists_is_not_fetched_again(get, zone: StandIn, tmp_path: Path):
    get()
    zone.opened.clear()
    assert get().counts["skipped"] == 4
    assert zone.opened == []
    (tmp_path / "data/ds/primary/sub-1/sam-1/a.nrrd").write_bytes(b"x" * 5000)
    assert get().counts == {"done": 1, "skipped": 3, "failed": 0, "stopped": 0}
    assert there(tmp_path / "data/ds") == FILES


def test_files_that_another_user_copied_are_known_by_their_checksums(get, zone: StandIn, tmp_path: Path):
    for name, data in FILES.items():
        path = tmp_path / "data/ds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert get().counts["skipped"] == 4
    assert zone.opened == []


def test_a_connection_that_breaks_is_resumed_where_it_broke(get, zone: StandIn):
    zone.breaks["ds/primary/sub-1/sam-1/a.nrrd"] = [2000, 1000]
    report = get()
    assert report.ok
    assert zone.reads("ds/primary/sub-1/sam-1/a.nrrd") == [0, 2000, 3000]
    assert there(report.folder) == FILES


def test_the_next_run_resumes_where_the_last_one_failed(get, zone: StandIn):
    zone.breaks["ds/primary/sub-1/sam-1/a.nrrd"] = [2000, 0, 0, 0, 0]
    report = get()
    (failed,) = report.failed
    assert isinstance(failed.error, ConnectFailed)
    assert report.counts["done"] == 3  # one that fails does not stop the others
    again = get()
    (done,) = [file for file in again.files if file.state == "done"]
    assert (done.bytes_kept, done.bytes_fetched) == (2000, 3000)
    assert there(again.folder) == FILES


def test_what_was_left_of_a_file_that_changed_is_no_use(get, zone: StandIn):
    zone.breaks["ds/primary/sub-1/sam-1/a.nrrd"] = [2000, 0, 0, 0, 0]
    get()
    zone.put("ds/primary/sub-1/sam-1/a.nrrd", b"c" * 5000)
    report = get()
    assert report.ok
    assert there(report.folder)["primary/sub-1/sam-1/a.nrrd"] == b"c" * 5000


def test_bytes_that_went_bad_on_disk_are_fetched_again(get, zone: StandIn, tmp_path: Path):
    zone.breaks["ds/primary/sub-1/sam-1/a.nrrd"] = [2000, 0, 0, 0, 0]
    get()
    (part,) = (tmp_path / "data/ds/.omics-transfer/dtp").glob("*.bytes")
    part.write_bytes(b"?" * 2000)
    report = get()
    assert report.ok
    assert there(report.folder) == FILES


@pytest.mark.parametrize("checksum", [sha2, md5])
def test_bytes_are_held_against_the_stated_checksum(get, zone: StandIn, checksum, tmp_path: Path):
    zone.put("ds/wrong.bin", b"right", checksum)
    zone.objects[f"{ROOT}/ds/wrong.bin"].data = b"wrong"
    report = get()
    (failed,) = report.failed
    assert isinstance(failed.error, ChecksumMismatch)
    assert there(tmp_path / "data/ds") == FILES
    with pytest.raises(TransferFailed, match=r"wrong\.bin"):
        report.raise_if_failed()


def test_without_a_checksum_the_size_counts_and_what_was_fetched(get, zone: StandIn, tmp_path: Path):
    zone.put("ds/plain.bin", b"12345", None)
    zone.put("ds/short.bin", b"123", None, size=5)
    report = get()
    (failed,) = report.failed
    assert isinstance(failed.error, TruncatedTransfer)
    (plain,) = [file for file in report.files if file.name == "plain.bin"]
    assert (plain.verified, list(plain.checksums)) == ("size", ["sha256"])
    zone.objects.pop(f"{ROOT}/ds/short.bin")
    assert get().counts["skipped"] == 5
    (tmp_path / "data/ds/plain.bin").write_bytes(b"54321")
    assert get().counts["done"] == 1


@pytest.mark.parametrize("checksum", [None, sha2])
def test_a_file_that_changed_and_kept_its_size_is_fetched_again(get, zone: StandIn, tmp_path: Path, checksum):
    for day, data in enumerate((b"12345", b"54321"), 1):
        zone.put("ds/plain.bin", data, checksum)
        zone.objects[f"{ROOT}/ds/plain.bin"].modify_time = datetime(2024, 1, day, tzinfo=UTC)
        assert get().ok
        assert (tmp_path / "data/ds/plain.bin").read_bytes() == data
        assert get().counts["skipped"] == 5
    zone.objects[f"{ROOT}/ds/plain.bin"].modify_time = datetime(2024, 1, 3, tzinfo=UTC)
    assert get().counts["done"] == (checksum is None)


def test_names_never_leave_the_folder(get, zone: StandIn, tmp_path: Path):
    zone.put("ds/../../outside", b"evil")
    zone.put("ds/.omics-transfer/dtp.journal", b"evil")
    (tmp_path / "elsewhere").mkdir()
    zone.put("ds/linked/file", b"evil")
    (tmp_path / "data/ds").mkdir(parents=True)
    (tmp_path / "data/ds/linked").symlink_to(tmp_path / "elsewhere")
    planned = get(dry_run=True)
    report = get()
    assert [file.name for file in planned.failed] == [file.name for file in report.failed]
    assert {type(file.error) for file in report.failed} == {UnsafePath}
    assert all("The other files are not affected" in str(file.error) for file in report.failed)
    assert len(report.failed) == 3
    assert report.counts["done"] == 4
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not (tmp_path / "outside").exists()


def test_a_file_that_is_listed_twice_is_fetched_once_and_reported(zone: StandIn, tmp_path: Path, monkeypatch):
    listed = IrodsStore.files
    monkeypatch.setattr(IrodsStore, "files", lambda self, dataset: [*listed(self, dataset)] * 2)
    with closing(IrodsStore(config(), open_session=zone.opener(), clock=ManualClock())) as store:
        report = fetch_dataset(store, Dataset("ds"), tmp_path / "data")
    assert report.counts == {"done": 4, "skipped": 0, "failed": 4, "stopped": 0}
    assert {type(file.error) for file in report.failed} == {NameClash}
    assert there(report.folder) == FILES


def test_a_link_in_the_place_of_a_file_is_replaced(get, tmp_path: Path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"keep me")
    (tmp_path / "data/ds").mkdir(parents=True)
    (tmp_path / "data/ds/dataset_description.xlsx").symlink_to(victim)
    assert get().ok
    assert victim.read_bytes() == b"keep me"


@pytest.mark.parametrize("name", ["../ds", "a/b", "", "..", ".omics-transfer"])
def test_a_data_set_s_name_is_that_of_a_folder(get, name: str):
    with pytest.raises(UnsafePath):
        get(name)


def test_a_collection_that_returns_is_copied_once(get, zone: StandIn):
    zone.links[f"{ROOT}/ds/primary"] = [f"{ROOT}/ds/primary/sub-1", f"{ROOT}/ds"]
    report = get()
    assert report.ok
    assert report.counts["done"] == 4


def test_a_data_set_that_does_not_exist(get, tmp_path: Path):
    with pytest.raises(UnknownDataset, match=rf"No collection {ROOT}/nothing in iRODS.*irods_project_root"):
        get("nothing")
    assert not (tmp_path / "data").exists()


def test_a_wrong_password(get, tmp_path: Path):
    with pytest.raises(AuthError, match=r"refused the login of 'rods' of the zone 'zone'.*Check irods_user") as caught:
        get(password="hunter2", config=config(password="hunter2"))
    assert "hunter2" not in str(caught.value)
    assert not (tmp_path / "data").exists()


def test_a_server_that_is_down(get, zone: StandIn):
    zone.down = "Could not connect"
    with pytest.raises(ConnectFailed, match=r"irods\.example\.org:1247 does not respond.*irods_host"):
        get()


def test_a_password_at_the_end_of_a_long_message_is_masked(get, zone: StandIn):
    zone.down = f"{'x' * 195} {PASSWORD}"
    with pytest.raises(ConnectFailed) as caught:
        get()
    assert PASSWORD[:4] not in caught.value.message


def test_what_may_not_be_read_fails_alone(get, zone: StandIn):
    zone.forbidden = {f"{ROOT}/ds/primary/sub-1/sam-2/b.nrrd", f"{ROOT}/ds/primary/sub-2"}
    report = get()
    assert {file.name for file in report.failed} == {"primary/sub-1/sam-2/b.nrrd", "primary/sub-2"}
    assert all("may not read" in str(file.error) and "ichmod" in str(file.error) for file in report.failed)
    assert report.counts["done"] == 2


def test_a_file_that_is_gone_when_its_turn_comes(zone: StandIn, tmp_path: Path):
    store = IrodsStore(config(), open_session=zone.opener())
    listed = store.files

    def then_removed(dataset: Dataset):
        yield from list(listed(dataset))
        zone.objects.pop(f"{ROOT}/ds/dataset_description.xlsx")

    store.files = then_removed
    report = fetch_dataset(store, Dataset("ds"), tmp_path)
    (failed,) = report.failed
    assert isinstance(failed.error, TransferError)
    assert "does not exist in iRODS (any longer)" in str(failed.error)


def test_stopped_and_gone_on_with(get, zone: StandIn):
    stop = threading.Event()
    report = get(stop=stop, progress=lambda _: stop.set(), connections=1)
    assert not report.ok
    assert report.counts["stopped"] == 3
    assert get().ok
    assert there(report.folder) == FILES


def test_its_control_and_its_time_stop_it(get, tmp_path: Path):
    control = Control()
    report = get(control=control, progress=lambda _: control.stop(), connections=1)
    assert (report.counts["stopped"], report.why_stopped) == (3, "it was stopped")
    with pytest.raises(Interrupted):
        report.raise_if_failed()
    over = get(time_budget=1e-9)
    assert (over.counts["stopped"], "time budget" in over.why_stopped) == (3, True)
    (done,) = there(tmp_path / "data/ds")
    os.utime(tmp_path / "data/ds" / done, (1e9, 1e9))
    assert get(time_budget=1e-9).counts["stopped"] == 4  # nor is it read for its checksum
    assert get().ok


def test_a_call_that_fails_stops_the_others_at_once():
    stop = threading.Event()

    def call(number: int) -> None:
        if number:
            raise ZeroDivisionError
        assert stop.wait(10)

    with pytest.raises(ZeroDivisionError):
        call_in_threads(call, [0, 1], 2, stop)


def test_a_dry_run_writes_nothing(get, zone: StandIn, tmp_path: Path):
    zone.put("ds/plain.bin", b"plain", checksum=lambda _: None)
    report = get(dry_run=True, require_checksum=True)
    assert (report.counts["planned"], report.counts["failed"]) == (4, 1)
    assert {row["plan"] for row in report.rows() if row["state"] == "planned"} == {"download"}
    assert not (tmp_path / "data").exists()


def test_metadata_that_cannot_be_written_is_a_failure(zone: StandIn, tmp_path: Path):
    def written(folder: Path, names: Collection[str]) -> list[MetadataFile]:
        lost = MetadataFile("subjects.xlsx", 2, error=OmicsError("no space"))
        return [MetadataFile("samples.xlsx", len(names), 9), lost]

    with closing(IrodsStore(config(), open_session=zone.opener(), clock=ManualClock())) as store:
        report = fetch_dataset(store, Dataset("ds"), tmp_path, metadata=written)
    assert (report.counts["done"], report.counts["failed"], report.ok) == (4, 1, False)
    with pytest.raises(TransferFailed, match="no space"):
        report.raise_if_failed()
    assert [file.name for file in report.metadata if file.error is None] == ["samples.xlsx"]


def test_what_progress_raises_ends_the_download(get):
    def impatient(_: object) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        get(progress=impatient)
    assert get().ok


def test_the_client_has_what_is_used_of_it():
    from irods.collection import iRODSCollection
    from irods.data_object import iRODSDataObject
    from irods.manager.collection_manager import CollectionManager
    from irods.manager.data_object_manager import DataObjectManager
    from irods.session import iRODSSession

    assert list(signature(CollectionManager.get).parameters)[:2] == ["self", "path"]
    assert list(signature(DataObjectManager.open).parameters)[:3] == ["self", "path", "mode"]
    assert isinstance(iRODSCollection.data_objects, property)
    assert isinstance(iRODSCollection.subcollections, property)
    assert callable(iRODSSession.cleanup)
    assert iRODSDataObject


def test_the_good_replica_counts(zone: StandIn, get):
    data_object = zone.objects[f"{ROOT}/ds/primary/sub-1/sam-1/a.nrrd"]
    good = replace(data_object)
    good.status = "1"
    stale = replace(data_object, checksum=sha2(b"old"), size=3)
    stale.status = "0"
    data_object.checksum, data_object.size, data_object.replicas = stale.checksum, stale.size, [stale, good]
    assert get().ok


@pytest.mark.parametrize(
    ("text", "checksums"),
    [
        (None, {}),
        ("", {}),
        (sha2(b"x"), {"sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}),
        ("9DD4E461268C8034F5C8564E155C67A6", {"md5": "9dd4e461268c8034f5c8564e155c67a6"}),
        ("sha1:2jmj7l5rSw0yVb/vlWAYkK/YBwk=", {"sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709"}),
        ("sha2:not base64", {}),
        ("sha2:AAAA", {}),
        ("adler32:12345678", {}),
        ("zzz", {}),
    ],
)
def test_checksums_as_irods_writes_them(text: str | None, checksums: dict[str, str]):
    assert checksums_of_text(text) == checksums
