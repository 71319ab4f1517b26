"""Clients of the sandbox's Upload service and of its S3, each with the rights that a test wants."""

from collections.abc import Callable, Generator
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from conformity import conforming_client
from omicsdk.sandbox import Sandbox

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
    """Makes S3 clients with credentials as the service answers them, or the owner's without."""
    made: list[Any] = []

    def make(keys: dict[str, str] | None = None, *, endpoint: str = "", **config: Any) -> Any:
        names = sandbox.environment()
        client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint or sandbox.s3_url,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"] if keys else names["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["SecretAccessKey"] if keys else names["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys["SessionToken"] if keys else None,
            config=Config(proxies={}, retries={"total_max_attempts": 1}, **config),
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def keys(web: httpx.Client, area: str) -> dict[str, str]:
    """Credentials of the area."""
    return web.post(f"/area/{area}/credentials").json()


@pytest.fixture
def s3(s3_of: S3, keys: dict[str, str]) -> Any:
    """An S3 client with the area's credentials."""
    return s3_of(keys)
