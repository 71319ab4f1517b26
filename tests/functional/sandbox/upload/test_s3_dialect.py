"""The S3 server as stores are that speak its language: published clients of AWS meet what the settings say."""

import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import STAGING_BUCKET, Sandbox
from s3_sandbox import refusal

PLACE = {"Bucket": STAGING_BUCKET, "Key": "k"}
KEY = bytes(range(32))
OWN = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
MIB = 1024 * 1024


@pytest.fixture
def s3(s3_of: Callable[..., Any]) -> Any:
    return s3_of(request_checksum_calculation="when_required", signature_version="s3v4")


def test_a_clock_that_is_too_far_away(sandbox: Sandbox, s3: Any):
    s3.put_object(**PLACE, Body=b"x")
    for ahead, is_right in ((840, True), (960, False)):
        sandbox.settings.turn({"s3.clock_ahead": ahead})
        if is_right:
            assert s3.get_object(**PLACE)["Body"].read() == b"x"
        else:
            assert refusal(lambda: s3.get_object(**PLACE)) == ("RequestTimeTooSkewed", 403)
    stated = httpx.get(f"{sandbox.s3_url}/{STAGING_BUCKET}", trust_env=False).headers["date"]
    assert stated != httpx.get(f"{sandbox.url}/dss/swagger.json", trust_env=False).headers["date"]


def test_a_bucket_of_another_region(sandbox: Sandbox, s3: Any):
    sandbox.settings.turn({"s3.region": "eu-west-3"})
    s3.put_object(**PLACE, Body=b"x")  # boto3 itself follows the redirect
    assert s3.get_object(**PLACE)["Body"].read() == b"x"
    assert [each["status"] for each in sandbox.requests("/_s3/")][:2] == [301, 200]


def test_older_lists(sandbox: Sandbox, s3: Any):
    s3.put_object(**PLACE, Body=b"x")
    sandbox.settings.turn({"s3.lists": "v1"})
    found = s3.list_objects_v2(Bucket=STAGING_BUCKET)
    assert ("KeyCount" in found, found["Contents"][0]["Key"]) == (False, "k")
    sandbox.settings.turn({"s3.lists": "none"})
    assert refusal(lambda: s3.list_objects_v2(Bucket=STAGING_BUCKET)) == ("NotImplemented", 501)
    assert s3.list_objects(Bucket=STAGING_BUCKET)["Contents"][0]["Key"] == "k"


def test_checksums_are_ignored_or_refused(sandbox: Sandbox, s3: Any):
    sandbox.settings.turn({"s3.checksums": "ignored"})
    assert "ChecksumSHA256" not in s3.put_object(**PLACE, Body=b"x", ChecksumAlgorithm="SHA256")
    assert "ChecksumSHA256" not in s3.head_object(**PLACE, ChecksumMode="ENABLED")
    upload = {**PLACE, "UploadId": s3.create_multipart_upload(**PLACE, ChecksumAlgorithm="SHA256")["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    sandbox.settings.turn({"s3.checksums": "refused"})
    put = {**PLACE, "Body": b"x"}
    assert refusal(lambda: s3.put_object(**put, ChecksumAlgorithm="SHA256")) == ("NotImplemented", 501)
    s3.put_object(**put)
    assert s3.head_object(**PLACE, ChecksumMode="ENABLED")["ContentLength"] == 1


def test_etags_that_are_no_md5(sandbox: Sandbox, s3: Any):
    sandbox.settings.turn({"s3.etags": "opaque"})
    etag = s3.put_object(**PLACE, Body=b"x")["ETag"]
    told = s3.get_object(**PLACE, IfMatch=etag)
    assert (told["ETag"], told["ServerSideEncryption"]) == (etag, "aws:kms")
    assert etag.strip('"') != hashlib.md5(b"x").hexdigest()
    assert s3.list_objects_v2(Bucket=STAGING_BUCKET)["Contents"][0]["ETag"] == etag
    upload = {**PLACE, "UploadId": s3.create_multipart_upload(**PLACE)["UploadId"]}
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in ((1, b"a" * 5 * MIB), (2, b"b"))
    ]
    assert [each["ETag"] for each in s3.list_parts(**upload)["Parts"]] == [each["ETag"] for each in parts]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    copied = s3.copy_object(
        Bucket=STAGING_BUCKET, Key="c", CopySource=PLACE, CopySourceIfMatch=s3.head_object(**PLACE)["ETag"]
    )
    assert copied["CopyObjectResult"]["ETag"] == s3.head_object(Bucket=STAGING_BUCKET, Key="c")["ETag"]


def test_customers_keys(s3: Any):
    other = {**OWN, "SSECustomerKey": bytes(32)}
    s3.put_object(**PLACE, Body=b"x", **OWN)
    assert s3.get_object(**PLACE, **OWN)["SSECustomerAlgorithm"] == "AES256"
    assert refusal(lambda: s3.get_object(**PLACE)) == ("InvalidRequest", 400)
    assert refusal(lambda: s3.head_object(**PLACE)) == ("400", 400)
    assert refusal(lambda: s3.get_object(**PLACE, **other)) == ("AccessDenied", 403)
    to = {"Bucket": STAGING_BUCKET, "Key": "c"}
    assert refusal(lambda: s3.copy_object(**to, CopySource=PLACE)) == ("InvalidRequest", 400)
    source = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": KEY}
    s3.copy_object(**to, CopySource=PLACE, **source)
    assert s3.get_object(**to)["Body"].read() == b"x"
    assert refusal(lambda: s3.get_object(**to, **OWN)) == ("InvalidRequest", 400)
    upload = {**PLACE, "UploadId": s3.create_multipart_upload(**PLACE, **other)["UploadId"]}
    assert refusal(lambda: s3.upload_part(**upload, PartNumber=1, Body=b"y")) == ("InvalidRequest", 400)
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"y", **other)["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}, **other)
    assert s3.get_object(**PLACE, **other)["Body"].read() == b"y"
    s3.put_object(**PLACE, Body=b"z")
    assert s3.get_object(**PLACE)["Body"].read() == b"z"
