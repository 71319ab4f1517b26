"""Copies between buckets: what proves that a copy is its source."""

import logging
from typing import Any
from unittest.mock import Mock

import pytest
from omicsdk.core import ChecksumMismatch, Interrupted
from omicsdk.core.errors import OmicsError
from omicsdk.hca.upload.sources import S3File, copy, known_checksum
from omicsdk.hca.upload.storage import ACL

ETAG, OTHER = "0" * 32, "1" * 32


def storage_of(stored: Any = None, **responses: Any) -> Mock:
    """An area that has a file, or none; responses are values or errors by operation."""

    def call(operation: str, **_: Any) -> Any:
        response = responses.get(operation, {})
        if isinstance(response, Exception):
            raise response
        return response

    return Mock(bucket="area", key=lambda name: f"u/{name}", find=lambda _: stored, call=Mock(side_effect=call))


@pytest.mark.parametrize(
    ("size", "etag", "encryption", "proof"),
    [
        (5, ETAG, "", "verified"),
        (5, OTHER, "aws:kms", "size only"),  # then the ETag is no MD5
        (5, OTHER, "AES256", None),
        (5, f"{OTHER}-2", "", "size only"),
        (5, "", "", "size only"),
        (4, ETAG, "", None),
    ],
)
def test_a_copy_is_compared_with_its_source(size: int, etag: str, encryption: str, proof: str | None) -> None:
    source = S3File("s3://from/p/a", "from", "p/a", "a", 5, ETAG)
    copied: list[int] = []
    storage = storage_of(Mock(size=size, etag=etag), head_object={"ServerSideEncryption": encryption})
    if proof is None:
        with pytest.raises(ChecksumMismatch):
            copy(storage, source, "text/plain", largest=5)
    else:
        assert copy(storage, source, "text/plain", crc32c="00000000", largest=5, copied=copied.append) == proof
        assert copied == [5]
        operation, request = storage.call.mock_calls[0].args[0], storage.call.mock_calls[0].kwargs
        assert (operation, request["Key"], request["CopySource"], request["CopySourceIfMatch"]) == (
            "copy_object",
            "u/a",
            {"Bucket": "from", "Key": "p/a"},
            ETAG,
        )
        assert (request["Metadata"], request["ACL"]) == ({"crc32c": "00000000"}, ACL)


def test_a_large_object_is_copied_in_parts_that_are_removed_when_it_fails(caplog: pytest.LogCaptureFixture) -> None:
    source = S3File("s3://from/p/a", "from", "p/a", "a", (64 << 20) + 5, f"{ETAG}-2")
    responses: dict[str, Any] = {
        "create_multipart_upload": {"UploadId": "u"},
        "upload_part_copy": {"CopyPartResult": {"ETag": "e"}},
    }
    storage = storage_of(None, **responses)
    assert copy(storage, source, "text/plain", largest=5) == "unverified"
    ranges = sorted(call.kwargs["CopySourceRange"] for call in storage.call.mock_calls if "PartNumber" in call.kwargs)
    assert ranges == ["bytes=0-67108863", "bytes=67108864-67108868"]
    assert storage.call.mock_calls[-1].kwargs["MultipartUpload"] == {
        "Parts": [{"PartNumber": number, "ETag": "e"} for number in (1, 2)]
    }
    refused = OmicsError("refused")
    storage = storage_of(None, **responses, complete_multipart_upload=refused, abort_multipart_upload=OmicsError("no"))
    with caplog.at_level(logging.WARNING), pytest.raises(OmicsError, match="refused"):
        copy(storage, source, "text/plain", largest=5)
    assert "cannot abort its copy, so parts of it remain: no" in caplog.text


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_copy_that_is_stopped_is_interrupted(is_begun: bool) -> None:
    storage, moments = storage_of(None, create_multipart_upload={"UploadId": "u"}), [False] * is_begun
    with pytest.raises(Interrupted):
        copy(
            storage,
            S3File("s3://from/p/a", "from", "p/a", "a", 5, ETAG),
            "text/plain",
            largest=4,
            stopped=lambda: not moments or moments.pop(),
        )
    operations = [call.args[0] for call in storage.call.mock_calls]
    assert operations == (["create_multipart_upload", "abort_multipart_upload"] if is_begun else [])


@pytest.mark.parametrize(
    ("metadata", "checksum"),
    [
        ({"crc32c": "0A0A0A0A"}, "0a0a0a0a"),
        ({"hca-dss-crc32c": "00000000"}, "00000000"),
        ({"crc32c": "x"}, ""),
        ({}, ""),
    ],
)
def test_the_checksum_that_an_object_states_is_known(metadata: dict[str, str], checksum: str) -> None:
    s3 = Mock(head_object=Mock(return_value={"Metadata": metadata}))
    assert known_checksum(S3File("s3://from/p/a", "from", "p/a", "a", 5, ETAG), s3) == checksum
