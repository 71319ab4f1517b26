"""Uploads by omicsdk's own client of S3: which checksums are stated, what a store refuses of them, and what its answer proves."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import APIError, ChecksumMismatch, Forbidden, PreconditionFailed
from omicsdk.core.checksums import base64_of, crc32c, crc32c_text, digest
from omicsdk.core.manual_clock import ManualClock
from omicsdk.core.sigv4 import Keys
from omicsdk.transfer.s3.uploads import BucketObject
from omicsdk.transfer.uploads.store import Cut, NoSuchUpload, SentPart, Source
from s3_service import Answer, Request, Service, client_of, refusal

BODIES = (b"first part", b"second")
WHOLE = crc32c_text(crc32c(b"".join(BODIES)))
TYPE, NAME = "x-amz-checksum-type", "x-amz-checksum-algorithm"


def document(name: str, **values: str) -> bytes:
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in values.items())
    return f"<{name}>{inner}</{name}>".encode()


class Store(Service):
    """A store that refuses headers, and answers the end of an upload."""

    states = (NAME, TYPE)

    def __init__(self, *refused: str, status: int = 501, headers: dict[str, str] | None = None, **values: str) -> None:
        super().__init__(self.respond)
        self.refused, self.status, self.headers, self.values = refused, status, headers or {}, values

    def respond(self, request: Request) -> Answer:
        if any(name in request.headers for name in self.refused):
            return refusal("NotImplemented" if self.status == 501 else "InvalidArgument", self.status)
        if "uploads" in request.query:
            headers = {name: request.headers[name] for name in self.states if name in request.headers}
            return Answer(body=document("InitiateMultipartUploadResult", UploadId="u"), headers=headers)
        return Answer(body=document("CompleteMultipartUploadResult", **self.values), headers=self.headers)


def part(number: int, *names: str) -> SentPart:
    data = BODIES[number - 1]
    etag = digest(data, "md5")
    return SentPart(number, len(data), etag, {name: digest(data, name) for name in names})


def parts(*names: str) -> Sequence[SentPart]:
    return [part(number, *names) for number in (1, 2)]


def begun(service: Any, **how: Any) -> BucketObject:
    to = BucketObject(client_of(service), "bkt", "k", **how)
    to.begin(None)
    return to


def etag_of(*values: str) -> str:
    whole = digest(b"".join(bytes.fromhex(value) for value in values), "md5")
    return f'"{whole}-{len(values)}"'


RIGHT = etag_of(*(sent_part.etag for sent_part in parts()))


def test_the_whole_and_its_parts_state_checksums():
    service = Store(ETag=RIGHT, ChecksumCRC32C=base64_of(WHOLE))
    to = begun(service)
    assert (service.requests[0].headers[NAME], service.requests[0].headers[TYPE]) == ("CRC32C", "FULL_OBJECT")
    signed = to.sign("u", Cut(1, 0, 10), {"crc32c": "00000001"}).headers
    expected = {"x-amz-checksum-crc32c": "AAAAAQ==", "x-amz-sdk-checksum-algorithm": "CRC32C"}
    assert expected.items() <= signed.items()
    result = to.complete("u", parts("crc32c"), {})
    assert (result["crc32c"], result["etag"]) == (WHOLE, RIGHT.strip('"'))
    assert service.requests[-1].headers["x-amz-checksum-crc32c"] == base64_of(WHOLE)
    assert base64.b64decode(base64_of(WHOLE)).hex() == WHOLE


@pytest.mark.parametrize("status", [400, 501])
def test_what_a_store_refuses_is_left_out_from_then_on(status: int):
    service = Store(NAME, status=status, ETag=RIGHT)
    client = client_of(service)
    first = BucketObject(client, "bkt", "a")
    first.begin(None)
    assert [sorted({NAME, TYPE} & request.headers.keys()) for request in service.requests] == [[NAME, TYPE], [NAME], []]
    BucketObject(client, "bkt", "b").begin(None)
    assert len(service.requests) == 4
    assert first.complete("u", parts(), {})["etag"] == RIGHT.strip('"')


def test_a_part_that_was_in_flight_when_another_was_refused_is_sent_again():
    to = begun(Store())
    stating = to.sign("u", Cut(1, 0, 10), {"crc32c": "00000001"}).headers
    assert [to.relents(400, "InvalidArgument", stating) for _ in range(2)] == [True, True]
    assert not to.relents(400, "InvalidArgument", to.sign("u", Cut(1, 0, 10), {"crc32c": "00000001"}).headers)


def test_a_store_that_knows_no_types_has_a_checksum_of_each_part():
    service = Store(TYPE, ETag=RIGHT)
    to = begun(service)
    assert (to.part_checksum, NAME in service.requests[-1].headers, TYPE in service.requests[-1].headers) == (
        "crc32c",
        True,
        False,
    )
    assert "crc32c" not in to.complete("u", parts("crc32c"), {})


def test_a_store_that_ignores_the_type_is_stated_no_checksum_of_the_whole():
    """It would compare it with that of the parts' checksums, as MiniStack does."""
    service = Store(ETag=RIGHT)
    service.states = (NAME,)
    to = begun(service)
    assert "crc32c" not in to.complete("u", parts("crc32c"), {})
    assert not {TYPE, "x-amz-checksum-crc32c"} & service.requests[-1].headers.keys()


