"""Permissions of an area's credentials on the S3 server."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from s3_sandbox import refusal

BUCKET = "org-humancellatlas-upload-sandbox"
OTHER = "1d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
MIB = 1024 * 1024
S3 = Callable[..., Any]
STAGED = {"Bucket": "omics-staging", "Key": "reads"}
DENIED = ("AccessDenied", 403)


def test_files_are_put_read_tagged_and_listed(area: str, s3: Any):
    key = {"Bucket": BUCKET, "Key": f"{area}/a"}
    s3.put_object(**key, Body=b"abc", ACL="bucket-owner-full-control", Metadata={"crc32c": "364b3fb7", "a_b": "1"})
    assert s3.head_object(**key)["Metadata"] == {"crc32c": "364b3fb7", "a_b": "1"}
    assert s3.get_object(**key, Range="bytes=1-")["Body"].read() == b"bc"
    s3.put_object_tagging(**key, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    assert s3.get_object_tagging(**key)["TagSet"] == [{"Key": "k", "Value": "v"}]
    for listing in (s3.list_objects, s3.list_objects_v2):
        assert [object_["Key"] for object_ in listing(Bucket=BUCKET, Prefix=f"{area}/")["Contents"]] == [f"{area}/a"]


def test_a_file_is_put_in_parts_and_abandoned(area: str, s3: Any):
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
    sizes = {
        object_["Key"]: object_["Size"] for object_ in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{area}/")["Contents"]
    }
    assert sizes == {f"{area}/whole": 6 * MIB, f"{area}/parts": 5 * MIB}
    s3.copy_object(Bucket=BUCKET, Key=f"{area}/again", CopySource={"Bucket": BUCKET, "Key": f"{area}/parts"})


@pytest.mark.parametrize("accelerated_names", [False, True])
def test_a_bucket_that_is_in_the_hosts_name_is_the_same(
    sandbox: Sandbox, area: str, keys: dict[str, str], s3: Any, accelerated_names: bool
):
    # What a client asks of BUCKET.s3-accelerate.amazonaws.com when a proxy leads all hosts to the sandbox.
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    host = f"{BUCKET}.s3-accelerate.amazonaws.com" if accelerated_names else f"{BUCKET}.s3.localhost"
    made = botocore.credentials.Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    for name, expected in [(f"{area}/a", 200), (f"{OTHER}/a", 403)]:
        request = botocore.awsrequest.AWSRequest("PUT", f"http://{host}/{name}", data=b"a")
        botocore.auth.S3SigV4Auth(made, "s3", "us-east-1").add_auth(request)
        headers = {**request.headers, "Host": host}
        response = httpx.put(f"{sandbox.s3_url}/{name}", content=b"a", headers=headers, trust_env=False)
        assert response.status_code == expected, response.text
    assert [object_["Key"] for object_ in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{area}/")["Contents"]] == [
        f"{area}/a"
    ]


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
        ("copy_object", {**ours, "CopySource": f"///{BUCKET}/{OTHER}/secret"}),
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
    # moto would read a URL.
    elsewhere = {"Bucket": BUCKET, "Key": f"{area}/a", "CopySource": f"//host/{BUCKET}/{OTHER}/secret"}
    assert refusal(lambda: s3.copy_object(**elsewhere)) == ("NoSuchBucket", 404)
    # Responses to HEAD have no body, so only the status states it.
    assert refusal(lambda: s3.head_object(Bucket=BUCKET, Key=f"{OTHER}/secret")) == ("403", 403)
    keys = sorted(object_["Key"] for object_ in owner.list_objects_v2(Bucket=BUCKET)["Contents"])
    assert keys == sorted([f"{area}/a", f"{OTHER}/secret"])


def test_credentials_are_checked_as_aws_does(sandbox: Sandbox, area: str, keys: dict[str, str], s3_of: Any):
    def put(changed: dict[str, str]) -> tuple[str, int]:
        client = s3_of(changed)
        return refusal(lambda: client.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"a"))

    assert put({**keys, "SecretAccessKey": "another"}) == ("SignatureDoesNotMatch", 403)
    assert put({**keys, "SessionToken": "another"}) == ("InvalidToken", 400)
    assert put({**keys, "AccessKeyId": "ASIAAAAAAAAAAAAAAAAA"}) == ("InvalidAccessKeyId", 403)
    assert put({**keys, "AccessKeyId": "somebody", "SessionToken": ""}) == ("InvalidAccessKeyId", 403)
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
    url = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": f"{area}/a b"})
    other = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": f"{OTHER}/a"})
    assert httpx.get(url, trust_env=False).content == b"abc"
    assert httpx.get(other, trust_env=False).status_code == 403
    assert httpx.get(url.replace("a%20b", "a%20c"), trust_env=False).status_code == 403
    sandbox.clock.advance(3600)
    assert "ExpiredToken" in httpx.get(url, trust_env=False).text


def test_signatures_of_the_old_kind_are_the_owners_only(area: str, keys: dict[str, str], s3_of: Any):
    put = {"Bucket": BUCKET, "Key": f"{area}/a"}
    s3_of().put_object(**put, Body=b"abc")
    urls = [s3_of(who, signature_version="s3").generate_presigned_url("get_object", put) for who in (None, keys)]
    assert httpx.get(urls[0], trust_env=False).content == b"abc"
    assert "<Code>InvalidRequest</Code>" in httpx.get(urls[1], trust_env=False).text


def test_no_user_reaches_areas_without_credentials(sandbox: Sandbox, area: str, s3: Any):
    s3.put_object(Bucket=BUCKET, Key=f"{area}/a", Body=b"abc")
    response = httpx.get(f"{sandbox.s3_url}/{BUCKET}/{area}/a", trust_env=False)
    assert (response.status_code, response.headers["content-type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code>" in response.text
    copied = {"x-amz-copy-source": f"/{BUCKET}/{area}/a"}
    response = httpx.put(f"{sandbox.s3_url}/omics-staging/b", headers=copied, trust_env=False)
    assert response.status_code == 403


def test_a_refused_body_does_not_break_the_connection(area: str, s3: Any):
    body = b"a" * 20 * MIB
    assert refusal(lambda: s3.put_object(Bucket=BUCKET, Key=f"{OTHER}/a", Body=body)) == DENIED


def test_an_unsigned_session_is_no_session(sandbox: Sandbox, area: str, keys: dict[str, str]):
    headers = {"x-amz-security-token": keys["SessionToken"]}
    response = httpx.put(f"{sandbox.s3_url}/{BUCKET}/{area}/a", content=b"a", headers=headers, trust_env=False)
    assert response.status_code == 403


# -- signatures, everywhere


SIGNATURES = [("s3", "path"), ("s3", "virtual"), ("s3v4", "path"), ("s3v4", "virtual")]


@pytest.fixture(params=SIGNATURES, ids=" ".join)
def owner(request: pytest.FixtureRequest, sandbox: Sandbox, s3_of: S3) -> Any:
    """Signs as the owner, in each way that clients do, bucket names in hosts included."""
    version, style = request.param
    endpoint = sandbox.s3_url.replace("127.0.0.1", "localhost")
    return s3_of(endpoint=endpoint, signature_version=version, s3={"addressing_style": style})


def reached(sandbox: Sandbox, url: str) -> tuple[str, dict[str, str]]:
    """A URL as every system finds it, and the header that names its host: not all know names below localhost."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=urlsplit(sandbox.s3_url).netloc)), {"Host": parts.netloc}


