"""Files into an area: as S3 has them afterwards, and what happens when something is wrong."""

import asyncio
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from omicsdk import transfer
from omicsdk.compat.hca.upload import UploadArea
from omicsdk.compat.hca.upload.exceptions import UploadApiException
from omicsdk.core import ChecksumMismatch, Interrupted, NotFound, SourceChanged, UsageError
from omicsdk.core.checksums import digest
from omicsdk.hca.upload import AsyncHcaUpload, CannotUpload, HcaUpload, UploadException, UploadFailed, UploadResult
from omicsdk.hca.upload.storage import AreaObject
from omicsdk.sandbox import Rule
from omicsdk.transfer import Control, TransferFailed
from privileges import as_ordinary_user
from small_cells import UNIT
from upload_areas import UUID, uri_of
from waiting import until

NAMES = ("a.txt", "b.json", "c.fastq.gz")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    (path / "below").mkdir(parents=True)
    (path / "a.txt").write_bytes(b"text")
    (path / "b.json").write_bytes(b'{"a": 1}')
    (path / "below" / "c.fastq.gz").write_bytes(b"\x1f\x8b\x08\x00 and so on")
    return path


def notifications_of(service: Any, uuid: str) -> list[str]:
    """Names of files that the service was notified of."""
    start = f"/upload/v1/area/{uuid}/"
    requests = [entry for entry in service.requests(start) if entry["method"] == "POST"]
    return sorted(entry["path"].removeprefix(start) for entry in requests if not entry["path"].endswith("/credentials"))


def ends(result: UploadResult) -> list[tuple[object, object]]:
    return [(row["state"], row["notified"]) for row in result.rows()]


def test_files_exist_with_their_checksum_and_type_and_the_service_knows(
    area: Any, service: Any, folder: Path, stored: Any
):
    result = area.upload_files([folder])
    assert result.counts == {"done": 3, "skipped": 0, "failed": 0, "stopped": 0}
    kinds = {"a.txt": "text/plain", "b.json": "application/json", "c.fastq.gz": "application/gzip"}
    for file, outcome in zip(result.uploaded, result.files, strict=True):
        there = stored(outcome.name)
        data = Path(file.path).read_bytes()
        assert there["bytes"] == data
        assert there["Metadata"] == {"crc32c": digest(data, "crc32c")} == dict(outcome.checksums)
        assert there["ContentType"] == file.content_type == f"{kinds[outcome.name]}; dcp-type=data"
        assert file.notified
    assert notifications_of(service, area.uuid) == list(NAMES)
    assert [file["name"] for file in area.list()] == list(NAMES)
    assert {file["size"] for file in area.list(detail=True)} == {4, 8, 14}


@pytest.mark.usefixtures("small_etag_parts")
def test_a_file_in_parts_has_the_checksum_of_the_whole(area: Any, tmp_path: Path, stored: Any, noise: Any):
    path = tmp_path / "large.bin"
    path.write_bytes(noise(65 * UNIT))
    area.upload_files([path])
    there = stored("large.bin")
    assert there["bytes"] == path.read_bytes()
    assert there["Metadata"] == {"crc32c": digest(path.read_bytes(), "crc32c")}


@pytest.mark.usefixtures("small_etag_parts")
@pytest.mark.parametrize("size", [5, 65 * UNIT])
def test_a_file_that_was_read_otherwise_twice_is_not_treated_as_right(
    area: Any, tmp_path: Path, stored: Any, monkeypatch: Any, noise: Any, size: int
):
    path = tmp_path / "large.bin"
    path.write_bytes(noise(size))
    with monkeypatch.context() as patch:
        plain = AreaObject._announce

        def announced(to: AreaObject, source: Any) -> None:
            plain(to, replace(source, checksums={"crc32c": "00000000"}))  # a bit of it was read wrong

        patch.setattr(AreaObject, "_announce", announced)
        assert isinstance(area.send([path]).failed[0].error, ChecksumMismatch)
    area.upload_files([path])
    assert stored("large.bin")["Metadata"] == {"crc32c": digest(path.read_bytes(), "crc32c")}


def test_a_file_that_changes_before_it_goes_is_reported_as_changed(area: Any, folder: Path, monkeypatch: Any):
    plain = AreaObject.put

    def put(to: AreaObject, source: Any, checksums: Any) -> Any:
        os.utime(source.path, ns=(1, 1))
        return plain(to, source, {"crc32c": "00000000"})  # of what is there now

    monkeypatch.setattr(AreaObject, "put", put)
    assert isinstance(area.send([folder / "a.txt"]).failed[0].error, SourceChanged)


@pytest.mark.parametrize("name", ["x y.txt", "ä+%25.txt", "a#b?.txt", "sub/folder/x.txt"])
def test_names_that_must_be_quoted_arrive_as_they_are(area: Any, service: Any, folder: Path, stored: Any, name: str):
    area.upload_files([folder / "a.txt"], target_filename=name)
    assert stored(name)["bytes"] == b"text"
    assert [file["name"] for file in area.list(detail=True)] == [name]
    service.finish()
    assert area.checksum_status(name)["checksum_status"] == "CHECKSUMMED"


