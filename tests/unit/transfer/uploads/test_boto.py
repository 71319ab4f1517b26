"""An object of S3 through a client of boto3, whose responses are scripted."""

import hashlib
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from omicsdk.core import ChecksumMismatch, DecodeError, ServerError, TransportError
from omicsdk.core.checksums import base64_of, digest
from omicsdk.transfer import S3Object, SentPart, Source
from omicsdk.transfer.uploads.store import Unconfirmed

MIB = 1 << 20
ETAGS = [hashlib.md5(data).hexdigest() for data in (b"a", b"b")]
WHOLE = hashlib.md5(b"".join(map(bytes.fromhex, ETAGS))).hexdigest() + "-2"
CRCS = ["00000001", "00000002"]
PARTS = [
    SentPart(number, 5, etag, {"crc32c": crc}) for number, (etag, crc) in enumerate(zip(ETAGS, CRCS, strict=True), 1)
]
CRC = f"{base64_of(digest(b''.join(map(bytes.fromhex, CRCS)), 'crc32c'))}-2"
SOURCE = Source("/f", "f", 10 * MIB)
KMS = {"ServerSideEncryption": "aws:kms"}


def refusal(status: int) -> ClientError:
    return ClientError({"Error": {"Code": str(status)}, "ResponseMetadata": {"HTTPStatusCode": status}}, "HeadObject")


class Bucket:
    """A client of boto3 with scripted responses, by operation; it notes the arguments of each call."""

    def __init__(self, **responses: Any) -> None:
        secret = {"aws_access_key_id": "AKID", "aws_secret_access_key": "s", "region_name": "eu-west-1"}
        self.client: Any = boto3.client("s3", **secret)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        for operation in ("create_multipart_upload", "complete_multipart_upload", "abort_multipart_upload", "delete_object",
                          "head_object", "list_parts", "list_multipart_uploads", "put_object_tagging"):  # fmt: skip
            setattr(self.client, operation, self._scripted(operation, responses.get(operation, [{}])))

    def _scripted(self, operation: str, responses: list[Any]) -> Callable[..., Any]:
        left = list(responses)

        def call(**arguments: Any) -> Any:
            self.calls.append((operation, arguments))
            response = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(response, Exception):
                raise response
            return response

        return call

    def object(self, **options: Any) -> S3Object:
        return S3Object(self.client, "bucket", "key", **options)

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.calls]


def head(size: int, etag: str, **more: Any) -> dict[str, Any]:
    return {"ContentLength": size, "ETag": f'"{etag}"', **more}


def test_arguments_go_to_the_operations_that_have_them() -> None:
    bucket = Bucket(create_multipart_upload=[{"UploadId": "u"}])
    to = bucket.object(extra_args={"ContentType": "text/plain", "SSECustomerKey": "k", "RequestPayer": "requester"})
    assert repr(to) == "S3Object('s3://bucket/key')"
    assert to.begin(SOURCE) == "u"
    address = {"Bucket": "bucket", "Key": "key"}
    sent = {
        "ContentType": "text/plain",
        "SSECustomerKey": "k",
        "RequestPayer": "requester",
        "ChecksumAlgorithm": "CRC32C",
    }
    assert bucket.calls == [("create_multipart_upload", {**address, **sent})]
    to.abort("u")
    assert bucket.calls[-1] == ("abort_multipart_upload", {**address, "RequestPayer": "requester", "UploadId": "u"})
    with pytest.raises(ValueError, match="Nonsense is not an argument"):
        bucket.object(extra_args={"Nonsense": 1})


@pytest.mark.parametrize(
    ("before", "now", "etag", "removed", "text"),
    [
        (refusal(404), head(10 * MIB, "e"), "e", True, "did not exist before"),
        (refusal(404), head(7, "e"), "", True, "did not exist before"),
        (refusal(404), head(10 * MIB + 1, "e"), "e", False, "has 10485761 bytes now (ETag e): check it"),
        (refusal(404), head(7, "other"), "e", False, "check it"),
        (refusal(403), head(7, "e"), "e", False, "check it"),
        (head(7, "e"), head(7, "e"), "e", False, "has its former 7 bytes"),
        (head(7, "e"), head(8, "e"), "e", False, "check it"),
        (refusal(404), refusal(404), "e", False, "does not exist"),
    ],
)
def test_only_an_object_that_was_not_there_before_is_withdrawn(
    before: Any, now: Any, etag: str, removed: bool, text: str
) -> None:
    bucket = Bucket(head_object=[before, now])
    to = bucket.object(checksum=None)
    assert to.put(SOURCE, {}) is not None
    assert text in to.withdraw(SOURCE, etag)
    assert ("delete_object" in bucket.operations) == removed


