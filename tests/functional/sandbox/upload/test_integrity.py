"""The S3 server refuses bytes that differ from what their request states of them; boto3 states it."""

import base64
import hashlib
import zlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import STAGING_BUCKET, Sandbox
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.objects import checksum_of
from omicsdk.sandbox.state.presigned import Body
from s3_sandbox import refusal

MIB = 1024 * 1024
PLACE = {"Bucket": STAGING_BUCKET, "Key": "stated"}
ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]


@pytest.fixture
def s3(s3_of: Callable[..., Any]) -> Any:
    return s3_of(signature_version="s3v4")


def checksum_argument(algorithm: str, body: bytes) -> dict[str, str]:
    """A checksum as an argument of boto3, which itself computes CRC32C only with the AWS runtime."""
    return {f"Checksum{algorithm}": checksum_of(algorithm.lower(), body)}


def code_of(call: Callable[[], object]) -> str:
    return refusal(call)[0]


def flip(s3: Any, operation: str) -> None:
    """Change the bytes of the requests that follow, after they were signed: as a broken network does."""

    def changed(request: Any, **_: Any) -> None:
        body = request.body
        data = bytearray(body if isinstance(body, bytes) else body.read())
        at = data.find(b"hello")
        data[at] ^= 1
        request.body = bytes(data)

    s3.meta.events.register(f"before-send.s3.{operation}", changed)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_flipped_bit_is_refused_whatever_checksum_is_stated(s3: Any, algorithm: str):
    s3.put_object(**PLACE, Body=b"hello", **checksum_argument(algorithm, b"hello"))
    flip(s3, "PutObject")
    data = b"hello, world"
    assert code_of(lambda: s3.put_object(**PLACE, Body=data, **checksum_argument(algorithm, data))) == "BadDigest"
    assert s3.get_object(**PLACE)["Body"].read() == b"hello"


def test_a_value_of_other_bytes_is_refused(s3: Any):
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    assert code_of(lambda: s3.put_object(**PLACE, Body=b"hello", ChecksumSHA256=wrong)) == "BadDigest"
    md5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert code_of(lambda: s3.put_object(**PLACE, Body=b"hello", ContentMD5=md5)) == "BadDigest"
    assert code_of(lambda: s3.put_object(**PLACE, Body=b"hello", ContentMD5="bm9uZQ==")) == "InvalidDigest"
    assert code_of(lambda: s3.put_object(**PLACE, Body=b"hello", ChecksumCRC32C="bm9uZQ")) == "InvalidRequest"


def presigned(s3: Any, **headers: str) -> httpx.Response:
    url = s3.generate_presigned_url("put_object", Params=PLACE)
    return httpx.put(url, content=b"hello", headers=headers, trust_env=False)


def test_presigned_urls_check_what_their_headers_state(s3: Any):
    right = base64.b64encode(hashlib.md5(b"hello").digest()).decode()
    wrong = base64.b64encode(hashlib.md5(b"jello").digest()).decode()
    assert presigned(s3, **{"Content-MD5": wrong}).status_code == 400
    assert presigned(s3, **{"Content-MD5": right}).status_code == 200


def test_the_check_values_of_the_algorithms_are_those_of_their_catalogue():
    """https://reveng.sourceforge.io/crc-catalogue/: of the nine bytes 123456789."""
    check_values = {"crc32": "cbf43926", "crc32c": "e3069283", "crc64nvme": "ae8b14860a799888"}
    checksums = {name: base64.b64decode(checksum_of(name, b"123456789")).hex() for name in check_values}
    assert checksums == check_values
    assert base64.b64decode(checksum_of("crc32", b"x")) == zlib.crc32(b"x").to_bytes(4, "big")