def test_what_exists_already_is_not_sent_again_but_reported_again(area: Any, service: Any, folder: Path, stored: Any):
    area.upload_files([folder])
    before = stored("a.txt")["LastModified"]
    service.request_log.clear()
    (folder / "b.json").write_bytes(b'{"a": 2}')  # as long, but other bytes
    result = area.upload_files([folder])
    assert [file.state for file in result.files] == ["skipped", "done", "skipped"]
    assert stored("b.json")["bytes"] == b'{"a": 2}'
    assert stored("a.txt")["LastModified"] == before
    assert notifications_of(service, area.uuid) == list(NAMES)
    assert area.upload_files([folder], sync=False).counts["done"] == 3


def test_many_files_are_searched_in_one_listing(area: Any, tmp_path: Path, monkeypatch: Any):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.txt").write_text(str(number))
    area.upload_files([folder])
    names: list[str] = []
    from omicsdk.hca.upload.storage import AreaStorage

    find = AreaStorage.find
    monkeypatch.setattr(AreaStorage, "find", lambda self, name: names.append(name) or find(self, name))
    (folder / "3.txt").write_text("longer")
    (folder / "new.txt").write_text("new")
    result = area.upload_files([folder])
    assert result.counts == {"done": 2, "skipped": 29, "failed": 0, "stopped": 0}
    assert sorted(names) == sorted(f"{number}.txt" for number in range(30) if number != 3)


def test_nothing_is_sent_unless_everything_can_be(area: Any, service: Any, folder: Path, tmp_path: Path):
    twin = tmp_path / "twin"
    twin.mkdir()
    (twin / "a.txt").write_text("another")
    (twin / "credentials").write_text("x")
    (twin / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(twin / "pipe")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotUpload) as raised:
        area.upload_files([folder, twin, tmp_path / "missing", f"s3://{'x' * 40}/nothing", tmp_path / "empty"])
    problems = " | ".join(raised.value.problems)
    assert isinstance(raised.value, UsageError)
    assert isinstance(raised.value, UploadException)
    for message in (
        f"{tmp_path / 'missing'} cannot be uploaded: No such file or directory",
        f"{folder / 'a.txt'}, {twin / 'a.txt'} would all be called a.txt",
        "a file called credentials",
        f"{twin / 'dangling'} is a broken link",
        f"{twin / 'pipe'} is not a regular file",
        f"s3://{'x' * 40}/nothing cannot be listed",
        f"{tmp_path / 'empty'} contains no files",
    ):
        assert message in problems
    assert notifications_of(service, area.uuid) == []
    assert list(area.list()) == []


@pytest.mark.parametrize(
    ("paths", "how", "message"),
    [
        ([], {}, "no path was given"),
        (["."], {"name": "x"}, "--target-filename option may only be used when one file is being uploaded"),
        (["a.txt", "b.json"], {"name": "x"}, "--target-filename option may only be used"),
        (["a.txt"], {"file_extension": ".txt"}, "--file-extension can only be used when paths"),
        (["."], {"file_extension": ".bam"}, "contains no files whose names end in .bam"),
        (["a.txt"], {"name": "../x"}, "cannot be a name in an upload area"),
        (["a.txt"], {"name": ""}, "cannot be a name in an upload area"),
    ],
)
def test_wrong_requests_are_reported_in_one_error(
    folder: Path, monkeypatch: Any, home: Path, paths: Any, how: Any, message: str
):
    monkeypatch.chdir(folder)
    with pytest.raises(CannotUpload, match=f"nothing was uploaded: .*{message}"):
        HcaUpload("http://localhost:1").upload(paths, uri_of(UUID), **how)


def test_an_unreadable_file_or_folder_is_reported_before(folder: Path, home: Path):
    (folder / "a.txt").chmod(0)
    (folder / "below").chmod(0)
    with (
        as_ordinary_user(),
        pytest.raises(CannotUpload, match=r"a\.txt cannot be read.*below cannot be read: Permission"),
    ):
        HcaUpload("http://localhost:1").upload([folder], uri_of(UUID))


def test_a_file_that_is_named_twice_goes_once(area: Any, folder: Path):
    result = area.send([folder / "a.txt", folder, folder / "below" / ".." / "a.txt"])
    assert [file.name for file in result.files] == ["a.txt", "b.json", "c.fastq.gz"]


def test_a_single_path_may_stand_alone(area: Any, folder: Path):
    assert area.upload_files(str(folder / "a.txt")).counts["done"] == 1
    assert area.upload_files(folder / "b.json").counts["done"] == 1


def test_an_area_that_is_gone_is_reported_once(service: Any, folder: Path):
    with UploadArea(uri_of(UUID, "sandbox")) as area:
        assert not area.exists()
        with pytest.raises(UploadApiException, match="may have been deleted, or never created") as raised:
            area.upload_files([folder])
    assert isinstance(raised.value, NotFound)
    assert isinstance(raised.value, UploadException)
    assert len(service.requests(f"/upload/v1/area/{UUID}/credentials")) == 1


