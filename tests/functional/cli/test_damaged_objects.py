"""Objects that are damaged on their way: every command that reads bytes finds a byte that was flipped."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lying_proxy import Asked, Lie, LyingProxy, Reply
from omicsdk import download
from omicsdk import open as open_uri
from omicsdk.cli.main import main
from omicsdk.core import ChecksumMismatch
from omicsdk.core.checksums import digest
from omicsdk.transfer import TransferFailed
from omicsdk.transfer.s3.boto import base64_of

pytestmark = pytest.mark.sandbox

MIB = 1024**2
#: In memory, as a job, and in parts.
SIZES = {"small": 10, "job": 300_000, "parts": 17 * MIB}


def flipped_at(place: int, bit: int = 1, name: str = "") -> Callable[[Asked, Reply], Reply]:
    """Change a bit of a byte of an object, whichever range of it is requested."""

    def reply(asked: Asked, reply: Reply) -> Reply:
        if reply.status not in (200, 206) or "etag" not in reply.headers or name not in asked.target:
            return reply
        found = re.match(r"bytes (\d+)-", reply.headers.get("content-range", "bytes 0-"))
        at = place - int(found[1]) if found else place
        if not 0 <= at < len(reply.body):
            return reply
        return replace(reply, body=reply.body[:at] + bytes([reply.body[at] ^ bit]) + reply.body[at + 1 :])

    return reply


flipped = flipped_at(0)


def value_of(name: str, data: bytes) -> str:
    return base64_of(digest(data, name.lower()))


@pytest.fixture(params=["ETag", "CRC32C", "CRC32", "SHA1", "SHA256", "CRC64NVME"])
def proxy(request: pytest.FixtureRequest, omics_sandbox: Any, monkeypatch: Any, tmp_path: Path) -> Iterator[LyingProxy]:
    """A proxy of the sandbox's S3, which has a bucket of objects with one kind of checksum."""
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    client = boto3.client("s3", config=Config(request_checksum_calculation="when_required"))
    client.create_bucket(Bucket="bkt")
    for name, size in SIZES.items():
        stated = {} if request.param == "ETag" else {f"Checksum{request.param}": value_of(request.param, bytes(size))}
        client.put_object(Bucket="bkt", Key=f"data/{name}", Body=bytes(size), **stated)
    proxy = LyingProxy(omics_sandbox.s3_url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.origin)
    yield proxy
    proxy.close()


@pytest.fixture
def omics(capsysbinary: pytest.CaptureFixture[bytes]) -> Any:
    def run(*words: str) -> tuple[int, bytes, str]:
        code = main(words)
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return run


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
def test_a_flipped_byte_is_found(proxy: LyingProxy, omics: Any, words: list[str]):
    proxy.begin(Lie("flip", reply=flipped, methods=frozenset({"GET"})))
    code, out, err = omics(*words)
    assert code in (1, 3)
    assert re.search(r"(md5|crc32c?|crc64nvme|sha256) is [0-9a-f]+, expected", err) or b"wrong" in out, err
    assert not [
        path
        for path in Path("out").rglob("*")
        if path.is_file() and path.suffix != ".part" and ".omics" not in str(path)
    ]
    proxy.begin()
    assert len(boto3.client("s3", endpoint_url=proxy.origin).list_objects_v2(Bucket="bkt")["Contents"]) == len(SIZES)


def test_so_it_is_in_python(proxy: LyingProxy):
    proxy.begin(Lie("flip", reply=flipped, methods=frozenset({"GET"})))
    with pytest.raises(TransferFailed) as failed:
        download("s3://bkt/data/", "out")
    assert len(failed.value.report.failed) == len(SIZES)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from([*SIZES]), bit=st.integers(0, 7))
def test_any_bit_of_any_byte_counts(proxy: LyingProxy, data: st.DataObject, name: str, bit: int):
    size = SIZES[name]
    edges = [place for place in (0, size - 1, 8 * MIB - 1, 8 * MIB, 16 * MIB) if place < size]
    place = data.draw(st.sampled_from(edges) | st.integers(0, size - 1))
    proxy.begin(Lie("flip", reply=flipped_at(place, 1 << bit, f"/{name}"), methods=frozenset({"GET"})))
    with TemporaryDirectory() as folder, pytest.raises(TransferFailed) as failed:
        download("s3://bkt/data/", folder)
    assert [outcome.name for outcome in failed.value.report.failed] == [name]
    for chunk in (-1, 100_003):
        with open_uri(f"s3://bkt/data/{name}") as file, pytest.raises(ChecksumMismatch):
            list(iter(partial(file.read, chunk), b""))
    proxy.begin()
    with open_uri(f"s3://bkt/data/{name}") as file:
        file.seek(size // 2)
        file.read(3)
        file.seek(0)
        assert file.read() == bytes(size)


def test_what_is_right_is_verified_where_that_is_required(proxy: LyingProxy, omics: Any):
    code, out, err = omics("--output", "json", "cp", "-r", "--require-checksum", "s3://bkt/data/", "out")
    assert code == 0, err
    assert json.loads(out)["verification"]["verified"] == len(SIZES)
    assert {path.name: path.stat().st_size for path in Path("out").iterdir() if path.is_file()} == SIZES