def test_a_body_in_chunks_is_stored_without_them(sandbox: Sandbox, s3_of: Callable[..., Any]):
    """boto3 sends trailers over https only: it signs for that, and sends in the clear."""
    s3, seen = s3_of(endpoint=sandbox.s3_url.replace("http:", "https:"), signature_version="s3v4"), list[str]()

    def changed(request: Any, **_: Any) -> None:
        request.url = request.url.replace("https:", "http:")
        seen.append(request.headers["X-Amz-Content-SHA256"].decode())

    s3.meta.events.register("before-send.s3.PutObject", changed)
    response = s3.put_object(**PLACE, Body=b"hello", ChecksumAlgorithm="SHA256")
    assert response["ETag"].strip('"') == hashlib.md5(b"hello").hexdigest()
    assert seen == ["STREAMING-UNSIGNED-PAYLOAD-TRAILER"]


async def receive() -> Any:
    raise AssertionError("the body is not read")


def test_presigned_storages_refuse_bodies_in_chunks():
    with pytest.raises(Problem, match="NotImplemented"):
        Body({"headers": [(b"x-amz-content-sha256", b"STREAMING-UNSIGNED-PAYLOAD-TRAILER")]}, receive, "md5")


# -- parts


def begun(s3: Any, parts: list[bytes], algorithm: str = "CRC32C") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    upload = {**PLACE, "UploadId": s3.create_multipart_upload(**PLACE, ChecksumAlgorithm=algorithm)["UploadId"]}
    listed: list[dict[str, Any]] = []
    for number, body in enumerate(parts, 1):
        done = s3.upload_part(**upload, PartNumber=number, Body=body, **checksum_argument(algorithm, body))
        listed.append({"PartNumber": number, "ETag": done["ETag"], **checksum_argument(algorithm, body)})
    return upload, listed


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_parts_are_assembled_by_their_checksums(s3: Any, algorithm: str):
    upload, parts = begun(s3, [b"a" * 5 * MIB, b"hello"], algorithm)
    name = f"Checksum{algorithm}"
    wrong = [parts[0], {**parts[1], name: parts[0][name]}]
    assert code_of(lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": wrong})) == "InvalidPart"
    without = [{key: value for key, value in part.items() if key != name} for part in parts]
    assert (
        code_of(lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": without})) == "InvalidRequest"
    )
    other = [parts[0], {**parts[1], "PartNumber": 7}]
    assert code_of(lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": other})) == "InvalidPart"
    turned = {"Parts": parts[::-1]}
    assert code_of(lambda: s3.complete_multipart_upload(**upload, MultipartUpload=turned)) == "InvalidPartOrder"
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(**PLACE)["ContentLength"] == 5 * MIB + 5


def test_a_flipped_bit_in_a_part_is_refused(s3: Any):
    upload, _ = begun(s3, [])
    flip(s3, "UploadPart")
    more = {"PartNumber": 1, "Body": b"hello", **checksum_argument("CRC32C", b"hello")}
    assert code_of(lambda: s3.upload_part(**upload, **more)) == "BadDigest"
    assert s3.list_parts(**upload).get("Parts", []) == []


def test_forms_are_answered_with_the_etag(s3: Any):
    form = s3.generate_presigned_post(STAGING_BUCKET, "formed")
    response = httpx.post(form["url"], data=form["fields"], files={"file": ("x", b"hello")}, trust_env=False)
    assert (response.status_code, response.headers["etag"].strip('"')) == (204, hashlib.md5(b"hello").hexdigest())


def posted(s3: Any, key: str, **fields: str) -> httpx.Response:
    form = s3.generate_presigned_post(STAGING_BUCKET, key, Fields=fields, Conditions=[fields])
    return httpx.post(form["url"], data=form["fields"], files={"file": ("x", b"hello")}, trust_env=False)


def test_a_form_states_checksums_as_a_put_does(s3: Any):
    right, wrong = ({"x-amz-checksum-sha256": checksum_of("sha256", body)} for body in (b"hello", b"other"))
    refused = posted(s3, "formed", **wrong)
    assert (refused.status_code, "<Code>BadDigest<" in refused.text) == (400, True)
    assert posted(s3, "formed", **right).status_code == 204


def test_a_form_may_ask_for_the_place_of_its_object(s3: Any):
    response = posted(s3, "a&b", success_action_status="201")
    assert (response.status_code, response.headers["content-type"]) == (201, "application/xml")
    place = f"<Location>{s3.meta.endpoint_url}/{STAGING_BUCKET}/a%26b</Location><Bucket>{STAGING_BUCKET}</Bucket>"
    etag = f'<ETag>"{hashlib.md5(b"hello").hexdigest()}"</ETag>'
    assert response.text.endswith(f"<PostResponse>{place}<Key>a&amp;b</Key>{etag}</PostResponse>")


@pytest.mark.parametrize("algorithm", ["CRC32C", "CRC64NVME"])
def test_an_object_of_parts_has_the_checksum_of_its_algorithm(s3: Any, algorithm: str) -> None:
    upload, parts = begun(s3, [b"one part"], algorithm)
    of_part = parts[0][f"Checksum{algorithm}"]
    of_parts = checksum_of("crc32c", base64.b64decode(of_part)) + "-1"
    expected = (of_parts, "COMPOSITE") if algorithm == "CRC32C" else (of_part, "FULL_OBJECT")
    complete = {**upload, "MultipartUpload": {"Parts": parts}}
    wrong = checksum_argument(algorithm, b"other")
    assert code_of(lambda: s3.complete_multipart_upload(**complete, **wrong)) == "BadDigest"
    completed = s3.complete_multipart_upload(**complete, **{f"Checksum{algorithm}": expected[0]})
    for response in (completed, *(read(**PLACE, ChecksumMode="ENABLED") for read in (s3.head_object, s3.get_object))):
        if body := response.get("Body"):
            body.close()
        assert (response[f"Checksum{algorithm}"], response["ChecksumType"]) == expected
        assert response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-checksum-algorithm") in (None, algorithm)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
@pytest.mark.parametrize("operation", ["PutObject", "UploadPart"])
def test_checksums_are_stored_without_boto3s_name_of_the_algorithm(s3: Any, operation: str, algorithm: str) -> None:
    """Arrow, object_store and the AWS runtime state the checksum alone."""

    def without(request: Any, **_: Any) -> None:
        del request.headers["x-amz-sdk-checksum-algorithm"]

    s3.meta.events.register(f"before-sign.s3.{operation}", without)
    if operation == "PutObject":
        s3.put_object(**PLACE, Body=b"x", ChecksumAlgorithm=algorithm, **checksum_argument(algorithm, b"x"))
        response = s3.head_object(**PLACE, ChecksumMode="ENABLED")
    else:
        upload = s3.create_multipart_upload(**PLACE)["UploadId"]
        part = {
            "UploadId": upload,
            "PartNumber": 1,
            "ChecksumAlgorithm": algorithm,
            **checksum_argument(algorithm, b"x"),
        }
        response = s3.upload_part(**PLACE, **part, Body=b"x")
    assert response[f"Checksum{algorithm}"] == checksum_of(algorithm.lower(), b"x")
    if operation == "PutObject":
        assert response["ChecksumType"] == "FULL_OBJECT"
        copied = s3.copy_object(**PLACE, CopySource=PLACE, MetadataDirective="REPLACE", ChecksumAlgorithm=algorithm)
        assert copied["CopyObjectResult"][f"Checksum{algorithm}"] == response[f"Checksum{algorithm}"]


def test_an_object_of_parts_has_no_version_in_a_bucket_without_versions(s3: Any) -> None:
    upload, parts = begun(s3, [b"x"])
    assert "VersionId" not in s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(**PLACE, VersionId="null")["ContentLength"] == 1
    assert code_of(lambda: s3.head_object(**PLACE, VersionId="other")) == "400"


def test_conditions_may_state_an_etag_without_quotes(s3: Any) -> None:
    etag = s3.put_object(**PLACE, Body=b"x")["ETag"].strip('"')
    assert s3.head_object(**PLACE, IfMatch=etag, IfUnmodifiedSince=BEFORE)["ContentLength"] == 1
    assert code_of(lambda: s3.head_object(**PLACE, IfNoneMatch=etag)) == "304"


@pytest.mark.parametrize("range_", ["bytes", "bits=0-1", "bytes=3-1", "bytes=0-0,2-2"])
def test_what_is_no_range_of_bytes_is_ignored(s3: Any, range_: str) -> None:
    s3.put_object(**PLACE, Body=b"whole")
    assert s3.get_object(**PLACE, Range=range_)["Body"].read() == b"whole"


def test_uploads_parts_and_pages_that_are_not_there_are_refused(s3: Any) -> None:
    assert code_of(lambda: s3.upload_part(**PLACE, UploadId="none", PartNumber=1, Body=b"x")) == "NoSuchUpload"
    id = s3.create_multipart_upload(**PLACE)["UploadId"]
    etag = s3.upload_part(**PLACE, UploadId=id, PartNumber=1, Body=b"x")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    s3.complete_multipart_upload(**PLACE, UploadId=id, MultipartUpload=parts)
    assert s3.head_object(**PLACE, PartNumber=1)["ContentLength"] == 1
    for number, status in ((2, "416"), (10**4200, "400")):
        assert code_of(lambda number=number: s3.head_object(**PLACE, PartNumber=number)) == status
    for wrong in ({"ContinuationToken": "none"}, {"MaxKeys": 10**4200}):
        assert code_of(lambda wrong=wrong: s3.list_objects_v2(Bucket=STAGING_BUCKET, **wrong)) == "InvalidArgument"


@pytest.fixture
def of_parts(s3: Any) -> dict[str, str]:
    """An object of two parts."""
    upload, parts = begun(s3, [b"a" * 5 * MIB, b"hello"])
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    return {"Bucket": STAGING_BUCKET, "Key": "copy"}


def test_a_part_of_an_object_comes_alone_with_the_etag_of_the_object(s3: Any, of_parts: dict[str, str]) -> None:
    whole = s3.head_object(**PLACE)["ETag"]
    part = s3.get_object(**PLACE, PartNumber=2)
    assert (part["Body"].read(), part["ContentRange"]) == (b"hello", f"bytes {5 * MIB}-{5 * MIB + 4}/{5 * MIB + 5}")
    assert (part["ETag"], s3.head_object(**PLACE, PartNumber=2)["ETag"]) == (whole, whole)
    assert part["PartsCount"] == 2
    assert code_of(lambda: s3.get_object(**PLACE, PartNumber=2, Range="bytes=0-1")) == "InvalidRequest"
    s3.put_object(**PLACE, Body=b"no parts")
    assert code_of(lambda: s3.get_object(**PLACE, PartNumber=2)) == "InvalidPartNumber"


def test_a_part_that_an_object_was_completed_without_is_none_of_its_parts(s3: Any) -> None:
    upload = {**PLACE, "UploadId": s3.create_multipart_upload(**PLACE)["UploadId"]}
    bodies = {1: b"a" * 5 * MIB, 2: b"not used", 3: b"hello"}
    etags = {number: s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"] for number, body in bodies.items()}
    parts = [{"PartNumber": number, "ETag": etags[number]} for number in (1, 3)]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    last = s3.get_object(**PLACE, PartNumber=3)
    assert (last["Body"].read(), last["ContentRange"]) == (b"hello", f"bytes {5 * MIB}-{5 * MIB + 4}/{5 * MIB + 5}")
    assert s3.head_object(**PLACE, PartNumber=3)["PartsCount"] == 2
    assert code_of(lambda: s3.get_object(**PLACE, PartNumber=2)) == "InvalidPartNumber"


def test_the_first_part_may_have_any_number(s3: Any) -> None:
    upload = {**PLACE, "UploadId": s3.create_multipart_upload(**PLACE)["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=2, Body=b"hello")["ETag"]  # as MinIO's client for JavaScript has it
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": etag}]})
    assert s3.head_object(**PLACE)["ContentLength"] == len(s3.get_object(**PLACE)["Body"].read()) == 5
    assert code_of(lambda: s3.get_object(**PLACE, PartNumber=1)) == "InvalidPartNumber"


def test_blanks_between_the_names_of_attributes_are_ignored(s3: Any, of_parts: dict[str, str]) -> None:
    def changed(params: Any, **_: Any) -> None:
        params["headers"]["x-amz-object-attributes"] = "ETag, ObjectSize"

    s3.meta.events.register("before-call.s3.GetObjectAttributes", changed)
    assert s3.get_object_attributes(**PLACE, ObjectAttributes=["ETag"])["ObjectSize"] == 5 * MIB + 5


def test_a_checksum_in_the_query_of_a_presigned_url_has_no_effect(s3: Any) -> None:
    def changed(request: Any, **_: Any) -> None:
        request.url += "?x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32"

    s3.meta.events.register("before-sign.s3.PutObject", changed)
    assert httpx.put(s3.generate_presigned_url("put_object", PLACE), content=b"hello").status_code == 200
    assert s3.get_object(**PLACE)["Body"].read() == b"hello"


def test_all_names_in_lists_are_encoded_as_requested(s3: Any) -> None:
    for key in ("a b+%41", "ü&<>"):
        s3.put_object(Bucket=STAGING_BUCKET, Key=key, Body=b"x")
    for list_ in (s3.list_objects, s3.list_objects_v2, s3.list_object_versions):  # boto3 requests it, and decodes them
        page = list_(Bucket=STAGING_BUCKET, Delimiter="+")
        names = [item["Key"] for item in page.get("Versions", page.get("Contents"))]
        names += [item["Prefix"] for item in page["CommonPrefixes"]]
        assert (page["EncodingType"], page["Delimiter"], names) == ("url", "+", ["ü&<>", "a b+"])
    s3.create_multipart_upload(Bucket=STAGING_BUCKET, Key="a b+%41")
    page = s3.list_multipart_uploads(Bucket=STAGING_BUCKET, EncodingType="url")
    assert (page["EncodingType"], page["Uploads"][0]["Key"]) == ("url", "a%20b%2B%2541")
    assert s3.list_multipart_uploads(Bucket=STAGING_BUCKET)["Uploads"][0]["Key"] == "a b+%41"


def test_the_rights_of_an_object_of_parts_are_stated(s3: Any, of_parts: dict[str, str]) -> None:
    assert s3.get_object_acl(**PLACE)["Grants"][0]["Permission"] == "FULL_CONTROL"


@pytest.mark.parametrize(
    "range_", ["bytes=0-9999999", "bytes=9999999-9999999", "bytes=3-1", "bytes=0", "bytes=0-1,3-4"]
)
def test_parts_are_copied_of_ranges_within_the_source(s3: Any, of_parts: dict[str, str], range_: str) -> None:
    upload = {**of_parts, "UploadId": s3.create_multipart_upload(**of_parts)["UploadId"]}
    copied = {"PartNumber": 1, "CopySource": PLACE, "CopySourceRange": range_}
    assert code_of(lambda: s3.upload_part_copy(**upload, **copied)) == "InvalidArgument"


def test_a_plus_in_the_source_of_a_copy_is_a_space(s3: Any) -> None:
    s3.put_object(Bucket=STAGING_BUCKET, Key="a b", Body=b"x")

    def changed(params: Any, **_: Any) -> None:
        params["headers"]["x-amz-copy-source"] = f"{STAGING_BUCKET}/a+b"  # boto3 itself writes %20

    s3.meta.events.register("before-call.s3.CopyObject", changed)
    s3.copy_object(**PLACE, CopySource="replaced/above")
    assert s3.get_object(**PLACE)["Body"].read() == b"x"


@pytest.mark.parametrize(
    ("upload", "code"),
    [({"UploadId": "none"}, "NoSuchUpload"), ({"Key": "other"}, "NoSuchUpload"), ({}, "MalformedXML")],
)
def test_only_uploads_that_are_there_are_completed(s3: Any, upload: dict[str, str], code: str) -> None:
    of_key, _ = begun(s3, [b"x"])
    assert code_of(lambda: s3.complete_multipart_upload(**{**of_key, **upload})) == code


@pytest.mark.parametrize(("etag", "code"), [("", "NoSuchKey"), ("wrong", "PreconditionFailed")])
def test_an_upload_is_completed_on_its_condition(s3: Any, etag: str, code: str) -> None:
    upload, parts = begun(s3, [b"x"])
    if etag:
        s3.put_object(**PLACE, Body=b"kept")
    complete = {**upload, "MultipartUpload": {"Parts": parts}}
    assert code_of(lambda: s3.complete_multipart_upload(**complete, IfMatch=f'"{etag}"')) == code
    kept = s3.put_object(**PLACE, Body=b"kept")["ETag"]
    assert s3.complete_multipart_upload(**complete, IfMatch=kept)["Key"] == "stated"


BUCKET = {"Bucket": STAGING_BUCKET}
LOCK = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime(2100, 1, 1, tzinfo=UTC)}
SUSPENDED = {"VersioningConfiguration": {"Status": "Suspended"}}
VERSION = {"Key": "stated", "VersionId": "other"}
COPY = {**PLACE, "CopySource": f"{STAGING_BUCKET}/source"}
BEFORE, AFTER = (datetime.now(UTC) + timedelta(days=days) for days in (-1, 1))
ETAG = hashlib.md5(b"source").hexdigest()


@pytest.mark.parametrize(
    ("operation", "arguments", "code", "status"),
    [
        ("put_object", {**PLACE, "Body": b"more", "WriteOffsetBytes": 4}, "NotImplemented", 501),
        ("put_object", {**PLACE, "Body": b"more", "IfNoneMatch": '"other"'}, "NotImplemented", 501),
        ("rename_object", {**BUCKET, "Key": "new", "RenameSource": "stated"}, "NotImplemented", 501),
        ("delete_objects", {**BUCKET, "Delete": {"Objects": [{"Key": "stated", "ETag": "o"}]}}, "NotImplemented", 501),
        ("put_object", {**PLACE, "Body": b"locked", **LOCK}, "NotImplemented", 501),
        ("put_bucket_policy", {**BUCKET, "Policy": "{}"}, "NotImplemented", 501),
        ("put_bucket_versioning", {**BUCKET, **SUSPENDED}, "NotImplemented", 501),
        ("delete_objects", {**BUCKET, "Delete": {"Objects": [{"Key": "stated"}] * 1001}}, "MalformedXML", 400),
        ("delete_object", {**PLACE, "VersionId": "other"}, "InvalidArgument", 400),
        ("delete_objects", {**BUCKET, "Delete": {"Objects": [VERSION]}}, "InvalidArgument", 400),
        ("get_object", {**PLACE, "VersionId": "other"}, "InvalidArgument", 400),
        ("put_object", {**PLACE, "Body": b"open", "SSECustomerAlgorithm": "AES256"}, "InvalidArgument", 400),
        ("copy_object", {**COPY, "CopySourceIfMatch": "other"}, "PreconditionFailed", 412),
        ("copy_object", {**COPY, "CopySourceIfNoneMatch": ETAG}, "PreconditionFailed", 412),
        ("copy_object", {**COPY, "CopySourceIfUnmodifiedSince": BEFORE}, "PreconditionFailed", 412),
        ("copy_object", {**COPY, "IfMatch": ETAG}, "PreconditionFailed", 412),
        ("copy_object", {**COPY, "IfNoneMatch": "*"}, "PreconditionFailed", 412),
        ("copy_object", {**COPY, "Key": "none", "IfMatch": ETAG}, "NoSuchKey", 404),
    ],
)
def test_what_would_lose_an_object_against_its_condition_is_refused(
    s3: Any, operation: str, arguments: Any, code: str, status: int
) -> None:
    s3.put_object(**BUCKET, Key="source", Body=b"source")
    s3.put_object(**PLACE, Body=b"kept")
    assert refusal(lambda: getattr(s3, operation)(**arguments)) == (code, status)
    assert s3.get_object(**PLACE)["Body"].read() == b"kept"


@pytest.mark.parametrize(
    "condition",
    [
        {"CopySourceIfMatch": ETAG, "CopySourceIfUnmodifiedSince": BEFORE},
        {"CopySourceIfNoneMatch": "other", "CopySourceIfModifiedSince": AFTER},
        {"CopySourceIfUnmodifiedSince": AFTER, "CopySourceIfModifiedSince": BEFORE},
        {"CopySourceIfModifiedSince": AFTER, "IfMatch": hashlib.md5(b"kept").hexdigest()},
    ],
)
def test_a_copy_is_made_whose_conditions_are_met(s3: Any, condition: dict[str, Any]) -> None:
    s3.put_object(**BUCKET, Key="source", Body=b"source")
    s3.put_object(**PLACE, Body=b"kept")
    s3.copy_object(**COPY, **condition)
    assert s3.get_object(**PLACE)["Body"].read() == b"source"
    since = s3.head_object(**BUCKET, Key="source")["LastModified"]
    assert code_of(lambda: s3.copy_object(**COPY, CopySourceIfModifiedSince=since)) == "PreconditionFailed"


def test_arguments_that_are_none_are_refused(s3: Any) -> None:
    assert code_of(lambda: s3.list_objects_v2(Bucket=STAGING_BUCKET, MaxKeys=-1)) == "InvalidArgument"
    assert code_of(lambda: s3.put_object(**PLACE, ACL="public-ready")) == "InvalidArgument"


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_prefixes_and_markers_of_lists_are_encoded_as_keys_are(s3: Any, operation: str) -> None:
    s3.put_object(Bucket=STAGING_BUCKET, Key="a+b%41&/x", Body=b"")
    s3.put_object(Bucket=STAGING_BUCKET, Key="a+b%42/x", Body=b"")
    pages = s3.get_paginator(operation).paginate(
        Bucket=STAGING_BUCKET, Prefix="a+b%4", Delimiter="/", PaginationConfig={"PageSize": 2}
    )
    assert [common["Prefix"] for page in pages for common in page["CommonPrefixes"]] == ["a+b%41&/", "a+b%42/"]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_a_common_prefix_is_counted_and_comes_once(s3: Any, operation: str) -> None:
    for key in ("a/1", "a/2", "b", "c/1", "d"):
        s3.put_object(Bucket=STAGING_BUCKET, Key=f"top/{key}", Body=b"")
    pages = s3.get_paginator(operation).paginate(
        Bucket=STAGING_BUCKET, Prefix="top/", Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    names = [[*page.get("CommonPrefixes", []), *page.get("Contents", [])] for page in pages]
    assert [[one.get("Prefix") or one["Key"] for one in page] for page in names] == [
        [f"top/{name}"] for name in ("a/", "b", "c/", "d")
    ]


@pytest.mark.parametrize("marker", ["top/a/", "top/a/1"])
def test_a_list_of_the_first_version_continues_after_the_folder_of_its_marker(s3: Any, marker: str) -> None:
    for key in ("a/1", "a/2", "b"):
        s3.put_object(Bucket=STAGING_BUCKET, Key=f"top/{key}", Body=b"")
    page = s3.list_objects(Bucket=STAGING_BUCKET, Prefix="top/", Delimiter="/", Marker=marker)
    assert (page["Marker"], [item["Key"] for item in page["Contents"]]) == (marker, ["top/b"])
    assert "CommonPrefixes" not in page


def test_versions_are_listed_in_pages_also_while_they_are_removed(s3: Any) -> None:
    bucket = {"Bucket": "with-versions"}
    s3.create_bucket(**bucket)
    s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
    put = [("b", s3.put_object(**bucket, Key="b", Body=b"")["VersionId"]) for _ in range(3)]
    put += [(key, s3.put_object(**bucket, Key=key, Body=b"")["VersionId"]) for key in ("a", "c/1", "c/2")]
    put.append(("a", s3.delete_object(**bucket, Key="a")["VersionId"]))

    def pages(**options: str) -> list[list[tuple[str, str]]]:
        listed = s3.get_paginator("list_object_versions").paginate(
            **bucket, PaginationConfig={"PageSize": 2}, **options
        )
        rows = [
            [*page.get("Versions", []), *page.get("DeleteMarkers", []), *page.get("CommonPrefixes", [])]
            for page in listed
        ]
        return [[(row.get("Key") or row["Prefix"], row.get("VersionId", "")) for row in page] for page in rows]

    version_pages = pages()
    assert [len(page) for page in version_pages] == [2, 2, 2, 1]
    assert sorted(version for page in version_pages for version in page) == sorted(put)
    assert [name for page in pages(Delimiter="/") for name, _ in page] == [*"aabbb", "c/"]
    for page in s3.get_paginator("list_object_versions").paginate(**bucket, PaginationConfig={"PageSize": 2}):
        for row in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            s3.delete_object(**bucket, Key=row["Key"], VersionId=row["VersionId"])
    assert pages() == [[]]


def test_the_encoding_of_an_object_is_not_that_of_its_request_and_the_date_comes_once(s3: Any) -> None:
    sent = s3.put_object(**PLACE, Body=b"", ContentEncoding="gzip, aws-chunked")["ResponseMetadata"]["HTTPHeaders"]
    assert s3.head_object(**PLACE)["ContentEncoding"] == "gzip"
    assert sent["date"].count("GMT") == 1


def test_of_two_that_must_not_replace_anything_one_is_stored(s3: Any, monkeypatch: pytest.MonkeyPatch):
    """The other one comes after the first one's condition was examined, and before it is stored."""
    backend: Any = import_module("moto.s3.models").S3Backend
    store, others = backend.put_object, list[Future[str]]()

    def stored_after_another(*args: Any, **keywords: Any) -> Any:
        if not others:
            others.append(threads.submit(lambda: code_of(lambda: s3.put_object(**PLACE, Body=b"b", IfNoneMatch="*"))))
            wait(others, 0.3)  # a server that examines both first answers it meanwhile
        return store(*args, **keywords)

    monkeypatch.setattr(backend, "put_object", stored_after_another)
    with ThreadPoolExecutor(1) as threads:
        s3.put_object(**PLACE, Body=b"a", IfNoneMatch="*")
    assert (others[0].result(), s3.get_object(**PLACE)["Body"].read()) == ("PreconditionFailed", b"a")


def test_an_object_is_deleted_on_a_condition(s3: Any):
    etag = s3.put_object(**PLACE, Body=b"a")["ETag"]
    assert code_of(lambda: s3.delete_object(**PLACE, IfMatch='"0"')) == "PreconditionFailed"
    for condition in (etag, "*"):
        s3.put_object(**PLACE, Body=b"a")
        s3.delete_object(**PLACE, IfMatch=condition)
        assert code_of(lambda: s3.get_object(**PLACE)) == "NoSuchKey"


def test_a_key_has_1024_bytes_at_most(s3: Any):
    place = {"Bucket": STAGING_BUCKET}
    s3.put_object(**place, Key="é" * 512)
    for call in (s3.put_object, s3.create_multipart_upload):
        assert code_of(lambda call=call: call(**place, Key="é" * 512 + "x")) == "KeyTooLongError"
