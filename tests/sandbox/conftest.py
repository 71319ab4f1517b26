"""One sandbox a process for all tests of the server, emptied before each of them."""

import functools
import json
import re
import ssl
import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import operations


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_server: Sandbox) -> Sandbox:
    _server.reset()
    return _server


# Nothing here speaks TLS, and httpx's own context costs 20 ms a client.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Conformity:
    """Holds each answer to what the document says of it: the status is declared, the body and headers fit."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._routes = [
            (operation.method, re.compile(re.sub(r"\\{\\w+\\}", "[^/]+", re.escape(operation.path))), operation)
            for operation in operations(document)
        ]

    def __call__(self, answer: httpx.Response) -> None:
        path = answer.request.url.path.removeprefix("/dss/v1")
        method = answer.request.method
        found = next((o for m, pattern, o in self._routes if m == method and pattern.fullmatch(path)), None)
        if found is None:
            return
        stated = found.responses.get(str(answer.status_code)) or found.responses.get("default")
        where = f"{found.name} {answer.status_code}"
        # Tokens and bodies that no handler sees are refused the same way everywhere.
        assert stated is not None or answer.status_code in (401, 413, 415), f"{where} isn't in the document"
        answer.read()
        for name, header in (stated or {}).get("headers", {}).items():
            if name in answer.headers:
                text = answer.headers[name]
                self._check(header["schema"], text if header["schema"]["type"] == "string" else json.loads(text), where)
        content = (stated or {}).get("content", {}).get("application/json")
        if content and method != "HEAD":
            body = answer.json()
            # The document says so of every operation, beside the codes that it lists for each.
            anywhere = isinstance(body, dict) and body.get("code") == "illegal_arguments"
            self._check({"$ref": "#/components/schemas/Error"} if anywhere else content["schema"], body, where)

    def _check(self, schema: dict[str, Any], value: object, where: str) -> None:
        whole = {**schema, "components": self._document["components"]}
        errors = [error.message for error in Draft202012Validator(whole).iter_errors(value)]
        assert not errors, f"{where}: {errors}"


def _client(sandbox: Sandbox, headers: dict[str, str]) -> httpx.Client:
    return httpx.Client(
        base_url=f"{sandbox.url}/dss/v1",
        headers=headers,
        trust_env=False,
        verify=_NO_TLS,
        event_hooks={"response": [_conformity(sandbox)]},
    )


@functools.cache
def _conformity(sandbox: Sandbox) -> Conformity:
    return Conformity(httpx.get(sandbox.swagger_url, trust_env=False, verify=_NO_TLS).json())


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
