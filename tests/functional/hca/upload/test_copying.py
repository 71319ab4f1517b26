"""Objects of other buckets: S3 copies them, in parts where they are large, and no byte comes here."""

from typing import Any

import pytest
from omicsdk.core import APIError, ChecksumMismatch, Forbidden, Interrupted, NotFound, OmicsError, UsageError
from omicsdk.core.checksums import digest
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.hca.upload import CannotUpload, UploadFailed
from omicsdk.hca.upload.sources import S3File, copy
from omicsdk.hca.upload.storage import area_storage
from omicsdk.transfer import Control
from small_cells import UNIT


@pytest.fixture
def bucket(service: Any) -> Any:
    """Another bucket: objects by their keys."""
    client = service._up.context.staging.client()
    client.create_bucket(Bucket="elsewhere")

    def put(key: str, data: bytes, **metadata: str) -> S3File:
        etag = client.put_object(Bucket="elsewhere", Key=key, Body=data, Metadata=metadata)["ETag"].strip('"')
        return S3File(f"s3://elsewhere/{key}", "elsewhere", key, key.rpartition("/")[2], len(data), etag)

    return put


@pytest.fixture
def storage(area: Any) -> Any:
    from omicsdk.core.clock import SYSTEM_CLOCK

    opened = area_storage(area.upload_service.client, area.uri, SYSTEM_CLOCK, accelerate=False, connections=4)
    yield opened
    opened.client.close()


def test_objects_and_beginnings_of_keys(area: Any, bucket: Any, stored: Any, service: Any):
    data = {"run/a.fastq.gz": b"gz", "run/b.tsv": b"tsv", "run/sub/c": b"c", "run/": b"", "run.txt": b"another"}
    for key, body in data.items():
        bucket(key, body)
    result = area.upload_files(["s3://elsewhere/run/"])
    assert [(row["path"], row["name"], row["content_type"]) for row in result.rows()] == [
        ("s3://elsewhere/run/a.fastq.gz", "a.fastq.gz", "application/gzip; dcp-type=data"),
        ("s3://elsewhere/run/b.tsv", "b.tsv", "text/tab-separated-values; dcp-type=data"),
        ("s3://elsewhere/run/sub/c", "c", "application/data; dcp-type=data"),
    ]
    assert [file["name"] for file in area.list()] == ["a.fastq.gz", "b.tsv", "c"]
    assert stored("b.tsv")["bytes"] == b"tsv"
    assert stored("b.tsv")["ContentType"] == "text/tab-separated-values; dcp-type=data"
    service.finish()
    assert area.checksum_status("c")["checksum_status"] == "CHECKSUMMED"
    assert area.upload_files(["s3://elsewhere/run.txt"]).files[0].name == "run.txt"


def test_data_under_a_key_that_ends_in_a_slash_are_not_left_out(area: Any, bucket: Any):
    for key in ("run/a", "run/"):
        bucket(key, b"data")
    with pytest.raises(UsageError, match="s3://elsewhere/run/: '' cannot be a name in an upload area"):
        area.upload_files(["s3://elsewhere/run/"])


def test_metadata_are_not_taken_over_but_a_stated_checksum_is(area: Any, bucket: Any, stored: Any):
    data = b"some bytes"
    crc32c = digest(data, "crc32c")
    bucket("a.txt", data, secret="canary", crc32c=crc32c.upper())
    bucket("b.txt", data, **{"hca-dss-crc32c": crc32c})
    bucket("c.txt", data, crc32c="no checksum")
    result = area.upload_files(["s3://elsewhere/a.txt", "s3://elsewhere/b.txt", "s3://elsewhere/c.txt"])
    assert [stored(name)["Metadata"] for name in ("a.txt", "b.txt", "c.txt")] == [{"crc32c": crc32c}] * 2 + [{}]
    assert [dict(file.checksums) for file in result.files] == [{"crc32c": crc32c}] * 2 + [{}]


def test_one_object_can_have_another_name(area: Any, bucket: Any, stored: Any):
    bucket("a.txt", b"text")
    area.upload_files(["s3://elsewhere/a.txt"], target_filename="b.txt")
    assert stored("b.txt")["bytes"] == b"text"
    bucket("ab.txt", b"text")
    with pytest.raises(CannotUpload, match="names 2 objects"):
        area.upload_files(["s3://elsewhere/a"], target_filename="b.txt")


