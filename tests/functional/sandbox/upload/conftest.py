"""Clients of the sandbox's Upload service and of its S3, each with the rights that a test wants."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest
from conformity import conforming_client
from omicsdk.sandbox import Sandbox
from s3_sandbox import client_of

BUCKET = "org-humancellatlas-upload-sandbox"
AREA = "0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
OTHER = "1d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"


@pytest.fixture
def web(sandbox: Sandbox) -> Generator[httpx.Client]:
    """A client of the Upload service without the deployment's key; answers are held against the document."""
    with conforming_client(sandbox.upload_url, "/upload") as client:
        yield client


@pytest.fixture
def ingest(sandbox: Sandbox) -> Generator[httpx.Client]:
    """The same with the deployment's key."""
    with conforming_client(sandbox.upload_url, "/upload", {"Api-Key": sandbox.upload_key}) as client:
        yield client


@pytest.fixture
def area(sandbox: Sandbox) -> str:
    """The UUID of an upload area."""
    sandbox.area(AREA)
    return AREA


S3 = Callable[..., Any]


@pytest.fixture
def s3_of(sandbox: Sandbox) -> Generator[S3]:
    """Makes S3 clients, which are closed afterwards."""
    with ExitStack() as made:

        def make(keys: dict[str, str] | None = None, **config: Any) -> Any:
            return made.enter_context(closing(client_of(sandbox, keys, **config)))

        yield make


@pytest.fixture
def keys(web: httpx.Client, area: str) -> dict[str, str]:
    """Credentials of the area."""
    return web.post(f"/area/{area}/credentials").json()


@pytest.fixture
def s3(s3_of: S3, keys: dict[str, str]) -> Any:
    """An S3 client with the area's credentials."""
    return s3_of(keys)
