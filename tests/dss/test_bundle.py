"""Choosing files of a bundle, and keeping them in the shared folder."""

import errno
import hashlib
import json
import os
import re
from pathlib import Path

import pytest
from omicsdk.core.errors import TransferError
from omicsdk.dss import bundle, filestore
from omicsdk.dss.files import DSSFile
from omicsdk.dss.version import create_version


def entry(name: str, indexed: bool = False, content: bytes = b"x") -> dict[str, object]:
    return {
        "name": name,
        "uuid": f"uuid of {name}",
        "version": "v",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "indexed": indexed,
    }


def manifest(*entries: dict[str, object]) -> dict[str, object]:
    return {"bundle": {"uuid": "u", "version": "1", "files": list(entries), "creator_uid": 0}}


WHOLE = manifest(entry("cell.json", True), entry("links.json", True), entry("a/R1.fastq.gz"), entry("a/R2.FASTQ.gz"))


def names(files: list[DSSFile]) -> list[str]:
    return [file.name for file in files]


def test_everything_by_default():
    assert names(bundle.chosen(WHOLE, "aws")) == ["cell.json", "links.json", "a/R1.fastq.gz", "a/R2.FASTQ.gz"]


def test_patterns_are_case_sensitive_and_match_the_whole_name():
    assert names(bundle.chosen(WHOLE, "aws", ("cell*",), ("*.fastq.gz",))) == ["cell.json", "a/R1.fastq.gz"]
    assert names(bundle.chosen(WHOLE, "aws", (), ("R1*",))) == []


def test_a_lone_string_is_one_pattern():
    assert bundle.filters("cell*", "*.bam", False, False) == (("cell*",), ("*.bam",))


def test_flags_exclude_their_kind():
    assert bundle.filters(("*",), ("*",), True, False) == (("",), ("*",))
    assert names(bundle.chosen(WHOLE, "aws", *bundle.filters(("*",), ("*",), False, True))) == [
        "cell.json",
        "links.json",
    ]


def test_a_flag_and_a_filter_exclude_each_other():
    with pytest.raises(ValueError, match="--data-filter and --no-data are mutually exclusive options"):
        bundle.filters(("*",), ("*.bam",), False, True)


@pytest.mark.parametrize("other", ["Cell.json", "cell.json", "BUNDLE.json"])
def test_names_that_clash_are_refused(other: str):
    with pytest.raises(ValueError, match="contains multiple files named"):
        bundle.chosen(manifest(entry("cell.json", True), entry(other)), "aws")


def test_a_clash_among_files_that_are_not_wanted_does_no_harm():
    clashing = manifest(entry("cell.json", True), entry("a.bam"), entry("A.bam"))
    assert names(bundle.chosen(clashing, "aws", ("*",), ("",))) == ["cell.json"]


def test_pages_are_merged():
    pages = [manifest(entry("a")), manifest(entry("b"))]
    assert [file["name"] for file in bundle.merged_pages(pages)["bundle"]["files"]] == ["a", "b"]
    assert len(pages[0]["bundle"]["files"]) == 1


def test_bundle_json_is_written_as_all_clients_write_it():
    assert bundle.manifest_bytes({"b": 1, "a": [2]}) == b'{\n    "a": [\n        2\n    ],\n    "b": 1\n}'
    assert json.loads(bundle.manifest_bytes(WHOLE)) == WHOLE


def test_the_filestore_lays_files_out_by_checksum():
    digest = "AB" + "cdef" + "0" * 58
    assert filestore.filestore_path(digest) == ".hca/v2/files_2_4/ab/cdef/" + digest.lower()


def stored(folder: Path, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    filestore.store_bytes(folder, digest, content)
    return digest


def test_links_share_the_stored_file(tmp_path: Path):
    digest = stored(tmp_path, b"reads")
    filestore.link(tmp_path, digest, "u.1/a/R1.fastq")
    filestore.link(tmp_path, digest, "u.1/a/R1.fastq")
    assert (tmp_path / "u.1/a/R1.fastq").stat().st_nlink == 2


@pytest.mark.parametrize("number", [errno.EMLINK, errno.EPERM, errno.EXDEV])
def test_without_hard_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int):
    digest = stored(tmp_path, b"reads")

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    filestore.link(tmp_path, digest, "u.1/R1.fastq")
    assert (tmp_path / "u.1/R1.fastq").read_bytes() == b"reads"
    assert not list(tmp_path.rglob("*.part"))


def test_a_copy_with_equal_content_is_taken_over(tmp_path: Path):
    digest = stored(tmp_path, b"reads")
    (tmp_path / "u.1").mkdir()
    (tmp_path / "u.1/R1.fastq").write_bytes(b"reads")
    before = (tmp_path / "u.1/R1.fastq").stat().st_ino
    filestore.link(tmp_path, digest, "u.1/R1.fastq")
    assert (tmp_path / "u.1/R1.fastq").stat().st_ino == before


def test_another_file_of_that_name_is_left_alone(tmp_path: Path):
    digest = stored(tmp_path, b"reads")
    (tmp_path / "u.1").mkdir()
    (tmp_path / "u.1/R1.fastq").write_bytes(b"other")
    with pytest.raises(TransferError, match="is there already"):
        filestore.link(tmp_path, digest, "u.1/R1.fastq")
    assert (tmp_path / "u.1/R1.fastq").read_bytes() == b"other"


def test_versions_sort_by_time():
    first, second = create_version(), create_version()
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{6}\.\d{6}Z", first)
    assert first <= second


def test_files_of_manifest_rows():
    row = {"file_name": "n", "file_uuid": "u", "file_sha256": "AB" * 32, "file_size": "3"}
    assert DSSFile.from_manifest_row(row, "gcp") == DSSFile("n", "u", "", "ab" * 32, 3, False, "gcp")
