"""Clients of the sandbox's S3 server, and what it refuses them."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from omicsdk.sandbox import Sandbox


def client_of(sandbox: Sandbox, keys: dict[str, str] | None = None, *, endpoint: str = "", **config: Any) -> Any:
    """A client that has credentials as the Upload service answers them, or the owner's without."""
    names = sandbox.environment()
    return boto3.client(
        "s3",
        endpoint_url=endpoint or sandbox.s3_url,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"] if keys else names["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["SecretAccessKey"] if keys else names["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=keys["SessionToken"] if keys else None,
        config=Config(proxies={}, retries={"total_max_attempts": 1}, **config),
    )


def refusal(call: Callable[[], object]) -> tuple[str, int]:
    """The code and the status of the error that a call raises."""
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