@pytest.mark.parametrize("name", ["a", "ü b+c%/d?e", "~x*y"])
def test_presigned_addresses_open_one_object_for_their_time(sandbox: Sandbox, owner: Any, s3_of: S3, name: str):
    for key in (name, "other"):
        s3_of().put_object(Bucket="omics-staging", Key=key, Body=key.encode())
    named = {"Bucket": "omics-staging", "Key": name}
    url = owner.generate_presigned_url("get_object", Params={**named, "ResponseContentType": "text/x"}, ExpiresIn=60)
    place, headers = reached(sandbox, url)
    assert httpx.get(place, headers=headers, trust_env=False).content == name.encode()
    ended = owner.generate_presigned_url("get_object", Params=named, ExpiresIn=-1)
    path = urlsplit(url).path
    wrong = [
        (url, "PUT"),
        (url, "DELETE"),
        (url.replace(path, path.rpartition(quote(name, safe="/~"))[0] + "other"), "GET"),
        (url.replace("text%2Fx", "text%2Fy"), "GET"),
        (url[:-1] + ("A" if url[-1] != "A" else "B"), "GET"),
        (url.partition("?")[0], "GET"),
        (ended, "GET"),
    ]
    for other, method in wrong:
        place, headers = reached(sandbox, other)
        response = httpx.request(method, place, headers=headers, trust_env=False)
        assert (response.status_code, response.content == b"other") == (403, False), (other, method)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_what_is_not_signed_by_the_owner_reaches_no_bucket(sandbox: Sandbox, s3_of: S3, version: str):
    s3_of().put_object(Bucket="omics-staging", Key="a", Body=b"a")
    names = sandbox.environment()
    right = {"AccessKeyId": names["AWS_ACCESS_KEY_ID"], "SecretAccessKey": names["AWS_SECRET_ACCESS_KEY"]}
    for keys, code in [
        ({**right, "SecretAccessKey": "sandbox"}, "SignatureDoesNotMatch"),
        ({**right, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}, "InvalidAccessKeyId"),
    ]:
        client = s3_of({**keys, "SessionToken": None}, signature_version=version)
        for call in (
            client.list_buckets,
            lambda client=client: client.get_object(Bucket="omics-staging", Key="a"),
            lambda client=client: client.put_object(Bucket="omics-staging", Key="a", Body=b"b"),
            lambda client=client: client.create_bucket(Bucket="another"),
            lambda client=client: client.delete_object(Bucket="omics-staging", Key="a"),
        ):
            assert refusal(call)[0] == code
    for path in ("", "/omics-staging", "/omics-staging/a", "/omics-staging?location"):
        for method in ("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"):
            assert httpx.request(method, sandbox.s3_url + path, trust_env=False).status_code == 403, (method, path)
    assert s3_of().get_object(Bucket="omics-staging", Key="a")["Body"].read() == b"a"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_forms_send_what_their_policy_states(sandbox: Sandbox, s3_of: S3, version: str):
    owner = s3_of(signature_version=version, s3={"addressing_style": "path"})
    made = owner.generate_presigned_post(
        "omics-staging", "in/${filename}", Conditions=[["starts-with", "$key", "in/"]], ExpiresIn=60
    )

    def send(fields: dict[str, str], *, url: str = made["url"]) -> int:
        return httpx.post(url, data=fields, files={"file": b"sent"}, trust_env=False).status_code

    ended = owner.generate_presigned_post("omics-staging", "in/a", ExpiresIn=-1)
    wider = json.loads(base64.b64decode(made["fields"]["policy"])) | {"conditions": []}
    forged = base64.b64encode(json.dumps(wider).encode()).decode()
    assert [
        send({**made["fields"], "key": "out/a"}),
        send({**made["fields"], "policy": forged}),
        send({**made["fields"], "policy": ""}),
        send({name: value for name, value in made["fields"].items() if name != "policy"}),
        send(made["fields"], url=made["url"].replace("omics-staging", "pangea-sandbox")),
        send(ended["fields"]),
        send({"key": "in/a"}),
        send({**made["fields"], "key": "in/a", "x-amz-meta-a": "of no condition"}),
    ] == [403] * 8
    assert send({**made["fields"], "key": "out/a", "Key": "in/a"}) == 400
    assert "Contents" not in owner.list_objects_v2(Bucket="omics-staging")
    assert send({**made["fields"], "key": "in/a", "x-ignore-a": "b"}) == 204
    assert owner.get_object(Bucket="omics-staging", Key="in/a")["Body"].read() == b"sent"
    every = {name: (name, value) for name, value in made["fields"].items()}  # as requests sends `files`
    assert httpx.post(made["url"], files={**every, "file": ("b", b"sent")}, trust_env=False).status_code == 204
    assert owner.get_object(Bucket="omics-staging", Key="in/b")["Body"].read() == b"sent"


@pytest.mark.parametrize(("body", "code"), [(b"a", "EntityTooSmall"), (b"abcd", "EntityTooLarge"), (b"abc", "")])
@pytest.mark.parametrize("is_file", [True, False])
def test_forms_send_no_more_than_their_policy_allows(s3_of: S3, body: bytes, code: str, is_file: bool) -> None:
    made = s3_of().generate_presigned_post("omics-staging", "a", Conditions=[["content-length-range", 2, 3]])
    files = {name: (None, value) for name, value in made["fields"].items()} | {"file": ("f" if is_file else None, body)}
    response = httpx.post(made["url"], files=files, trust_env=False)
    assert (response.status_code, f"<Code>{code}</Code>" in response.text) == ((400, True) if code else (204, False))
