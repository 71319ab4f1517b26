"""One sandbox a process for all tests of the server, emptied before each of them."""

import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conformity import conforming_client
from omicsdk.sandbox import Sandbox


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    # What clients ask for by the names of the real services, as proxies lead them here.
    names = ("auth.data.humancellatlas.org", ".s3-accelerate.amazonaws.com", "allowed.test")
    with Sandbox(tmp_path_factory.mktemp("sandbox"), allow_hosts=names) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_server: Sandbox) -> Sandbox:
    _server.reset()
    return _server


def _client(sandbox: Sandbox, headers: dict[str, str]) -> httpx.Client:
    return conforming_client(f"{sandbox.url}/dss/v1", "/dss/v1", headers)


@pytest.fixture
def web(sandbox: Sandbox) -> Generator[httpx.Client]:
    """A client of the Data Store without a token."""
    with _client(sandbox, {}) as client:
        yield client


@pytest.fixture
def user(sandbox: Sandbox) -> Generator[httpx.Client]:
    """A client of the Data Store with a token of alice@example.org."""
    headers = {"Authorization": f"Bearer {sandbox.token('alice@example.org')}"}
    with _client(sandbox, headers) as client:
        yield client


Stage = Callable[..., str]


@pytest.fixture
def stage(sandbox: Sandbox) -> Stage:
    """Puts bytes into the staging bucket with their checksums as tags, and returns the object's URL."""
    from omicsdk.core.checksums import Digests

    client: Any = sandbox.dss.context.staging.client()

    def put(content: bytes, *, content_type: str = "application/octet-stream", **tags: str) -> str:
        digests = Digests(("sha256", "sha1", "s3_etag", "crc32c"), len(content))
        digests.update(content)
        labels = {**digests.values(), **tags}
        key = f"{uuid.uuid4()}/data"
        client.put_object(Bucket=sandbox.staging_bucket, Key=key, Body=content, ContentType=content_type)
        tag_set = [{"Key": f"hca-dss-{name}", "Value": value} for name, value in labels.items() if value]
        client.put_object_tagging(Bucket=sandbox.staging_bucket, Key=key, Tagging={"TagSet": tag_set})
        return f"s3://{sandbox.staging_bucket}/{key}"

    return put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small bundle's files."""
    made = tmp_path / "bundle"
    (made / "reads").mkdir(parents=True)
    (made / "cell_suspension_0.json").write_text('{"biomaterial_core": {"ncbi_taxon_id": [9606]}}')
    (made / "links.json").write_text('{"links": []}')
    (made / "reads" / "r1.fastq.gz").write_bytes(bytes(range(256)) * 400)
    (made / "empty.txt").write_bytes(b"")
    return made
