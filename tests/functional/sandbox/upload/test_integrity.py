"""The S3 server refuses bytes that differ from what their request states of them; boto3 states it."""

import base64
import hashlib
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import STAGING_BUCKET, Sandbox
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.multipart import checksum_of
from omicsdk.sandbox.state.presigned import Body
from s3_sandbox import refusal

MIB = 1024 * 1024
PLACE = {"Bucket": STAGING_BUCKET, "Key": "stated"}
ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]


@pytest.fixture
def s3(s3_of: Callable[..., Any]) -> Any:
    return s3_of(signature_version="s3v4")


def stated(algorithm: str, body: bytes) -> dict[str, str]:
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
    s3.put_object(**PLACE, Body=b"hello", **stated(algorithm, b"hello"))
    flip(s3, "PutObject")
    data = b"hello, world"
    assert code_of(lambda: s3.put_object(**PLACE, Body=data, **stated(algorithm, data))) == "BadDigest"
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
    known = {"crc32": "cbf43926", "crc32c": "e3069283", "crc64nvme": "ae8b14860a799888"}
    found = {name: base64.b64decode(checksum_of(name, b"123456789")).hex() for name in known}
    assert found == known
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
        done = s3.upload_part(**upload, PartNumber=number, Body=body, **stated(algorithm, body))
        listed.append({"PartNumber": number, "ETag": done["ETag"], **stated(algorithm, body)})
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
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(**PLACE)["ContentLength"] == 5 * MIB + 5


def test_a_flipped_bit_in_a_part_is_refused(s3: Any):
    upload, _ = begun(s3, [])
    flip(s3, "UploadPart")
    more = {"PartNumber": 1, "Body": b"hello", **stated("CRC32C", b"hello")}
    assert code_of(lambda: s3.upload_part(**upload, **more)) == "BadDigest"
    assert s3.list_parts(**upload).get("Parts", []) == []


def test_forms_are_answered_with_the_etag(s3: Any):
    form = s3.generate_presigned_post(STAGING_BUCKET, "formed")
    response = httpx.post(form["url"], data=form["fields"], files={"file": ("x", b"hello")}, trust_env=False)
    assert (response.status_code, response.headers["etag"].strip('"')) == (204, hashlib.md5(b"hello").hexdigest())


@pytest.mark.parametrize("algorithm", ["CRC32C", "CRC64NVME"])
def test_an_object_of_parts_has_the_checksum_of_its_algorithm(s3: Any, algorithm: str) -> None:
    upload, parts = begun(s3, [b"one part"], algorithm)
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    of_part = parts[0][f"Checksum{algorithm}"]
    expected = checksum_of("crc32c", base64.b64decode(of_part)) if algorithm == "CRC32C" else of_part
    assert s3.head_object(**PLACE, ChecksumMode="ENABLED")[f"Checksum{algorithm}"] == expected


def test_uploads_parts_and_pages_that_are_not_there_are_refused(s3: Any) -> None:
    assert code_of(lambda: s3.upload_part(**PLACE, UploadId="none", PartNumber=1, Body=b"x")) == "NoSuchUpload"
    id = s3.create_multipart_upload(**PLACE)["UploadId"]
    etag = s3.upload_part(**PLACE, UploadId=id, PartNumber=1, Body=b"x")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    s3.complete_multipart_upload(**PLACE, UploadId=id, MultipartUpload=parts)
    assert s3.head_object(**PLACE, PartNumber=1)["ContentLength"] == 1
    assert code_of(lambda: s3.head_object(**PLACE, PartNumber=2)) == "416"
    listed = {"Bucket": STAGING_BUCKET, "ContinuationToken": "none"}
    assert code_of(lambda: s3.list_objects_v2(**listed)) == "InvalidArgument"
