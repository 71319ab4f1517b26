"""Files come from the platform whole and right, or it is reported why not."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.sevenbridges.errors import Forbidden, LocalFileAlreadyExists, SbgError
from omicsdk.compat.sevenbridges.models.enums import TransferState
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.compat.sevenbridges.transfer.download import Download, stream
from omicsdk.core import ChecksumMismatch

MIB = 1024 * 1024
BYTES = bytes(range(256)) * 8192 * 5  # 10 MiB


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def file_of(platform: Any, api: Any, content: bytes = b"some bytes", **more: Any) -> File:
    return File.of(platform.files[platform.add("remote.txt", content, **more)], api)


def cut(platform: Any, size: int, headers: dict[str, str] | None = None) -> Any:
    """A response that states all of the file and ends after `size` bytes; a negative one leaves that many out."""

    def response(request: Any) -> Any:
        _, sent, content = platform.file_content(request, "file-1")
        response_headers = (sent if headers is None else headers) | {"Content-Length": str(len(content))}
        return 200, response_headers, content[:size]

    return response


def done(download: Any) -> None:
    download.start()
    download.wait()


def test_a_file_comes_whole(platform: Any, api: Any, tmp_path: Path, state: Path):
    file = file_of(platform, api, BYTES, metadata={"sha256": sha256(BYTES)})
    download = Download(file_path=tmp_path / "a" / "local", file=file)
    assert (download.status, download.progress, download.result()) == ("PREPARING", 0, None)
    done(download)
    assert (tmp_path / "a" / "local").read_bytes() == BYTES
    assert download.path == download.result() == str(tmp_path / "a" / "local")
    assert download.progress == 100
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["local"]
    assert list(state.rglob("*.journal")) == []


def test_a_file_of_which_only_the_id_is_known(platform: Any, api: Any, tmp_path: Path):
    identity = platform.add("remote.txt", b"some bytes")
    done(Download(file_path=tmp_path / "local", file=File.of({"id": identity}, api)))
    assert (tmp_path / "local").read_bytes() == b"some bytes"
    assert len(platform.of("GET", f"v2/files/{identity}")) <= 1


def test_a_presigned_url(platform: Any, api: Any, tmp_path: Path):
    identity = platform.add("remote.txt", b"some bytes")
    done(Download(platform.url(f"bytes/{identity}", "signature=x"), tmp_path / "local", api=api))
    assert (tmp_path / "local").read_bytes() == b"some bytes"


def test_a_url_that_ends_is_requested_again(platform: Any, api: Any, tmp_path: Path):
    file = file_of(platform, api)
    platform.fault("GET bytes/file-1", lambda _: (403, {}, b"<Error><Code>ExpiredToken</Code></Error>"))
    done(Download(file_path=tmp_path / "local", file=file))
    assert (tmp_path / "local").read_bytes() == b"some bytes"
    assert len(platform.of("GET", "v2/files/file-1/download_info")) == 2


@pytest.mark.parametrize("key", ["md5", "MD5sum", "md5_sum"])
def test_what_metadata_state_is_verified(platform: Any, api: Any, tmp_path: Path, key: str):
    file = file_of(platform, api, metadata={key: "0" * 32, "sample": "s1"})
    download = Download(file_path=tmp_path / "local", file=file)
    with pytest.raises(ChecksumMismatch) as caught:
        done(download)
    assert isinstance(caught.value, SbgError)
    assert download.status == TransferState.FAILED
    assert not (tmp_path / "local").exists()
    done(Download(file_path=tmp_path / "local", file=file, checksums={}))


def test_checksums_that_an_output_inherits_are_not_its_own(platform: Any, api: Any, tmp_path: Path):
    done(
        Download(
            file_path=tmp_path / "local", file=file_of(platform, api, metadata={"md5": "0" * 32}, origin={"task": "t"})
        )
    )


def test_what_exists_stays_until_the_new_one_is_whole(platform: Any, api: Any, tmp_path: Path, error: Any):
    local = tmp_path / "local"
    local.write_bytes(b"SOME BYTES")
    file = file_of(platform, api)
    with pytest.raises(LocalFileAlreadyExists) as exists:
        Download(file_path=local, file=file, overwrite=False)
    assert exists.value.message == str(local)
    platform.fault("GET v2/files/file-1/download_info", lambda _: error(403, 5001))
    with pytest.raises(Forbidden) as caught:
        done(Download(file_path=local, file=file))
    assert caught.value.code == 5001
    assert local.read_bytes() == b"SOME BYTES"
    done(Download(file_path=local, file=file))
    assert local.read_bytes() == b"some bytes"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["local"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"part_size": 5 * MIB - 1}, "5242880"),
        ({"file_path": ""}, "expected a path"),
        ({"file_path": "."}, "not the path of a file"),
        ({"file": None}, "Nothing to download"),
    ],
)
def test_what_cannot_work(platform: Any, api: Any, tmp_path: Path, arguments: dict[str, Any], words: str):
    usual: dict[str, Any] = {"file_path": tmp_path / "local", "file": file_of(platform, api), "api": api}
    with pytest.raises(SbgError, match=words):
        Download(**usual | arguments)


def test_a_folder_is_no_file(platform: Any, api: Any, tmp_path: Path):
    folder = File.of(platform.files[platform.add("folder")], api)
    with pytest.raises(SbgError, match="is a folder"):
        done(Download(file_path=tmp_path / "local", file=folder))


def test_a_stream_gives_all_bytes(platform: Any, api: Any):
    chunks = list(stream(file_of(platform, api, BYTES), 100_000))
    assert b"".join(chunks) == BYTES
    assert {len(chunk) for chunk in chunks[:-1]} == {100_000}
    assert list(stream(file_of(platform, api, b""))) == []


def test_a_stream_resumes_where_it_broke(platform: Any, api: Any, clock: Any):
    file = file_of(platform, api, BYTES)

    def cut(request: Any) -> Any:
        status, headers, content = platform.file_content(request, "file-1")
        return status, headers | {"Content-Length": str(len(content))}, content[: len(content) // 2]

    expired = (403, {}, b"")
    platform.fault("GET bytes/file-1", cut, lambda _: expired, cut, lambda _: (503, {}, b""))
    assert b"".join(stream(file)) == BYTES
    assert clock.slept


def test_a_stream_of_a_file_that_has_become_another(platform: Any, api: Any):
    file = file_of(platform, api, BYTES)
    platform.fault("GET bytes/file-1", cut(platform, MIB), lambda _: (200, {"ETag": '"other"'}, b"other"))
    with pytest.raises(SbgError, match="the file changed while it was read"):
        list(stream(file))


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"same"'}, {"Last-Modified": "Fri, 20 Nov 2026 10:00:00 GMT"}])
def test_a_stream_that_may_resume_with_another_version(platform: Any, api: Any, headers: dict[str, str]):
    file = file_of(platform, api, BYTES)
    span = {"Content-Range": f"bytes {MIB}-{len(BYTES) - 1}/{len(BYTES)}"}
    platform.fault(
        "GET bytes/file-1",
        cut(platform, MIB, headers=headers),
        lambda _: (206, headers | span, bytes(len(BYTES) - MIB)),
    )
    with pytest.raises(SbgError, match="its server responded with a part with"):
        list(stream(file))


def test_a_stream_that_is_refused(platform: Any, api: Any, error: Any):
    file = file_of(platform, api)
    platform.fault("GET v2/files/file-1/download_info", lambda _: error(403, 5001))
    with pytest.raises(Forbidden):
        list(stream(file))
    platform.fault("GET bytes/file-1", *[lambda _: (403, {}, b"")] * 3)
    with pytest.raises(SbgError) as caught:
        list(stream(file, retry_count=2))
    assert caught.value.status == 403
    assert "canary" not in str(caught.value)
    with pytest.raises(SbgError, match="part_size is 0"):
        stream(file, 0)


@pytest.mark.parametrize(
    "arguments", [{"retry_count": -1}, {"retry_count": "6"}, {"part_size": "1"}, {"part_size": True}]
)
def test_a_stream_of_nonsense(platform: Any, api: Any, arguments: dict[str, Any]):
    with pytest.raises(SbgError, match=next(iter(arguments))) as caught:
        stream(file_of(platform, api, b"x"), **arguments)
    assert caught.value.remedy
