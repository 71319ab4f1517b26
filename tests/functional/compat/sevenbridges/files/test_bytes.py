"""A file's bytes, as `File` hands them over; how transfers fare in detail is tested in tests/sevenbridges/transfer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from breakable import Server
from omicsdk.compat.sevenbridges import Api, File, LocalFileAlreadyExists, SbgError

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


def test_what_exists_is_only_overwritten_on_demand(file: File, tmp_path: Path) -> None:
    path = tmp_path / "reads.txt"
    path.write_text("mine")
    with pytest.raises(LocalFileAlreadyExists, match=r"reads\.txt"):
        file.download(path)
    assert path.read_text() == "mine"
    file.download(path, overwrite=True)
    assert path.read_bytes() == BYTES


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
