"""What an area's credentials open on the S3 server, and what they don't."""

from collections.abc import Callable
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from omicsdk.sandbox import Sandbox

BUCKET = "org-humancellatlas-upload-sandbox"
OTHER = "1d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
MIB = 1024 * 1024
STAGED = {"Bucket": "omics-staging", "Key": "reads"}


def refusal(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


DENIED = ("AccessDenied", 403)


def test_files_are_put_read_tagged_and_listed(area: str, s3: Any):
    key = {"Bucket": BUCKET, "Key": f"{area}/a"}
    s3.put_object(**key, Body=b"abc", ACL="bucket-owner-full-control", Metadata={"crc32c": "364b3fb7", "a_b": "1"})
    assert s3.head_object(**key)["Metadata"] == {"crc32c": "364b3fb7", "a_b": "1"}
    assert s3.get_object(**key, Range="bytes=1-")["Body"].read() == b"bc"
    s3.put_object_tagging(**key, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    assert s3.get_object_tagging(**key)["TagSet"] == [{"Key": "k", "Value": "v"}]
    for listing in (s3.list_objects, s3.list_objects_v2):
        assert [each["Key"] for each in listing(Bucket=BUCKET, Prefix=f"{area}/")["Contents"]] == [f"{area}/a"]


def test_a_file_is_put_in_parts_and_given_up(area: str, s3: Any):
    key = {"Bucket": BUCKET, "Key": f"{area}/parts"}
    upload = {**key, "UploadId": s3.create_multipart_upload(**key)["UploadId"]}
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**upload, PartNumber=n, Body=bytes([n]) * 5 * MIB)["ETag"]}
        for n in (1, 2)
    ]
    assert len(s3.list_parts(**upload)["Parts"]) == 2
    assert len(s3.list_multipart_uploads(Bucket=BUCKET, Prefix=f"{area}/")["Uploads"]) == 1
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(**key)["ContentLength"] == 10 * MIB
    upload = {**key, "UploadId": s3.create_multipart_upload(**key)["UploadId"]}
    s3.abort_multipart_upload(**upload)
    assert refusal(lambda: s3.list_parts(**upload))[0] == "NoSuchUpload"


