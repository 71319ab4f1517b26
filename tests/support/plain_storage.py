"""Storages of datasets' files: one that a user wrote, and a bucket of the sandbox."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from omicsdk.sandbox import Sandbox


def s3_settings_of(sandbox: Sandbox) -> Mapping[str, Any]:
    """Settings of a separate place in the sandbox's bucket."""
    return {
        "DEFAULT_FILE_STORAGE": "storages.backends.s3.S3Storage",
        "AWS_STORAGE_BUCKET_NAME": sandbox.staging_bucket,
        "AWS_LOCATION": f"crunch-{uuid4().hex}",
        "AWS_S3_ENDPOINT_URL": sandbox.s3_url,
        "AWS_ACCESS_KEY_ID": sandbox.s3_credentials["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": sandbox.s3_credentials["AWS_SECRET_ACCESS_KEY"],
        "AWS_S3_REGION_NAME": sandbox.s3_credentials["AWS_DEFAULT_REGION"],
        "AWS_S3_ADDRESSING_STYLE": "path",
    }


class Plain:
    """A storage of a user's own, as Django's: the least that is needed, and another name where one is taken.

    Args:
        folder: Where it keeps files.
        deletes: Whether it removes files when it is requested.
    """

    def __init__(self, folder: Path, deletes: bool = True) -> None:
        self._folder = folder
        self._deletes = deletes

    def open(self, name: str, mode: str = "rb") -> Any:
        return (self._folder / name).open(mode)

    def save(self, name: str, content: Any) -> str:
        path = self._folder / name
        if path.exists():
            path = path.with_name(f"{path.stem}_x7Gh2{path.suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read())
        return path.relative_to(self._folder).as_posix()

    def exists(self, name: str) -> bool:
        return (self._folder / name).exists()

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        entries = list(os.scandir(self._folder / path))
        return [one.name for one in entries if one.is_dir()], [one.name for one in entries if one.is_file()]

    def delete(self, name: str) -> None:
        if self._deletes or "x7Gh2" in name:
            (self._folder / name).unlink()

    def size(self, name: str) -> int:
        return (self._folder / name).stat().st_size
