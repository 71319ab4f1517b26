"""What users of upload areas write; a strict type checker has nothing to say about it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_type

from omicsdk.hca.upload import (
    HcaUpload,
    UploadArea,
    UploadAreaURI,
    UploadConfig,
    UploadedFile,
    UploadResult,
    UploadService,
)
from omicsdk.transfer import Control, Progress
from omicsdk_api.upload.models.file_info import FileInfo


def areas() -> None:
    assert_type(UploadConfig().areas, list[str])
    assert_type(UploadConfig().current_area, str | None)
    area = UploadArea.from_alias("aaa")
    assert_type(area, UploadArea)
    assert_type(area.uri, UploadAreaURI)
    assert_type(area.unique_prefix, str)
    assert_type(UploadArea.all(), list[UploadArea])
    area.select()


def files(folder: Path) -> None:
    with UploadArea("s3://org-humancellatlas-upload-prod/uuid/") as area:
        result = area.upload_files([folder, "s3://bucket/key"], sync=False)
        assert_type(result, UploadResult)
        assert_type(result.files, list[UploadedFile])
        assert_type(result.files[0].checksums, Mapping[str, str])

        def show(progress: Progress) -> None:
            assert_type(progress.bytes_done, int)

        area.send([folder], file_extension=".gz", progress=show, control=Control(budget=60))
        for file in area.list(detail=True):
            assert_type(file, dict[str, Any])
        assert_type(area.get_credentials(), dict[str, str])


async def awaited(area: UploadArea) -> None:
    assert_type(await area.send_async(["a.txt"]), UploadResult)


def service() -> None:
    assert_type(UploadService("staging", "key").create_area("uuid"), UploadArea)
    with HcaUpload("https://upload.example.org", credentials="key") as client:
        assert_type(client.files_info(upload_area_uuid="uuid", body=["a"]), list[FileInfo])
