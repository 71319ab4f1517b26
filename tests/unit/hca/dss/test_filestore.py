"""The shared folder: a file once, under its checksum, and links to it."""

import errno
import hashlib
import os
from pathlib import Path

import pytest
from omicsdk.core import TransferError
from omicsdk.hca.dss import files


def test_the_filestore_lays_files_out_by_checksum():
    digest = "AB" + "cdef" + "0" * 58
    assert files.filestore_path(digest) == ".hca/v2/files_2_4/ab/cdef/" + digest.lower()


def stored(folder: Path, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    files.store_bytes(folder, digest, content)
    return digest


def test_links_share_the_stored_file(tmp_path: Path):
    digest = stored(tmp_path, b"reads")
    files.link(tmp_path, digest, "u.1/a/R1.fastq")
    files.link(tmp_path, digest, "u.1/a/R1.fastq")
    assert (tmp_path / "u.1/a/R1.fastq").stat().st_nlink == 2


@pytest.mark.parametrize("number", [errno.EMLINK, errno.EPERM, errno.EXDEV])
def test_without_hard_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int):
    digest = stored(tmp_path, b"reads")

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    files.link(tmp_path, digest, "u.1/R1.fastq")
    assert (tmp_path / "u.1/R1.fastq").read_bytes() == b"reads"
    assert not list(tmp_path.rglob("*.part"))


def test_a_copy_with_equal_content_is_taken_over(tmp_path: Path):
    digest = stored(tmp_path, b"reads")
    (tmp_path / "u.1").mkdir()
    (tmp_path / "u.1/R1.fastq").write_bytes(b"reads")
    before = (tmp_path / "u.1/R1.fastq").stat().st_ino
    files.link(tmp_path, digest, "u.1/R1.fastq")
    assert (tmp_path / "u.1/R1.fastq").stat().st_ino == before


def test_another_file_of_that_name_is_left_alone(tmp_path: Path):
    digest = stored(tmp_path, b"reads")
    (tmp_path / "u.1").mkdir()
    (tmp_path / "u.1/R1.fastq").write_bytes(b"other")
    with pytest.raises(TransferError, match="already exists"):
        files.link(tmp_path, digest, "u.1/R1.fastq")
    assert (tmp_path / "u.1/R1.fastq").read_bytes() == b"other"


def test_a_folder_of_that_name_is_left_alone(tmp_path: Path):
    (tmp_path / "u.1/R1.fastq").mkdir(parents=True)
    digest = stored(tmp_path, bytes((tmp_path / "u.1/R1.fastq").stat().st_size))
    with pytest.raises(TransferError, match=r"R1\.fastq already exists with other contents"):
        files.link(tmp_path, digest, "u.1/R1.fastq")
