"""Reads become samples with their files; all is checked before anything is created or sent."""

from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.pangea_api import Knex, Organization, PangeaForbiddenError, PangeaNotFoundError, SampleGroup
from omicsdk.compat.pangea_api.contrib.tagging.tag import Tag
from omicsdk.core import Forbidden, NotFound, OmicsError, ServerError, UsageError
from omicsdk.pangea import FieldId, ReadSet, ReadsResult, fields, pair_reads
from omicsdk.pangea.fields import ResultId
from omicsdk.pangea.uploads import UploadedField, upload_field
from omicsdk.transfer import TransferFailed


@pytest.fixture
def stored(knex: Knex) -> SampleGroup:
    """A library with a bucket."""
    return Organization(knex, "Sandbox").sample_group("Sandbox Library").get()


@pytest.fixture
def reads(tmp_path: Path) -> list[ReadSet]:
    folder = tmp_path / "rd"
    folder.mkdir()
    for name in ("q1", "é 🧬"):
        for number in (1, 2):
            (folder / f"{name}.R{number}.fastq.gz").write_bytes(f"{name} {number}".encode() * 50)
    return pair_reads(sorted(folder.iterdir()))


def upload(stored: SampleGroup, reads: list[ReadSet], **how: Any) -> ReadsResult:
    return stored.knex.client.upload_reads(reads, "Sandbox", "Sandbox Library", **how)


def content(stored: SampleGroup, sample: str, field: str, module: str = "raw::paired_short_reads") -> bytes:
    stored_field = stored.sample(sample).get().analysis_result(module).get().field(field).get()
    return Path(stored_field.download_file()).read_bytes()


def test_reads_exist_with_samples_results_and_tags(
    stored: SampleGroup, knex: Knex, outsider: Knex, reads: list[ReadSet]
):
    tag = Tag(knex, "gut").create()
    done = upload(stored, reads, tags=["gut"])
    assert [(upload.reads.sample, upload.state) for upload in done.samples] == [
        ("q1", "uploaded"),
        ("é 🧬", "uploaded"),
    ]
    assert content(stored, "q1", "read_2") == b"q1 2" * 50
    assert content(stored, "é 🧬", "read_1") == "é 🧬 1".encode() * 50
    assert sorted(sample.name for sample in tag.get_samples()) == ["q1", "é 🧬"]
    assert all(upload.result is not None and upload.result.is_private for upload in done.samples)
    theirs = Organization(outsider, "Sandbox").sample_group("Sandbox Library").sample("q1")
    with pytest.raises((PangeaNotFoundError, PangeaForbiddenError)):
        theirs.analysis_result("raw::paired_short_reads").get()


def test_again_keeps_what_exists_by_default(stored: SampleGroup, reads: list[ReadSet]):
    first = upload(stored, reads)
    Path(reads[0].files["read_1"]).write_bytes(b"changed")
    again = upload(stored, reads)
    assert [upload.state for upload in again.samples] == ["kept", "kept"]
    assert content(stored, "q1", "read_1") == b"q1 1" * 50
    upload(stored, reads, overwrite=True, private=False)
    assert content(stored, "q1", "read_1") == b"changed"
    result = stored.sample("q1").get().analysis_result("raw::paired_short_reads").get()
    assert result.is_private is False
    assert first.samples[0].result is not None
    assert result.uuid == first.samples[0].result.uuid


def test_files_of_equal_names_in_a_sample_do_not_replace_each_other(stored: SampleGroup, reads: list[ReadSet]):
    """The server's keys have the sample and the file's name, not the module or the field."""
    upload(stored, reads[:1])
    path = Path(reads[0].files["read_1"])
    path.write_bytes(b"trimmed")
    upload(stored, reads[:1], module_name="trimmed")
    result = stored.sample("q1").get().analysis_result("trimmed").get()
    path.write_bytes(b"another")
    upload_field(stored.knex.client, path, ResultId(str(result.uuid)), "extra")
    assert content(stored, "q1", "read_1") == b"q1 1" * 50
    assert content(stored, "q1", "read_1", "trimmed") == b"trimmed"
    assert content(stored, "q1", "extra", "trimmed") == b"another"


@pytest.mark.parametrize(
    ("error", "state", "warnings"),
    [(ServerError("busy", status=503), "failed", 0), (Forbidden("AccessDenied", status=403), "kept", 2)],
)
def test_a_file_that_cannot_be_examined_is_not_silently_taken_as_there(
    stored: SampleGroup,
    reads: list[ReadSet],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: OmicsError,
    state: str,
    warnings: int,
):
    def fail(*_: object) -> None:
        raise error

    upload(stored, reads[:1])
    monkeypatch.setattr(fields, "object_facts", fail)
    again = upload(stored, reads[:1], check=False)
    assert [upload.state for upload in again.samples] == [state]
    assert sum("is taken as complete" in record.getMessage() for record in caplog.records) == warnings


