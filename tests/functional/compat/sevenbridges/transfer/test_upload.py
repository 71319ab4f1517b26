"""Files go to the platform whole, in the parts that it wants, or it is reported why not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.sevenbridges.errors import Conflict, SbgError
from omicsdk.compat.sevenbridges.models.enums import TransferState
from omicsdk.compat.sevenbridges.transfer.download import Download
from omicsdk.compat.sevenbridges.transfer.upload import CodePackageUpload, Upload
from omicsdk.compat.sevenbridges.transfer.utils import Part

MIB = 1024 * 1024


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.txt"
    path.write_bytes(b"0123456789" * 11)
    return path


def done(upload: Any) -> Any:
    upload.start()
    upload.wait()
    return upload.result()


def test_a_file_goes_to_a_project(platform: Any, api: Any, small: Path):
    upload = Upload(small, "me/project", api=api)
    assert (upload.status, upload.progress, upload.duration, upload.start_time) == ("PREPARING", 0, 0, None)
    assert upload.result() is None
    made = done(upload)
    assert platform.contents[made.id] == small.read_bytes()
    assert (upload.status, upload.progress, upload.file_name) == ("COMPLETED", 100, "small.txt")
    assert made.api is api
    (started,) = platform.of("POST", "v2/upload/multipart")
    assert started.json == {"name": "small.txt", "size": 110, "part_size": 32 * MIB, "project": "me/project"}
    assert started.query == {}


def test_to_a_folder_under_another_name_and_over_what_exists(platform: Any, api: Any, small: Path):
    done(Upload(small, parent="folder-1", file_name="other.txt", overwrite=True, part_size=6 * MIB, api=api))
    (started,) = platform.of("POST", "v2/upload/multipart")
    assert started.json == {"name": "other.txt", "size": 110, "part_size": 6 * MIB, "parent": "folder-1"}
    assert started.query == {"overwrite": "true"}


def test_the_platforms_size_of_parts_counts_and_each_part_is_reported_as_it_wants(platform: Any, api: Any, small: Path):
    platform.chosen = 100
    done(Upload(small, "me/project", api=api))
    assert sorted(len(request.body) for request in platform.of("PUT", "storage/.*")) == [10, 100]
    reports = [request.json for request in platform.of("POST", "v2/upload/multipart/up1/part/")]
    assert sorted(report["part_number"] for report in reports) == [1, 2]
    for report in reports:
        headers = report["response"]["headers"]
        assert headers["X-Place"] == "here"
        assert len(headers["ETag"]) == 32


def test_without_a_word_on_reports_the_etag_is_reported(platform: Any, api: Any, small: Path):
    platform.report = None
    done(Upload(small, "me/project", api=api))
    (report,) = platform.of("POST", "v2/upload/multipart/up1/part/")
    assert list(report.json["response"]["headers"]) == ["ETag"]


def test_a_status_that_the_platform_does_not_are_treated_as_success_fails(platform: Any, api: Any, small: Path):
    platform.report = {"success_codes": [201], "headers": ["ETag"]}
    with pytest.raises(SbgError, match="not with 201"):
        done(Upload(small, "me/project", api=api))
    assert platform.of("POST", ".*/complete") == []


def test_an_empty_file_is_one_part_of_no_bytes(platform: Any, api: Any, tmp_path: Path):
    empty = tmp_path / "empty"
    empty.touch()
    upload = Upload(empty, "me/project", api=api)
    assert upload.partition_file() == [Part(0, 0)]
    made = done(upload)
    assert platform.contents[made.id] == b""
    assert [request.body for request in platform.of("PUT", "storage/.*")] == [b""]
    assert upload.progress == 100


def test_parts_of_a_file(api: Any, large: Path):
    upload = Upload(large, "me/project", part_size=5 * MIB, api=api)
    assert upload.partition_file() == [Part(0, 5 * MIB), Part(5 * MIB, 5 * MIB), Part(10 * MIB, 1)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "missing project or parent"),
        ({"project": "me/project", "parent": "folder-1"}, "both a project and a parent"),
        ({"project": "p/p", "file_name": "a/b"}, "slash"),
        ({"project": "p/p", "file_name": "x" * 256}, "256 characters"),
        ({"project": "p/p", "file_name": " "}, "is empty"),
        ({"project": "p/p", "file_name": ".."}, "means a folder"),
        ({"project": "p/p", "file_name": "a\udcff"}, "is not UTF-8"),
        ({"project": "p/p", "part_size": 5 * MIB - 1}, "5242880"),
        ({"project": "p/p", "part_size": 5 * 1024 * MIB + 1}, "5368709120"),
        ({"project": "p/p", "retry_count": -1}, "retry_count is -1"),
        ({"project": "p/p", "timeout": 0}, "timeout is 0"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sent(
    platform: Any, api: Any, small: Path, arguments: dict[str, Any], words: str
):
    with pytest.raises(SbgError, match=words) as caught:
        Upload(small, api=api, **arguments)
    assert caught.value.remedy
    assert platform.requests == []


@pytest.mark.parametrize("name", ["none", ""])
def test_a_file_that_does_not_exist_or_is_a_folder(api: Any, tmp_path: Path, name: str):
    with pytest.raises(SbgError, match=r"cannot be read|is a folder") as caught:
        Upload(tmp_path / name, "me/project", api=api)
    assert caught.value.remedy


def test_a_file_that_is_too_large(api: Any, tmp_path: Path):
    path = tmp_path / "huge"
    try:
        with path.open("wb") as file:
            file.truncate(5 * 1024**4 + 1)
    except OSError:
        pytest.skip("the file system has no room for a hole of 5 TiB")
    with pytest.raises(SbgError, match="5 TiB"):
        Upload(path, "me/project", api=api)
    with path.open("wb") as file:
        file.truncate(1024**4)
    assert len(Upload(path, "me/project", part_size=5 * MIB, api=api).partition_file()) <= 10_000


def test_without_an_api(small: Path):
    with pytest.raises(SbgError, match="has no Api"):
        Upload(small, "me/project")


def test_a_size_of_parts_with_which_there_would_be_too_many(platform: Any, api: Any, tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(bytes(10_001))
    platform.chosen = 1
    with pytest.raises(SbgError, match="parts of 1 bytes"):
        done(Upload(path, "me/project", api=api))
    assert platform.aborted == ["up1"]
    assert platform.of("PUT", ".*") == []


def test_a_name_that_is_taken(platform: Any, api: Any, small: Path, error: Any):
    platform.fault("POST v2/upload/multipart", lambda _: error(409, 8005, "File already exists."))
    upload = Upload(small, "me/project", api=api)
    with pytest.raises(Conflict, match="Set overwrite ") as caught:
        done(upload)
    assert caught.value.code == 8005
    assert upload.status == TransferState.FAILED


def test_trouble_that_passes(platform: Any, api: Any, small: Path, error: Any, clock: Any):
    platform.fault("GET v2/upload/multipart/up1/part/1", lambda _: error(503), lambda _: error(409, 8008))
    platform.fault("PUT storage/up1/1", lambda _: (503, {}, b""), lambda _: (403, {}, b""))
    platform.fault("POST v2/upload/multipart/up1/part/", lambda _: error(500))
    platform.fault("POST v2/upload/multipart/up1/complete", lambda _: error(429))
    made = done(Upload(small, "me/project", api=api))
    assert platform.contents[made.id] == small.read_bytes()
    assert clock.slept


def test_a_storage_that_refuses(platform: Any, api: Any, small: Path):
    refusal = (400, {}, b"<Error><Code>EntityTooSmall</Code><Message>too small</Message></Error>")
    platform.fault("PUT storage/up1/1", lambda _: refusal)
    upload = Upload(small, "me/project", api=api)
    with pytest.raises(SbgError, match="too small") as caught:
        done(upload)
    assert caught.value.status == 400
    assert "canary" not in str(caught.value)
    assert platform.of("POST", ".*/complete") == []


def test_a_lost_response_to_the_completion(platform: Any, api: Any, small: Path, error: Any):
    def lost(request: Any) -> Any:
        platform.completed(request, "up1")
        return error(500)

    platform.fault("POST v2/upload/multipart/up1/complete", lost)
    made = done(Upload(small, "me/project", api=api))
    assert made.name == "small.txt"
    assert len(platform.of("POST", "v2/upload/multipart")) == 1


def test_a_response_that_states_another_size(platform: Any, api: Any, small: Path):
    def shorter(request: Any) -> Any:
        status, headers, body = platform.completed(request, "up1")
        return status, headers, body.replace(b'"size": 110', b'"size": 11')

    platform.fault("POST v2/upload/multipart/up1/complete", shorter)
    with pytest.raises(SbgError, match="created a file of 11"):
        done(Upload(small, "me/project", api=api))


def test_code_of_an_automation(platform: Any, api: Any, small: Path):
    upload = CodePackageUpload(small, "aut-1", file_name="code.zip", api=api)
    made = done(upload)
    assert platform.contents[made.id] == small.read_bytes()
    assert made.name == "code.zip"
    (started,) = platform.of("POST", "v2/automation/upload")
    assert started.json == {"name": "code.zip", "size": 110, "automation_id": "aut-1", "part_size": 32 * MIB}


def test_code_that_is_empty(api: Any, tmp_path: Path):
    (tmp_path / "empty").touch()
    with pytest.raises(SbgError, match="is empty"):
        CodePackageUpload(tmp_path / "empty", "aut-1", api=api)


TAKING_A_PATH: dict[str, Callable[[Any, Any], object]] = {
    "Upload": lambda api, path: Upload(path, "me/project", api=api),
    "upload": lambda api, path: api.files.upload(path, "me/project"),
    "CodePackageUpload": lambda api, path: CodePackageUpload(path, "a", api=api),
    "add_package": lambda api, path: api.automations(id="a").add_package("1", path, {"i": 1}),
    "Download": lambda api, path: Download("https://storage.example.org/f", path, api=api),
    "download": lambda api, path: api.files(id="f").download(path, overwrite=True),
}


@pytest.mark.parametrize(
    "path", [None, "", 5, b"small.txt", object(), ["small.txt"]], ids=lambda path: type(path).__name__
)
@pytest.mark.parametrize("call", TAKING_A_PATH)
def test_an_invalid_path_is_refused_before_anything_is_sent(platform: Any, api: Any, call: str, path: Any):
    with pytest.raises(SbgError, match="expected a path") as caught:
        TAKING_A_PATH[call](api, path)
    assert caught.value.remedy
    assert platform.requests == []


def test_a_name_that_is_no_text(api: Any, small: Path):
    with pytest.raises(SbgError, match="file_name"):
        Upload(small, "me/project", file_name=5, api=api)


def test_the_third_argument_is_a_folder_and_a_name_there_is_reported_where_it_goes(
    platform: Any, api: Any, small: Path
):
    done(Upload(small, None, "folder-1", "new.txt", api=api))
    (started,) = platform.of("POST", "v2/upload/multipart")
    assert (started.json["parent"], started.json["name"]) == ("folder-1", "new.txt")
    for refused in (Upload, api.files.upload):
        with pytest.raises(SbgError, match="file_name="):  # releases before 2 had the name there
            refused(small, "me/project", "new.txt", api=api)
    assert len(platform.of("POST", "v2/upload/multipart")) == 1