@pytest.mark.parametrize(
    ("size", "is_new", "asked"), [(64 * 1024, False, 0), (64 * 1024 + 1, False, 1), (MIB, True, 0)]
)
def test_what_is_there_is_asked_for_before_larger_files(size: int, is_new: bool, asked: int) -> None:
    bucket = Bucket(head_object=[refusal(404)])
    bucket.object(is_new=is_new, checksum=None).put(Source("/f", "f", size), {})
    assert bucket.operations.count("head_object") == asked


@pytest.mark.parametrize(
    ("extra", "etag", "checksums"),
    [
        ({}, ETAGS[0], {"md5": ETAGS[0], "crc32c": CRCS[0]}),
        ({}, "opaque", {"crc32c": CRCS[0]}),
        (KMS, ETAGS[0], {"crc32c": CRCS[0]}),
        ({"SSECustomerKey": "k"}, ETAGS[0], {"crc32c": CRCS[0]}),
        ({"ServerSideEncryption": "AES256"}, ETAGS[0], {"md5": ETAGS[0], "crc32c": CRCS[0]}),
    ],
)
def test_parts_are_listed_page_by_page_with_what_proves_their_bytes(
    extra: dict[str, str], etag: str, checksums: dict[str, str]
) -> None:
    parts = [
        {"PartNumber": number, "Size": 5, "ETag": f'"{etag}"', "ChecksumCRC32C": base64_of(CRCS[0])}
        for number in (1, 2)
    ]
    pages = [{"Parts": parts[:1], "IsTruncated": True, "NextPartNumberMarker": 1}, {"Parts": parts[1:]}]
    bucket = Bucket(list_parts=pages)
    assert bucket.object(extra_args=extra).known("u") == {n: SentPart(n, 5, etag, checksums) for n in (1, 2)}
    assert [arguments["PartNumberMarker"] for _, arguments in bucket.calls] == [0, 1]


def test_a_list_of_parts_that_repeats_is_an_error() -> None:
    page = {"Parts": [], "IsTruncated": True, "NextPartNumberMarker": 1}
    with pytest.raises(DecodeError, match="a number above 1"):
        Bucket(list_parts=[page]).object().known("u")


@pytest.mark.parametrize(("go_on", "upload"), [(True, "u2"), (False, "")])
def test_the_newest_upload_of_the_same_key_and_algorithm_is_resumed(go_on: bool, upload: str) -> None:
    def listed(id: str, initiated: int, key: str = "key", **more: Any) -> dict[str, Any]:
        return {"UploadId": id, "Initiated": initiated, "Key": key, **more}

    uploads = [
        *(listed("u1", 1), listed("u2", 3, ChecksumAlgorithm="CRC32C"), listed("u3", 2)),
        *(listed("u4", 9, "key-longer"), listed("u5", 9, ChecksumAlgorithm="SHA256"), {"Key": "key", "UploadId": "u6"}),
    ]
    bucket = Bucket(list_multipart_uploads=[{"Uploads": uploads}])
    assert bucket.object(go_on=go_on).unfinished(SOURCE) == upload
    assert not go_on or bucket.calls[0][1] == {"Bucket": "bucket", "Prefix": "key"}
    assert Bucket().object(go_on=True).unfinished(SOURCE) == ""


@pytest.mark.parametrize(
    ("response", "parts", "tags", "expected"),
    [
        (head(10, WHOLE), PARTS, False, {"etag": WHOLE}),
        (head(10, "other-2"), PARTS, False, None),
        (head(10, WHOLE), [SentPart(1, 5, "opaque")], False, None),
        (head(10, WHOLE), PARTS, True, None),  # it may not be tagged
        (refusal(403), PARTS, False, None),
        (EndpointConnectionError(endpoint_url="x"), PARTS, False, TransportError),
    ],
)
def test_an_object_that_has_all_parts_already_is_finished(
    response: Any, parts: list[SentPart], tags: bool, expected: Any
) -> None:
    to = Bucket(head_object=[response]).object(tags=(lambda _: {"a": "b"}) if tags else None)
    if expected is None or isinstance(expected, dict):
        assert to.finished(parts) == expected
    else:
        with pytest.raises(expected):
            to.finished(parts)