def test_an_upload_that_was_broken_off_is_made_good(stored: SampleGroup, knex: Knex, reads: list[ReadSet]):
    """The server knows a field's file from the moment on when its upload begins; whether it arrived, the store states."""
    field = stored.sample("q1").create().analysis_result("raw::paired_short_reads").create().field("read_1").create()
    FieldId(str(field.uuid)).begin_upload(knex.client, "q1.R1.fastq.gz")
    assert field.refresh().stored_data["__type__"] == "s3"
    upload(stored, reads)
    assert content(stored, "q1", "read_1") == b"q1 1" * 50


def test_a_public_result_is_not_given_private_reads(stored: SampleGroup, reads: list[ReadSet]):
    there = stored.sample("q1").create().analysis_result("raw::paired_short_reads").create()
    assert there.is_private is False
    upload(stored, reads)
    assert stored.sample("q1").get().analysis_result("raw::paired_short_reads").get().is_private is True


def test_a_dry_run_creates_nothing(stored: SampleGroup, reads: list[ReadSet]):
    done = upload(stored, reads, dry_run=True)
    assert done.ok
    assert [upload.state for upload in done.samples] == ["planned", "planned"]
    assert list(stored.get_samples(cache=False)) == []


@pytest.mark.parametrize("what", ["file", "twice", "tag"])
def test_faults_are_reported_before_anything_is_created(stored: SampleGroup, reads: list[ReadSet], what: str):
    how: dict[str, Any] = {}
    if what == "file":
        Path(reads[1].files["read_2"]).unlink()
    elif what == "twice":
        reads.append(reads[0])
    else:
        how["tags"] = ["nobody made this one"]
    with pytest.raises((UsageError, NotFound)):
        upload(stored, reads, **how)
    assert list(stored.get_samples(cache=False)) == []


def test_a_sample_that_fails_does_not_keep_the_others_back(stored: SampleGroup, reads: list[ReadSet]):
    reads.append(ReadSet("", {"read_1": reads[0].files["read_1"]}))  # the server accepts no blank names
    with pytest.raises(TransferFailed, match="blank") as caught:
        upload(stored, reads)
    done = caught.value.report
    assert isinstance(done, ReadsResult)
    assert [upload.state for upload in done.samples] == ["uploaded", "uploaded", "failed"]
    assert [(row["state"], row["sample"], row["field"]) for row in done.rows()] == [
        *(("done", sample, field) for sample in ("q1", "é 🧬") for field in ("read_1", "read_2")),
        ("failed", "", None),
    ]
    again = upload(stored, reads, check=False)
    assert [upload.state for upload in again.samples] == ["kept", "kept", "failed"]
    assert again.counts["failed"] == 1


def test_a_library_without_a_bucket_gets_no_samples_and_no_fields(
    stored: SampleGroup, reads: list[ReadSet], tmp_path: Path
):
    """The state of every new group, here as on a real server."""
    client = stored.knex.client
    organization = client.find_organization("Sandbox").uuid
    library = client.create_sample_group(name="New", organization=organization, is_library=True)
    assert library.bucket is None
    with pytest.raises(UsageError, match="The group 'New' has no bucket"):
        client.upload_reads(reads, "Sandbox", "New")
    assert client.list_samples(library_id=library.uuid).count == 0
    sample = client.create_sample(name="s", library=library.uuid)
    path = tmp_path / "a.txt"
    path.write_bytes(b"a")
    for owner in ("s", None):
        with pytest.raises(UsageError, match="The group 'New' has no bucket"):
            client.upload(path, "Sandbox", "New", owner, "m", "f")
    assert client.list_sample_analysis_results(sample_id=sample.uuid).count == 0
    result = client.create_sample_analysis_result(sample=sample.uuid, module_name="m")
    assert upload_field(client, path, ResultId(result.uuid), "f", dry_run=True).counts["planned"] == 1
    with pytest.raises(TransferFailed, match="bucket") as caught:
        upload_field(client, path, ResultId(result.uuid), "f")
    assert isinstance(caught.value.report, UploadedField)
    assert upload_field(client, path, ResultId(result.uuid), "f", check=False).counts["failed"] == 1
    assert client.list_sample_analysis_result_fields(analysis_result_id=result.uuid).count == 0
