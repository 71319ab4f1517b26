"""Code of users of upload areas, without errors under a strict type checker."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, assert_type

from omicsdk.compat.hca.upload import UploadArea, UploadService
from omicsdk.hca.upload import (
    AreaFile,
    AreaStatus,
    AsyncHcaUpload,
    HcaUpload,
    UploadAreaURI,
    UploadConfig,
    UploadedFile,
    UploadResult,
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
        assert_type(result.uploaded, Sequence[UploadedFile])
        assert_type(result.files[0].checksums, Mapping[str, str])
        for file in area.list(detail=True):
            assert_type(file, dict[str, Any])
        assert_type(area.get_credentials(), dict[str, str])


def workflows(client: HcaUpload, area: UploadAreaURI, folder: Path) -> None:
    def show(progress: Progress) -> None:
        assert_type(progress.bytes_done, int)

    control = Control(budget=60)
    assert_type(client.upload([folder], area, file_extension=".gz", progress=show, control=control), UploadResult)
    for file in client.ls(area, detail=True):
        assert_type(file, AreaFile)
        assert_type(file.info, FileInfo | None)
    assert_type(client.status("aaa"), AreaStatus)
    assert_type(client.file_status("a.txt"), str)


async def awaited(client: AsyncHcaUpload) -> None:
    assert_type(await client.upload("a.txt"), UploadResult)
    async for file in client.ls():
        assert_type(file.name, str)


def service() -> None:
    assert_type(UploadService("staging", "key").create_area("uuid"), UploadArea)
    with HcaUpload("https://upload.example.org", credentials="key") as client:
        assert_type(client.files_info(upload_area_uuid="uuid", body=["a"]), list[FileInfo])
