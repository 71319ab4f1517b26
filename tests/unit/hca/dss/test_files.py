"""The shared folder, a file once, under its checksum, and links to it; times as DSS_VERSION."""

import errno
import hashlib
import os
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import TransferError, UsageError
from omicsdk.hca.dss import create_version, files, version_of
from omicsdk_api.dss import DssApi


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


def test_a_redirect_that_is_no_url_is_an_error_of_the_file():
    service = httpx.MockTransport(lambda _: httpx.Response(302, headers={"Location": "http://["}))
    file = files.DSSFile("R1.fastq", "u", "v", "0" * 64, 1, False, "aws")
    refused = pytest.raises(TransferError, match=r"R1\.fastq: the service redirected to an invalid URL")
    with DssApi("https://dss.example.org/v1", transport=service) as api, refused:
        files.locate(files.without_redirects(api), file)


@pytest.mark.parametrize(
    ("when", "version"),
    [
        ("2019-08-01", "2019-08-01T000000.000000Z"),
        ("2019-08-01T20:01:47", "2019-08-01T200147.000000Z"),
        ("2019-08-01T20:01:47.5Z", "2019-08-01T200147.500000Z"),
        ("2019-08-01T22:01:47+02:00", "2019-08-01T200147.000000Z"),
        ("2019-08-01T200147.836832Z", "2019-08-01T200147.836832Z"),
        (datetime(2019, 8, 1, 22, tzinfo=timezone(timedelta(hours=2))), "2019-08-01T200000.000000Z"),
    ],
)
def test_moments(when: datetime | str, version: str):
    assert version_of(when) == version


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))
def test_a_version_is_one_already(moment: datetime):
    assert version_of(create_version(moment)) == create_version(moment) == version_of(moment.isoformat())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2019-13-01",
        "2019-08-01T20:01:47.836832ZZ",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:00-12:00",
        "\u0662\u0660\u0661\u0669-08-01T200147.000000Z",
    ],
)
def test_an_invalid_moment(text: str):
    with pytest.raises(UsageError, match="is not a time"):
        version_of(text)


def test_versions_sort_by_time():
    first, second = create_version(), create_version()
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{6}\.\d{6}Z", first)
    assert first <= second
