"""Objects of an upload area: their checksum is announced, keys that have ended are renewed, and refusals mean that none exists."""

import io
from hashlib import md5
from typing import Any

import httpx
import pytest
from botocore.awsrequest import AWSResponse
from omicsdk.core import NO_RETRY, APIError, ChecksumMismatch, Conflict, DecodeError, ManualClock, NotFound
from omicsdk.hca.upload.storage import (
    FRESH,
    RENEW_BEFORE,
    AreaKeys,
    AreaObject,
    AreaStorage,
    request_keys,
    signing_client,
)
from omicsdk.transfer.uploads.store import Cut, SentPart, Source
from omicsdk_api.upload import UploadApi
from upload_keys_service import HOUR, Service

SOURCE = Source("/f", "f", 3, checksums={"crc32c": "0000000a"})
PART = md5(b"abc").hexdigest()
ETAG = f"{md5(bytes.fromhex(PART)).hexdigest()}-1"
PARTS = [SentPart(1, 3, PART, {"crc32c": "0000000a"})]


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.read()


class Store:
    """A bucket: a status for each operation's HTTP method; it notes the requests."""

    def __init__(self, clock: ManualClock) -> None:
        self.statuses = dict[str, int]()
        self.code = "AccessDenied"
        self.requests = list[Any]()
        self.service = Service()
        self.keys = AreaKeys(self.service, clock)
        client = signing_client(self.keys, accelerate=False, connections=1)
        client.meta.events.register_last("before-send.s3.*", self._respond)
        self.area = AreaStorage(client, self.keys, "bkt", "area")

    def _respond(self, request: Any, **_: Any) -> AWSResponse:
        self.requests.append(request)
        status = self.statuses.pop(request.method, 200)
        body = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
        if "uploadId" in request.url:
            body = f"<CompleteMultipartUploadResult><ETag>{ETAG}</ETag></CompleteMultipartUploadResult>".encode()
        if status != 200:
            body = f"<Error><Code>{self.code}</Code></Error>".encode()
        headers = {"content-length": "3", "etag": '"abc"', "x-amz-meta-crc32c": "0000000A"}
        return AWSResponse(request.url, status, headers, _Raw(b"" if request.method == "HEAD" else body))

    def target(self) -> AreaObject:
        return self.area.target("f", "text/plain")


@pytest.fixture
def store(clock: ManualClock) -> Store:
    return Store(clock)


@pytest.mark.parametrize(("status", "exists"), [(200, True), (403, False), (404, False)])
def test_a_file_exists_unless_the_store_refuses(store: Store, status: int, exists: bool) -> None:
    store.statuses["HEAD"] = status
    assert (store.area.find("f") is not None) == exists
    assert store.requests[0].url.endswith("/area/f")


def test_a_store_that_fails_does_not_state_that_a_file_does_not_exist(store: Store) -> None:
    store.statuses["HEAD"] = 405
    with pytest.raises(APIError, match="s3://bkt/area/f: head_object"):
        store.area.find("f")


def test_an_upload_announces_its_checksum_and_is_compared_with_it(store: Store) -> None:
    target = store.target()
    assert target.needs == ("crc32c",)
    assert target.begin(SOURCE) == "u"
    headers = {name.lower(): value for name, value in store.requests[0].headers.items()}
    assert headers["x-amz-meta-crc32c"] in ("0000000a", b"0000000a")
    assert dict(target.complete("u", PARTS, {"crc32c": "0000000a"}))["etag"]
    count = len(store.requests)
    for other in (
        lambda: target.complete("u", PARTS, {"crc32c": "0000000b"}),
        lambda: target.put(SOURCE, {"crc32c": "0000000b"}),
    ):
        with pytest.raises(ChecksumMismatch, match="Two reads of the file differed"):
            other()
    assert len(store.requests) == count
    location = target.put(SOURCE, {"crc32c": "0000000a"})
    assert location is not None
    assert "/area/f" in location.url


def test_what_is_signed_again_is_signed_with_other_keys(store: Store, clock: ManualClock) -> None:
    target = store.target()
    counts = list[int]()
    for number in (1, 2, 2, 1):
        clock.advance(FRESH + 1)
        target.sign("u", Cut(number, 0, 3), {"crc32c": "0000000a"})
        counts.append(store.service.count)
    target.begin(SOURCE)
    clock.advance(FRESH + 1)
    target.sign("u", Cut(1, 0, 3), {"crc32c": "0000000a"})
    assert [*counts, store.service.count] == [1, 1, 2, 3, 3]


def test_a_call_is_made_again_when_the_keys_have_ended(store: Store, clock: ManualClock) -> None:
    target = store.target()
    store.keys.current()
    clock.advance(FRESH + 1)
    store.statuses["POST"], store.code = 400, "ExpiredToken"
    assert target.begin(SOURCE) == "u"
    assert (len(store.requests), store.service.count) == (2, 2)


def test_keys_are_renewed_when_less_than_five_minutes_are_left(store: Store, clock: ManualClock) -> None:
    store.keys.current()
    clock.advance(HOUR - RENEW_BEFORE)
    assert store.keys.current().access_key_id == "AKIA1"


@pytest.mark.parametrize(("status", "error", "words"), [(404, NotFound, "Check the area's URI"), (409, Conflict, "accepts no more files"), (200, DecodeError, "^get_credentials:")])  # fmt: skip
def test_an_area_without_keys_states_why(clock: ManualClock, status: int, error: type[Exception], words: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json={"title": "no"}))
    with (
        UploadApi("https://upload.example.org", credentials=None, transport=transport, retry=NO_RETRY) as api,
        pytest.raises(error, match=words),
    ):
        request_keys(api, "area", clock)