def test_files_are_copied_from_other_buckets(area: str, s3: Any, s3_of: Any):
    s3_of().put_object(**STAGED, Body=b"x" * 6 * MIB)
    s3.copy_object(Bucket=BUCKET, Key=f"{area}/whole", CopySource=STAGED)
    key = {"Bucket": BUCKET, "Key": f"{area}/parts"}
    upload = {**key, "UploadId": s3.create_multipart_upload(**key)["UploadId"]}
    part = s3.upload_part_copy(**upload, PartNumber=1, CopySource=STAGED, CopySourceRange=f"bytes=0-{5 * MIB - 1}")
    listed = [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": listed})
    sizes = {each["Key"]: each["Size"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{area}/")["Contents"]}
    assert sizes == {f"{area}/whole": 6 * MIB, f"{area}/parts": 5 * MIB}
    s3.copy_object(Bucket=BUCKET, Key=f"{area}/again", CopySource={"Bucket": BUCKET, "Key": f"{area}/parts"})


@pytest.mark.parametrize("accelerated_names", [False, True])
def test_a_bucket_that_stands_in_the_hosts_name_is_the_same(
    sandbox: Sandbox, area: str, keys: dict[str, str], s3: Any, accelerated_names: bool
):
    # What a client asks of BUCKET.s3-accelerate.amazonaws.com when a proxy leads all hosts to the sandbox.
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    host = f"{BUCKET}.s3-accelerate.amazonaws.com" if accelerated_names else f"{BUCKET}.s3.localhost"
    made = botocore.credentials.Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    for name, expected in [(f"{area}/a", 200), (f"{OTHER}/a", 403)]:
        asked = botocore.awsrequest.AWSRequest("PUT", f"http://{host}/{name}", data=b"a")
        botocore.auth.S3SigV4Auth(made, "s3", "us-east-1").add_auth(asked)
        headers = {**asked.headers, "Host": host}
        answer = httpx.put(f"{sandbox.s3_url}/{name}", content=b"a", headers=headers, trust_env=False)
        assert answer.status_code == expected, answer.text
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{area}/")["Contents"]] == [f"{area}/a"]


def calls_outside(area: str) -> list[tuple[str, dict[str, Any]]]:
    theirs = {"Bucket": BUCKET, "Key": f"{OTHER}/secret"}
    staged = {"Bucket": "omics-staging", "Key": "a"}
    ours = {"Bucket": BUCKET, "Key": f"{area}/a"}
    return [
        ("put_object", {**theirs, "Body": b"a"}),
        ("put_object", {**theirs, "Body": b"a" * 3 * MIB}),
        ("put_object", {**staged, "Body": b"a"}),
        ("put_object", {"Bucket": BUCKET, "Key": area, "Body": b"a"}),
        ("put_object", {"Bucket": BUCKET, "Key": f"{area}x/a", "Body": b"a"}),
        ("get_object", theirs),
        ("get_object", {"Bucket": "omics-staging", "Key": "reads"}),
        ("create_multipart_upload", theirs),
        ("copy_object", {**ours, "CopySource": theirs}),
        ("copy_object", {**theirs, "CopySource": ours}),
        ("list_objects", {"Bucket": BUCKET}),
        ("list_objects_v2", {"Bucket": BUCKET, "Prefix": area}),
        ("list_objects_v2", {"Bucket": BUCKET, "Prefix": f"{OTHER}/"}),
        ("list_objects_v2", {"Bucket": "omics-staging", "Prefix": f"{area}/"}),
        ("list_object_versions", {"Bucket": BUCKET, "Prefix": f"{area}/"}),
        ("delete_object", ours),
        ("delete_objects", {"Bucket": BUCKET, "Delete": {"Objects": [{"Key": f"{area}/a"}]}}),
        ("delete_object_tagging", ours),
        ("delete_bucket", {"Bucket": BUCKET}),
        ("get_bucket_acl", {"Bucket": BUCKET}),
        ("put_bucket_versioning", {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Enabled"}}),
        ("create_bucket", {"Bucket": "mine"}),
        ("list_buckets", {}),
    ]


def test_all_else_is_denied(sandbox: Sandbox, area: str, s3: Any, s3_of: Any):
    sandbox.area(OTHER)
    owner = s3_of()
    owner.put_object(Bucket=BUCKET, Key=f"{OTHER}/secret", Body=b"s")
    owner.put_object(**STAGED, Body=b"r")
    s3.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"a")
    for operation, arguments in calls_outside(area):
        assert refusal(lambda o=operation, a=arguments: getattr(s3, o)(**a)) == DENIED, (operation, arguments)
    # Answers to HEAD have no body, so only the status says it.
    assert refusal(lambda: s3.head_object(Bucket=BUCKET, Key=f"{OTHER}/secret")) == ("403", 403)
    keys = sorted(each["Key"] for each in owner.list_objects_v2(Bucket=BUCKET)["Contents"])
    assert keys == sorted([f"{area}/a", f"{OTHER}/secret"])


def with_changed(keys: dict[str, str], **changes: str) -> dict[str, str]:
    return {**keys, **changes}


def test_credentials_are_checked_as_aws_does(sandbox: Sandbox, area: str, keys: dict[str, str], s3_of: Any):
    def put(changed: dict[str, str]) -> tuple[str, int]:
        client = s3_of(changed)
        return refusal(lambda: client.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"a"))

    assert put(with_changed(keys, SecretAccessKey="another")) == ("SignatureDoesNotMatch", 403)
    assert put(with_changed(keys, SessionToken="another")) == ("InvalidToken", 400)
    assert put(with_changed(keys, AccessKeyId="ASIAAAAAAAAAAAAAAAAA")) == ("InvalidAccessKeyId", 403)
    assert put({**keys, "AccessKeyId": "somebody", "SessionToken": ""}) == DENIED
    sandbox.clock.advance(3600)
    assert put(keys) == ("ExpiredToken", 400)


def test_credentials_of_before_a_reset_are_unknown(sandbox: Sandbox, area: str, s3: Any):
    sandbox.reset()
    sandbox.area(area)
    assert refusal(lambda: s3.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"a")) == ("InvalidAccessKeyId", 403)


def test_presigned_urls_of_an_area_work_until_its_credentials_end(
    sandbox: Sandbox, area: str, keys: dict[str, str], s3_of: Any
):
    s3 = s3_of(keys, signature_version="s3v4")
    s3.put_object(Bucket=BUCKET, Key=f"{area}/a b", Body=b"abc")
    own = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": f"{area}/a b"})
    other = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": f"{OTHER}/a"})
    assert httpx.get(own, trust_env=False).content == b"abc"
    assert httpx.get(other, trust_env=False).status_code == 403
    assert httpx.get(own.replace("a%20b", "a%20c"), trust_env=False).status_code == 403
    sandbox.clock.advance(3600)
    assert "ExpiredToken" in httpx.get(own, trust_env=False).text


def test_signatures_of_the_old_kind_are_the_owners_only(area: str, keys: dict[str, str], s3_of: Any):
    put = {"Bucket": BUCKET, "Key": f"{area}/a"}
    s3_of().put_object(**put, Body=b"abc")
    urls = [s3_of(who, signature_version="s3").generate_presigned_url("get_object", put) for who in (None, keys)]
    assert httpx.get(urls[0], trust_env=False).content == b"abc"
    assert "<Code>InvalidRequest</Code>" in httpx.get(urls[1], trust_env=False).text


def test_nobody_reaches_areas_without_credentials(sandbox: Sandbox, area: str, s3: Any):
    s3.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"abc")
    answer = httpx.get(f"{sandbox.s3_url}/{BUCKET}/{area}/a", trust_env=False)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code>" in answer.text
    copied = {"x-amz-copy-source": f"/{BUCKET}/{area}/a"}
    answer = httpx.put(f"{sandbox.s3_url}/omics-staging/b", headers=copied, trust_env=False)
    assert answer.status_code == 403


def test_other_buckets_are_as_open_as_before(sandbox: Sandbox):
    somebody: Any = boto3.client(
        "s3",
        endpoint_url=sandbox.s3_url,
        region_name="us-east-1",
        aws_access_key_id="somebody",
        aws_secret_access_key="secret",
        config=Config(proxies={}),
    )
    somebody.put_object(**STAGED, Body=b"r")
    assert somebody.get_object(**STAGED)["Body"].read() == b"r"
    somebody.close()


def test_a_refused_body_does_not_break_the_connection(area: str, s3: Any):
    body = b"a" * 20 * MIB
    assert refusal(lambda: s3.put_object(Bucket=BUCKET, Key=f"{OTHER}/a", Body=body)) == DENIED


def test_an_unsigned_session_is_no_session(sandbox: Sandbox, area: str, keys: dict[str, str]):
    headers = {"x-amz-security-token": keys["SessionToken"]}
    answer = httpx.put(f"{sandbox.s3_url}/{BUCKET}/{area}/a", content=b"a", headers=headers, trust_env=False)
    assert answer.status_code == 403
