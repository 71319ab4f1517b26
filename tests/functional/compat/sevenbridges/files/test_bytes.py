"""A file's bytes, as `File` hands them over; how transfers fare in detail is tested in tests/sevenbridges/transfer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from breakable import Request, Response, Server
from omicsdk.compat.sevenbridges import Api, File, LocalFileAlreadyExists, SbgError, TransferState

TEXT = "reads\nà la carte\n" * 5000
BYTES = TEXT.encode()


@pytest.fixture
def storage() -> Iterator[Server]:
    server = Server()
    server.files["f1"] = BYTES
    yield server
    server.close()


@pytest.fixture
def file(api: Api, platform: Any, storage: Server) -> File:
    platform.on("GET /files/f1", platform.file(size=len(BYTES), metadata={}))
    platform.on("GET /files/f1/download_info", {"url": storage.url("f1", "X-Amz-Signature=secret")})
    return api.files.get("f1")


def test_a_download(file: File, tmp_path: Path) -> None:
    download = file.download(tmp_path / "reads.txt")
    assert (tmp_path / "reads.txt").read_bytes() == BYTES
    assert (download.status, download.progress) == (TransferState.COMPLETED, 100)


def test_a_download_that_is_started_later(file: File, tmp_path: Path) -> None:
    download = file.download(str(tmp_path / "reads.txt"), wait=False)
    assert download.status == TransferState.PREPARING
    assert not (tmp_path / "reads.txt").exists()
    download.start()
    download.wait()
    assert (tmp_path / "reads.txt").read_bytes() == BYTES


def test_what_exists_is_only_overwritten_on_demand(file: File, tmp_path: Path) -> None:
    path = tmp_path / "reads.txt"
    path.write_text("mine")
    with pytest.raises(LocalFileAlreadyExists, match=r"reads\.txt"):
        file.download(path)
    assert path.read_text() == "mine"
    file.download(path, overwrite=True)
    assert path.read_bytes() == BYTES


def test_a_failed_download_is_raised(file: File, storage: Server, tmp_path: Path) -> None:
    def refused(server: Server, request: Request, response: Response) -> Response:
        return Response(status=403, body=b"<Error><Code>AccessDenied</Code></Error>")

    storage.always["f1"] = refused
    with pytest.raises(SbgError) as failed:
        file.download(tmp_path / "reads.txt", retry=0)
    assert "secret" not in str(failed.value)
    assert not (tmp_path / "reads.txt").exists()


def test_parts_that_are_too_small(file: File, tmp_path: Path) -> None:
    with pytest.raises(SbgError):
        file.download(tmp_path / "reads.txt", chunk_size=1000)


def test_a_stream(file: File) -> None:
    parts = list(file.stream(part_size=10_000))
    assert b"".join(parts) == BYTES
    assert {len(part) for part in parts[:-1]} == {10_000}


def test_the_content_as_text(file: File, tmp_path: Path) -> None:
    assert file.content() == TEXT
    assert file.content(path=tmp_path / "kept.txt", encoding="utf-8") == TEXT
    assert (tmp_path / "kept.txt").read_bytes() == BYTES
    with pytest.raises(LocalFileAlreadyExists):
        file.content(path=tmp_path / "kept.txt", overwrite=False)
    with pytest.raises(SbgError, match="is not text in ascii") as refused:
        file.content(encoding="ascii")
    assert refused.value.remedy


def test_a_failed_upload_is_raised(api: Api, platform: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    platform.on("POST /upload/multipart", platform.refusal(409, 8005, "File already exists"))
    with pytest.raises(SbgError, match="File already exists"):
        api.files.upload(tmp_path / "a.txt", api.projects(id="me/proj"))
    assert platform.requests[0].body["project"] == "me/proj"
    upload = api.files.upload(tmp_path / "a.txt", parent="d1", file_name="b.txt", wait=False)
    assert (upload.file_name, upload.status) == ("b.txt", TransferState.PREPARING)
