"""One sandbox a process for all tests of the server, emptied before each of them."""

import json
import os
import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx
import omicsdk_api
import pytest
from omicsdk.sandbox import Sandbox


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    documents: dict[str, Any] = {}
    if path := os.environ.get("OMICS_SANDBOX_DSS_DOCUMENT"):
        documents["dss"] = json.loads(Path(path).read_bytes())
    elif not (Path(omicsdk_api.__file__).parent / "dss" / "openapi.json").exists():
        pytest.skip("the Data Store's document isn't generated yet: make codegen")
    with Sandbox(tmp_path_factory.mktemp("sandbox"), documents=documents) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_server: Sandbox) -> Sandbox:
    _server.reset()
    return _server


@pytest.fixture
def web(sandbox: Sandbox) -> Generator[httpx.Client]:
    """A client of the Data Store without a token."""
    with httpx.Client(base_url=f"{sandbox.url}/dss/v1", trust_env=False) as client:
        yield client


@pytest.fixture
def user(sandbox: Sandbox) -> Generator[httpx.Client]:
    """A client of the Data Store with a token of alice@example.org."""
    headers = {"Authorization": f"Bearer {sandbox.token('alice@example.org')}"}
    with httpx.Client(base_url=f"{sandbox.url}/dss/v1", headers=headers, trust_env=False) as client:
        yield client


Stage = Callable[..., str]


@pytest.fixture
def stage(sandbox: Sandbox) -> Stage:
    """Puts bytes into the staging bucket with their checksums as tags, and returns the object's URL."""
    from omicsdk.core.checksums import Digests

    client: Any = sandbox.dss.grounds.staging.client()

    def put(content: bytes, *, content_type: str = "application/octet-stream", **tags: str) -> str:
        digests = Digests(("sha256", "sha1", "s3_etag", "crc32c"), len(content))
        digests.update(content)
        labels = {**digests.values(), **tags}
        key = f"{uuid.uuid4()}/data"
        client.put_object(Bucket=sandbox.staging_bucket, Key=key, Body=content, ContentType=content_type)
        stated = [{"Key": f"hca-dss-{name}", "Value": value} for name, value in labels.items() if value]
        client.put_object_tagging(Bucket=sandbox.staging_bucket, Key=key, Tagging={"TagSet": stated})
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
