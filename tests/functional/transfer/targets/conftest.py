"""File systems to download into: memory, a local folder behind fsspec, and S3 (moto's) behind a small fsspec face."""

import io
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.spec import AbstractFileSystem

MIB = 1024 * 1024


class S3(AbstractFileSystem):
    """As much of an S3 file system as a target needs; s3fs itself wants another botocore than boto3 does."""

    protocol = ("s3", "s3a")
    cachable = False

    def __init__(self, client: Any, part: int = 5 * MIB) -> None:
        super().__init__()
        self.client = client
        self.config = TransferConfig(multipart_threshold=part + 1, multipart_chunksize=part, use_threads=False)

    def info(self, path: str, **how: Any) -> dict[str, Any]:
        bucket, _, key = path.lstrip("/").partition("/")
        try:
            head = self.client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                raise FileNotFoundError(path) from error
            raise OSError(5, str(error)) from error
        return {
            "name": path,
            "size": head["ContentLength"],
            "type": "file",
            "ETag": head["ETag"],
            "LastModified": head["LastModified"],
        }

    def put_file(self, lpath: str, rpath: str, **how: Any) -> None:
        bucket, _, key = rpath.lstrip("/").partition("/")
        self.client.upload_file(lpath, bucket, key, Config=self.config)

    def _open(self, path: str, mode: str = "rb", **how: Any) -> Any:
        bucket, _, key = path.lstrip("/").partition("/")
        return io.BytesIO(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def rm_file(self, path: str) -> None:
        bucket, _, key = path.lstrip("/").partition("/")
        self.client.delete_object(Bucket=bucket, Key=key)


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """moto's S3 on loopback."""
    moto = pytest.importorskip("moto.server", reason="needs the extra sandbox")
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def s3(s3_address: str) -> Iterator[tuple[S3, str]]:
    """An S3 file system, and a path in a bucket of its own."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_address,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    bucket = f"bucket-{uuid.uuid4().hex[:8]}"
    client.create_bucket(Bucket=bucket)
    yield S3(client), f"{bucket}/prefix"
    client.close()


class Broken:
    """A file system in which a call goes wrong."""

    def __init__(self, fs: Any, **broken: Callable[..., Any]) -> None:
        self._fs = fs
        self.calls: list[tuple[str, str]] = []
        self.broken = broken

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._fs, name)
        if not callable(attribute):
            return attribute

        def call(*arguments: Any, **how: Any) -> Any:
            self.calls.append((name, str(arguments[-1]) if arguments else ""))
            return self.broken.get(name, lambda real, *rest, **more: real(*rest, **more))(attribute, *arguments, **how)

        return call

    def count(self, name: str) -> int:
        """How often a call was made."""
        return sum(called == name for called, _ in self.calls)


@pytest.fixture
def broken() -> type[Broken]:
    """Breaks a file system."""
    return Broken


@pytest.fixture
def memory() -> tuple[MemoryFileSystem, str]:
    """Memory, and a path of one's own in it."""
    return MemoryFileSystem(), f"/{uuid.uuid4().hex[:8]}/prefix"


@pytest.fixture
def folder(tmp_path: Any) -> tuple[LocalFileSystem, str]:
    """A folder behind fsspec: files are written bit by bit there."""
    return LocalFileSystem(), str(tmp_path / "store")