def test_a_service_that_cannot_be_notified_fails_the_file_and_states_that_it_is_there(
    area: Any, service: Any, folder: Path, stored: Any
):
    service.add_faults(
        Rule("status", f"/upload/v1/area/{area.uuid}/b.json", status=500, times=3),
        Rule("status", f"/upload/v1/area/{area.uuid}/a.txt", status=503, times=2),
    )
    with pytest.raises(UploadFailed, match=r"b\.json: it is in the area, but") as raised:
        area.upload_files([folder])
    assert isinstance(raised.value, TransferFailed)
    assert [file.state for file in raised.value.report.files] == ["done", "failed", "done"]
    assert stored("b.json")["bytes"] == b'{"a": 1}'
    # What was sent is not sent twice, and the service is reported.
    result = area.upload_files([folder], sync=False)
    assert [file.state for file in result.files] == ["skipped", "skipped", "skipped"]
    assert all(file.notified for file in result.uploaded)


def test_what_is_gone_and_is_stopped_before_it_is_sent_again_is_not_treated_as_there(
    area: Any, service: Any, tmp_path: Path, monkeypatch: Any
):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.txt").write_bytes(b"text")
    service.add_faults(Rule("status", f"/upload/v1/area/{area.uuid}/00.txt", status=500, times=3))
    assert area.send([folder], sync=False).counts["failed"] == 1
    client = service._up.context.staging.client()
    for number in range(40):
        client.delete_object(Bucket=area.uri.bucket_name, Key=f"{area.uuid}/{number:02}.txt")
    control, runs, plain = Control(), list[Any](), transfer.upload

    def upload(entries: Any, **how: Any) -> Any:
        runs.append(entries)
        if len(runs) == 2:
            control.stop()
        return plain(entries, **how)

    monkeypatch.setattr(transfer, "upload", upload)
    result = area.send([folder], sync=False, control=control)
    assert result.counts == {"done": 0, "skipped": 0, "failed": 0, "stopped": 40}


def test_a_whole_upload_leaves_nothing_behind(area: Any, folder: Path, home: Path):
    area.upload_files([folder])
    assert not list(home.rglob("*.journal"))


def test_where_no_state_can_be_written_it_goes_without(area: Any, folder: Path, home: Path, caplog: Any):
    (home / "state").write_text("a file in the folder's place")
    assert area.upload_files([folder]).counts["done"] == 3
    assert f"{home / 'state'}" in caplog.text
    assert "unfinished transfers are not recorded there. Set OMICS_STATE_DIR" in caplog.text


def test_a_stopped_upload_states_what_is_missing(area: Any, folder: Path):
    control = Control()
    control.stop()
    result = area.send([folder], control=control)
    assert result.counts["stopped"] == 3
    with pytest.raises(Interrupted, match="it was stopped; 0 of 3 files are complete"):
        area.send([folder], control=control, check=True)


def test_progress_counts_everything(area: Any, service: Any, folder: Path):
    shown: list[Any] = []
    client = service._up.context.staging.client()
    client.create_bucket(Bucket="elsewhere")
    client.put_object(Bucket="elsewhere", Key="d.txt", Body=b"12345")
    area.upload_files([folder / "a.txt"])
    area.send([folder, "s3://elsewhere/d.txt"], progress=shown.append)
    assert all(progress.files == 4 and progress.bytes == 4 + 8 + 14 + 5 for progress in shown)
    assert shown[-1].files_done == 4
    assert shown[-1].bytes_done == 31


def test_lines_are_printed_when_wished(area: Any, folder: Path, capsys: Any):
    area.upload_files([folder / "a.txt"], report_progress=True)
    assert capsys.readouterr().out.splitlines() == [
        f"Upload complete of {folder / 'a.txt'} to upload area {area.uri}",
        f"Completed upload of 1 files to upload area {area.uuid}",
    ]


def test_a_stop_waits_for_no_silent_service(area: Any, service: Any, folder: Path):
    service.add_faults(Rule("stall", path="/upload/v1/area/*.*", method="POST"))
    control = Control()

    def stop() -> None:
        until(lambda: service.stalled >= len(NAMES))
        control.stop()

    threading.Thread(target=stop, daemon=True).start()
    result = area.send([folder], control=control)
    assert control.stopped  # while all responses were missing: else this would not have ended
    assert ends(result) == [("stopped", False)] * 3
    service.fault_book.clear()
    service.release()
    assert ends(area.send([folder])) == [("skipped", True)] * 3


def test_awaited_it_does_the_same(area: Any, folder: Path):
    async def run() -> UploadResult:
        async with AsyncHcaUpload() as client:
            return await client.upload([folder], area.uri, file_extension=".txt")

    result = asyncio.run(run())
    assert [(file.name, file.state) for file in result.files] == [("a.txt", "done")]
