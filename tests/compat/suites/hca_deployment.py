"""The deployment that the tests of dcp-cli need: the sandbox, with the bucket that they stage files in.

A plugin of pytest. The tests of the Upload service replace S3 within boto3, which has no effect where the environment names a server.
"""

import os
from collections.abc import Iterator

import boto3
import pytest

BUCKET = "org-humancellatlas-dss-cli-test"


def pytest_sessionstart() -> None:
    """Make the bucket of the tests."""
    boto3.client("s3").create_bucket(Bucket=BUCKET)


@pytest.fixture(scope="module", autouse=True)
def s3_is_that_of_the_sandbox_for_the_data_store_only(request: pytest.FixtureRequest) -> Iterator[None]:
    """Change the environment for a file of tests."""
    with pytest.MonkeyPatch.context() as patched:
        if f"integration{os.sep}upload" in str(request.path):
            patched.delenv("AWS_ENDPOINT_URL_S3")
        yield