def test_each_object_leaves_out_what_another_met():
    """Many are on their way when the first one is refused."""
    client = client_of(Store())
    objects = [BucketObject(client, "bkt", str(number)) for number in range(3)]
    assert [object_.relents(501, "NotImplemented") for object_ in objects] == [True] * 3
    assert [object_.part_checksum for object_ in objects] == [None] * 3
    assert not objects[0].relents(501, "NotImplemented")
    objects[0].accepted({"x-amz-checksum-crc32c": "of a part that was on its way"})
    assert BucketObject(client, "bkt", "x").relents(400, "InvalidRequest")  # the refusals may be of another header
    objects[0].accepted({"x-amz-acl": "private"})
    assert not BucketObject(client, "bkt", "x").relents(400, "InvalidRequest")


def test_a_header_of_the_user_that_is_refused_costs_other_objects_no_checksum():
    service = Store("x-amz-acl", status=400)
    client = client_of(service)
    with pytest.raises(APIError):
        BucketObject(client, "bkt", "a", headers={"x-amz-acl": "nonsense"}).begin(None)
    BucketObject(client, "bkt", "b").begin(None)
    assert {NAME, TYPE} <= service.requests[-1].headers.keys()


@pytest.mark.parametrize("refused", [(403, "AccessDenied"), (400, "BadDigest"), (404, None)])
def test_other_refusals_are_of_something_else(refused: tuple[int, str | None]):
    to = BucketObject(client_of(Store()), "bkt", "k")
    assert not to.relents(*refused)
    assert to.part_checksum == "crc32c"
    with pytest.raises(APIError):
        begun(Service(lambda _: refusal("AccessDenied", 403)))