def test_what_is_the_same_is_not_copied_again(area: Any, bucket: Any):
    bucket("a.txt", b"text")
    assert area.upload_files(["s3://elsewhere/a.txt"]).files[0].state == "done"
    assert area.upload_files(["s3://elsewhere/a.txt"]).files[0].state == "skipped"
    assert area.upload_files(["s3://elsewhere/a.txt"], sync=False).files[0].state == "done"
    bucket("a.txt", b"texx")
    assert area.upload_files(["s3://elsewhere/a.txt"]).files[0].state == "done"


def test_the_time_budget_includes_objects_alone(area: Any, bucket: Any):
    bucket("a.txt", b"text")
    control = Control()
    area.send(["s3://elsewhere/a.txt"], control=control, time_budget=3600)
    assert not control.over(SYSTEM_CLOCK.monotonic())
    assert control.over(SYSTEM_CLOCK.monotonic() + 3601)


@pytest.mark.usefixtures("small_etag_parts")
def test_large_ones_are_copied_in_parts(storage: Any, bucket: Any, stored: Any, noise: Any):
    data = noise(65 * UNIT)
    source = bucket("large.bin", data)
    counted: list[int] = []
    verification = copy(
        storage, source, "a/b; dcp-type=data", crc32c="00000000", copied=counted.append, largest=5 * UNIT
    )
    assert verification == ("verified" if source.etag == digest(data, "s3_etag") else "size only")
    there = stored("large.bin")
    assert there["bytes"] == data
    assert there["ContentType"] == "a/b; dcp-type=data"
    assert there["Metadata"] == {"crc32c": "00000000"}
    assert there["ETag"].strip('"') == digest(data, "s3_etag")
    assert sorted(counted) == [UNIT, 64 * UNIT]


@pytest.mark.usefixtures("small_etag_parts")
def test_what_ended_a_copy_is_reported_though_it_cannot_be_abandoned(storage: Any, bucket: Any, monkeypatch: Any):
    source = bucket("large.bin", bytes(11 * UNIT))
    call = storage.call

    def refusing(operation: str, **arguments: Any) -> dict[str, Any]:
        if operation == "abort_multipart_upload":
            raise Forbidden("no", status=403)
        if operation == "upload_part_copy":
            raise NotFound("the source is gone", status=404)
        return call(operation, **arguments)

    monkeypatch.setattr(storage, "call", refusing)
    with pytest.raises(NotFound, match="the source is gone"):
        copy(storage, source, "a/b", largest=5 * UNIT)


@pytest.mark.usefixtures("small_etag_parts")
def test_a_copy_that_is_stopped_is_abandoned(storage: Any, bucket: Any, area: Any, service: Any):
    source = bucket("large.bin", bytes(11 * UNIT))
    calls: list[None] = []

    def stopped() -> bool:
        calls.append(None)
        return len(calls) > 1

    with pytest.raises(Interrupted, match="copying was stopped"):
        copy(storage, source, "a/b", largest=5 * UNIT, stopped=stopped)
    client = service._up.context.staging.client()
    assert not client.list_multipart_uploads(Bucket=area.uri.bucket_name).get("Uploads")
    control = Control()
    control.stop()
    assert area.send([source.path], control=control).counts["stopped"] == 1


def test_a_source_that_changed_since_it_was_listed_is_refused(storage: Any, bucket: Any):
    source = bucket("a.txt", b"old")
    bucket("a.txt", b"new")
    with pytest.raises((APIError, ChecksumMismatch)):  # S3 refuses it; a store that does not is found out
        copy(storage, source, "a/b")


def test_what_can_not_be_listed_or_copied_is_stated(area: Any, bucket: Any, monkeypatch: Any):
    with pytest.raises(CannotUpload, match="s3://nowhere/x cannot be listed"):
        area.upload_files(["s3://nowhere/x"])
    with pytest.raises(CannotUpload, match="s3://elsewhere/x contains no files"):
        area.upload_files(["s3://elsewhere/x"])
    bucket("a.txt", b"a")
    bucket("b.txt", b"b")

    def refuse(storage: Any, source: S3File, *_: object, **__: object) -> str:
        if source.name == "a.txt":
            raise OmicsError("no")
        return "size only"

    monkeypatch.setattr("omicsdk.hca.upload.uploads.copy", refuse)
    with pytest.raises(UploadFailed, match="no") as raised:
        area.upload_files(["s3://elsewhere/"])
    assert [file.state for file in raised.value.report.files] == ["failed", "done"]
