"""Errors of a staging bucket that accepts no files."""

import pytest
from omicsdk.core import ConnectFailed, NotFound, OmicsError
from omicsdk.hca.dss.staging import staging_error


@pytest.mark.parametrize(
    "error",
    [
        NotFound("no such bucket", status=404, code="NoSuchBucket", method="PUT", url="https://s3.example.org/b/k"),
        NotFound("no such key", status=404, code="NoSuchKey"),
        ConnectFailed("no response", method="PUT", url="https://s3.example.org/b/k"),
    ],
)
def test_what_to_do_is_stated_once(error: OmicsError):
    message = str(staging_error("reads.fastq", "bucket", error))
    assert message.startswith("reads.fastq: the staging bucket bucket ")
    assert error.message in message
    assert error.remedy
    assert error.remedy not in message
    assert ".)" not in message