def test_keys_that_end_are_renewed_as_long_as_there_are_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def write(token: str) -> None:
        lines = ["[default]", "aws_access_key_id=a", "aws_secret_access_key=s", f"aws_session_token={token}"]
        (tmp_path / "keys").write_text("\n".join(lines))

    write("0")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # botocore's chain has nothing else to ask
    environ = {"AWS_CONFIG_FILE": "", "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "keys")}
    client = client_of(Store(), environ=environ)
    to, other = (BucketObject(client, "bkt", key) for key in "ab")
    for number in range(1, 6):  # each part with other keys
        for object_ in (to, other):
            object_.sign("u", Cut(number, 0, 1), {})
        write(str(number))
        assert (to.relents(400, "ExpiredToken"), other.relents(400, "ExpiredToken")) == (True, True)
        assert client.keys == Keys("a", "s", str(number))
        to.sign("u", Cut(number, 0, 1), {})
        assert not to.relents(400, "ExpiredToken")
    (tmp_path / "keys").write_text("")  # it is being written
    to.sign("u", Cut(6, 0, 1), {})
    assert not to.relents(400, "ExpiredToken")
    assert client.keys == Keys("a", "s", "5")
    for number in range(7, 9):  # a store that refuses all keys
        write(str(number))
        to.sign("u", Cut(6, 0, 1), {})
        to.relents(400, "ExpiredToken")
    write("9")
    assert not to.relents(400, "ExpiredToken")


@pytest.mark.parametrize("values", [{"ETag": '"' + "0" * 32 + '-2"'}, {"ETag": RIGHT, "ChecksumCRC32C": "AAAAAA=="}])
def test_a_whole_that_differs_is_damaged(values: dict[str, str]):
    with pytest.raises(ChecksumMismatch):
        begun(Store(**values)).complete("u", parts("crc32c"), {})


@pytest.mark.parametrize("kind", ["aws:kms", "aws:kms:dsse"])
def test_an_etag_of_a_bucket_that_encrypts_is_no_damage(kind: str):
    """The bucket encrypts by default: only the response says so."""
    headers = {"x-amz-server-side-encryption": kind}
    service = Store(headers=headers, ETag='"' + "0" * 32 + '-2"', ChecksumCRC32C=base64_of(WHOLE))
    assert begun(service).complete("u", parts("crc32c"), {})["crc32c"] == WHOLE


def test_a_store_that_ignores_checksums_confirms_none():
    result = begun(Store(ETag=RIGHT)).complete("u", parts("crc32c"), {})
    assert result["etag"] == RIGHT.strip('"')
    assert "crc32c" not in result


class Occupied(Service):
    """A store whose object appears after it was looked for, and which then refuses to replace it."""

    def __init__(self, code: str, status: int, *, listed: int = 200) -> None:
        super().__init__(self.respond)
        self.refusal, self.listed, self.has_object = refusal(code, status), listed, False

    def respond(self, request: Request) -> Answer:
        if request.method == "HEAD":
            return Answer(200, headers={"content-length": "5", "etag": '"e"'}) if self.has_object else Answer(404)
        if request.method == "GET":
            return (
                Answer(body=b"<ListPartsResult/>")
                if self.listed == 200
                else refusal("NoSuchUpload" if self.listed == 404 else "NotImplemented", self.listed)
            )
        if "uploads" in request.query:
            return Answer(body=document("InitiateMultipartUploadResult", UploadId="u"))
        if request.method == "DELETE":
            return Answer(204)
        assert request.headers["if-none-match"] == "*"
        return self.refusal


@pytest.mark.parametrize(
    ("refusal", "expected", "aborts"),
    [
        (Occupied("PreconditionFailed", 412), PreconditionFailed, False),
        (Occupied("PreconditionFailed", 412, listed=501), PreconditionFailed, False),
        # The upload is gone: an earlier request assembled it, whose response was lost.
        (Occupied("PreconditionFailed", 412, listed=404), NoSuchUpload, False),
        (Occupied("ConditionalRequestConflict", 409), NoSuchUpload, True),
    ],
)
def test_parts_are_not_assembled_over_another_object(refusal: Occupied, expected: type[Exception], aborts: bool):
    client = client_of(refusal, clock=ManualClock())
    to = BucketObject(client, "bkt", "k", overwrite=False)
    to.begin(None)  # type: ignore[arg-type] - the source is not read
    with pytest.raises(expected):
        to.complete("u", parts("crc32c"), {})
    assert (refusal.requests[-1].method == "DELETE") is aborts
    refusal.has_object = True
    with pytest.raises(PreconditionFailed):
        to.begin(None)  # type: ignore[arg-type] - as of another upload, which the engine begins where this one is gone


def test_keys_that_may_not_look_rely_on_the_condition():
    service = Service(lambda request: refusal("AccessDenied", 403) if request.method in ("HEAD", "GET") else Answer())
    client = client_of(service)
    file = Source("a", "a", 5)
    assert "if-none-match" in BucketObject(client, "bkt", "k", overwrite=False).put(file, {}).headers
    client.refused.add("if-none-match")
    with pytest.raises(Forbidden):
        BucketObject(client, "bkt", "k", overwrite=False).put(file, {})


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"etag": digest(b"hello", "md5")}, True),
        ({"etag": digest(b"other", "md5")}, False),
        ({"etag": digest(b"hello", "md5"), "content-length": "6"}, False),
        ({"etag": "opaque", "x-amz-server-side-encryption": "aws:kms"}, False),
        ({"etag": "opaque", "x-amz-checksum-crc32c": base64_of(digest(b"hello", "crc32c"))}, True),
    ],
)
def test_an_object_is_the_file_if_a_checksum_shows_it(headers: dict[str, str], is_ours: bool):
    service = Service(lambda _: Answer(headers={"content-length": "5", **headers}))
    to = BucketObject(client_of(service), "bkt", "k", overwrite=False)
    facts = to.stored_before(Source("a", "a", 5), {name: digest(b"hello", name) for name in ("md5", "crc32c")})
    assert (facts is not None) is is_ours