@pytest.mark.parametrize(
    ("response", "extra", "is_right"),
    [
        ({"ETag": f'"{WHOLE}"', "ChecksumCRC32C": CRC}, {}, True),
        ({"ETag": '"0-2"'}, {}, True),  # no digest
        ({"ETag": f'"{"0" * 32}-2"'}, {}, False),
        ({"ETag": f'"{"0" * 32}-2"'}, KMS, True),
        ({"ETag": f'"{"0" * 32}-2"', **KMS}, {}, True),  # by a rule of the bucket
        ({"ETag": f'"{WHOLE}"', "ChecksumCRC32C": "AAAAAA==-2"}, {}, False),
        ({"ETag": f'"{WHOLE}"', "ChecksumCRC32C": "AAAAAA=="}, {}, True),  # not one of parts
    ],
)
def test_an_assembled_object_is_compared_with_its_parts_and_tagged(
    response: dict[str, str], extra: dict[str, str], is_right: bool
) -> None:
    bucket = Bucket(complete_multipart_upload=[response], head_object=[head(10, WHOLE)])
    to = bucket.object(extra_args=extra, tags=lambda checksums: {"sum": checksums["md5"]})
    if not is_right:
        with pytest.raises(ChecksumMismatch):
            to.complete("u", PARTS, {"md5": "m"})
        return
    assert to.complete("u", PARTS, {"md5": "m"})["etag"] == response["ETag"].strip('"')
    assert bucket.operations == ["complete_multipart_upload", "put_object_tagging"]
    numbered = [
        {"PartNumber": part.number, "ETag": f'"{part.etag}"', "ChecksumCRC32C": base64_of(part.checksums["crc32c"])}
        for part in PARTS
    ]
    assert bucket.calls[0][1]["MultipartUpload"] == {"Parts": numbered}
    assert bucket.calls[1][1]["Tagging"] == {"TagSet": [{"Key": "sum", "Value": "m"}]}
    if not extra and WHOLE in response["ETag"]:
        assert to.finished(PARTS) == {"etag": WHOLE}
        assert bucket.operations[-2:] == ["head_object", "put_object_tagging"]


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (head(10, "e"), {"size": "10", "etag": "e"}),
        (refusal(403), None),
        (refusal(404), Unconfirmed),
        (refusal(503), ServerError),
    ],
)
def test_an_object_is_examined_where_the_keys_may(response: Any, expected: Any) -> None:
    to = Bucket(head_object=[response]).object()
    if expected is None or isinstance(expected, dict):
        assert to.examine() == expected
    else:
        with pytest.raises(expected):
            to.examine()


@pytest.mark.parametrize(
    ("options", "config", "route"),
    [
        ({}, {}, None),
        ({}, {"proxies": {"https": "http://p:1"}}, ("http://p:1", None, None)),
        ({}, {"client_cert": "/c.pem"}, (None, "/c.pem", None)),
        ({}, {"client_cert": ("/c.pem", "/k.pem")}, (None, "/c.pem", "/k.pem")),
    ],
)
def test_an_upload_goes_the_way_of_its_client(
    options: dict[str, Any],
    config: dict[str, Any],
    route: tuple[str | None, ...] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    secret = {"aws_access_key_id": "a", "aws_secret_access_key": "s", "region_name": "eu-west-1"}
    to = S3Object(boto3.client("s3", config=Config(**config), **secret, **options), "bucket", "key")
    way = to.route("https://bucket.s3.test/key")
    assert (None if way is None else (way.proxy, way.client_cert, way.client_key)) == route
    assert to.route("https://other.s3.test/key") == way
    assert to.route("https://bucket.s3.test/other") is way


@pytest.mark.parametrize(("checksum", "stated"), [("crc32c", "CRC32C"), ("sha1", "SHA1"), ("md5", None), (None, None)])
def test_an_upload_states_the_algorithm_that_its_parts_have(checksum: Any, stated: str | None) -> None:
    bucket = Bucket(create_multipart_upload=[{"UploadId": "u"}])
    bucket.object(checksum=checksum, extra_args={"ChecksumAlgorithm": "SHA256"}).begin(SOURCE)
    ((_, arguments),) = bucket.calls
    assert arguments == {"Bucket": "bucket", "Key": "key", **({"ChecksumAlgorithm": stated} if stated else {})}
