"""Objects that are damaged on their way: every command that reads bytes finds a byte that was flipped."""

import json
import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from breakable import Fault, Faults, Request, Response, Server
from bytes_command import omics as omics
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk import download
from omicsdk import open as open_uri
from omicsdk.core import ChecksumMismatch
from omicsdk.core.checksums import base64_of, digest
from omicsdk.transfer import TransferFailed
from s3_service import KEYS
from small_cells import CELL, IN_PARTS

pytestmark = pytest.mark.usefixtures("small_parts")

#: In memory, as a job, and in parts.
SIZES = {"small": 10, "job": 300_000, "parts": IN_PARTS}


class Bucket(Server):
    """A bucket of objects that state one kind of checksum.

    Args:
        kind: A checksum, or `ETag` for ETags that are MD5s.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind.lower()
        for name, size in SIZES.items():
            self.put(f"bkt/data/{name}", zeros(size), f'"{sum_of("md5", size) if kind == "ETag" else f"of {name}"}"')

    def flip(self, fault: Fault, *names: str) -> None:
        """Send bits of objects changed from now on, of all where none are named."""
        self.always.update((f"bkt/data/{name}", fault) for name in names or SIZES)

    def _plain(self, request: Request) -> Response:
        if request.path == "bkt/":
            return Response(200, {"Content-Type": "application/xml"}, self._page(request.query))
        response = super()._plain(request)
        if self.kind == "etag" or response.status != 200 or "x-amz-checksum-mode" not in request.headers:
            return response
        value = base64_of(sum_of(self.kind, len(self.files[request.path])))
        kind = {f"x-amz-checksum-{self.kind}": value, "x-amz-checksum-type": "FULL_OBJECT"}
        return Response(200, response.headers | kind, response.body)

    def _page(self, query: str) -> bytes:
        most = int(match[1]) if (match := re.search(r"max-keys=(\d+)", query)) else len(SIZES)
        listed = "".join(
            f"<Contents><Key>data/{name}</Key><LastModified>2026-01-31T12:00:00.000Z</LastModified>"
            f"<ETag>{self.etags[f'bkt/data/{name}']}</ETag><Size>{SIZES[name]}</Size></Contents>"
            for name in sorted(SIZES)[:most]
        )
        more = f"<IsTruncated>{str(most < len(SIZES)).lower()}</IsTruncated>"
        return f"<ListBucketResult>{more}{listed}</ListBucketResult>".encode()


zeros = cache(bytes)


@cache
def sum_of(kind: str, size: int) -> str:
    return digest(zeros(size), kind)


@pytest.fixture(params=["ETag", "CRC32C", "CRC32", "SHA1", "SHA256", "CRC64NVME"])
def bucket(request: pytest.FixtureRequest, monkeypatch: Any, tmp_path: Path) -> Iterator[Bucket]:
    server = Bucket(request.param)
    for name, value in {**KEYS, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": server.url("")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    yield server
    server.close()


COPIES = {
    "cp": ["cp", "s3://bkt/data/small", "out"],
    "cp -r": ["cp", "-r", "s3://bkt/data/", "out"],
    "sync": ["sync", "s3://bkt/data/", "out"],
    "mv": ["mv", "s3://bkt/data/", "out"],
    "verify": ["verify", "s3://bkt/data/"],
    "cat": ["cat", "s3://bkt/data/job"],
    "get": ["get", "s3://bkt/data/job", "--to", "out"],
    "cp to stdout": ["cp", "s3://bkt/data/parts", "-"],
}


@pytest.mark.parametrize("words", COPIES.values(), ids=COPIES)
def test_a_flipped_byte_is_found(bucket: Bucket, omics: Any, words: list[str]):
    bucket.flip(Faults.flip(0))
    code, out, err = omics(*words)
    assert code in (1, 3)
    algorithm = "md5" if bucket.kind == "etag" else bucket.kind
    assert re.search(rf"\b{algorithm} is [0-9a-f]+, expected", err) or b"wrong" in out, err
    assert not [
        path
        for path in Path("out").rglob("*")
        if path.is_file() and path.suffix != ".part" and ".omics" not in str(path)
    ]
    assert {request.method for request in bucket.requests} <= {"GET", "HEAD"}


def test_so_it_is_in_python(bucket: Bucket):
    bucket.flip(Faults.flip(0))
    with pytest.raises(TransferFailed) as failed:
        download("s3://bkt/data/", "out")
    assert len(failed.value.report.failed) == len(SIZES)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from([*SIZES]), bit=st.integers(0, 7))
def test_any_bit_of_any_byte_counts(bucket: Bucket, data: st.DataObject, name: str, bit: int):
    size = SIZES[name]
    edges = [place for place in (0, size - 1, 2 * CELL - 1, 2 * CELL, 4 * CELL) if place < size]
    place = data.draw(st.sampled_from(edges) | st.integers(0, size - 1))
    bucket.always.clear()
    bucket.flip(Faults.flip(place, bit), name)
    with TemporaryDirectory() as folder, pytest.raises(TransferFailed) as failed:
        download("s3://bkt/data/", folder)
    assert [outcome.name for outcome in failed.value.report.failed] == [name]
    for chunk in (-1, 100_003):
        with open_uri(f"s3://bkt/data/{name}") as file, pytest.raises(ChecksumMismatch):
            list(iter(partial(file.read, chunk), b""))
    bucket.always.clear()
    with open_uri(f"s3://bkt/data/{name}") as file:
        file.seek(size // 2)
        file.read(3)
        file.seek(0)
        assert file.read() == bytes(size)


def test_what_is_right_is_verified_where_that_is_required(bucket: Bucket, omics: Any):
    code, out, err = omics("--output", "json", "cp", "-r", "--require-checksum", "s3://bkt/data/", "out")
    assert code == 0, err
    assert json.loads(out)["verification"]["verified"] == len(SIZES)
    assert {path.name: path.stat().st_size for path in Path("out").iterdir() if path.is_file()} == SIZES
