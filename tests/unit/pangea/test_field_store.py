"""The store of a field's file: the URLs of its parts are private and kept, and what the object store made is compared with them."""

import hashlib
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core import ANONYMOUS, NO_RETRY, APIError, ChecksumMismatch, TransferError
from omicsdk.core.checksums import MIB
from omicsdk.pangea import FieldId, Pangea
from omicsdk.pangea.field_store import FieldStore, NotPutTogether, PartUrls, Refused, part_rules
from omicsdk.pangea.fields import CHUNK
from omicsdk.transfer import Form, Location, NoSuchUpload, SentPart, Source
from omicsdk.transfer.uploads.store import LARGEST_PART, Cut

URLS = ["https://s3.test/k?1", "https://s3.test/k?2"]
BEGUN, DONE, FAILED = {"urls": URLS, "upload_id": "u"}, {"status": "success", "upload_id": "u"}, None
ETAGS = [hashlib.md5(data).hexdigest() for data in (b"a", b"b")]
WHOLE = hashlib.md5(b"".join(map(bytes.fromhex, ETAGS))).hexdigest() + "-2"
PARTS = [SentPart(number, 5, etag, {"md5": etag}) for number, etag in enumerate(ETAGS, 1)]
KMS = [SentPart(1, 5, ETAGS[0], {"md5": ETAGS[0]}), SentPart(2, 5, ETAGS[1], {"md5": "0" * 32})]
LARGEST_FILE = 5 * 2**40
SOURCE = Source("/data/a.gz", "a.gz", 10, part_size=5)


class Server:
    """A Pangea with one field, whose object it has or not."""

    def __init__(self) -> None:
        self.client = Pangea(
            "http://pangea.test", credentials=ANONYMOUS, retry=NO_RETRY, transport=httpx.MockTransport(self)
        )
        self.responses: list[tuple[int, Any]] = []
        self.sent: list[Any] = []
        self.object: tuple[int, str] | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "s3.test":
            if self.object is None:
                return httpx.Response(404)
            size, etag = self.object
            return httpx.Response(
                206, headers={"content-range": f"bytes 0-0/{size}", "etag": f'"{etag}"'}, content=b"x"
            )
        if request.method == "GET":
            data = {"__type__": "s3", "uri": "s3://b/k", "endpoint_url": "https://s3.test"}
            times = dict.fromkeys(("created_at", "updated_at"), "2026-01-01T00:00:00Z")
            return httpx.Response(
                200, json={"uuid": "f", "name": "n", "analysis_result": "r", "stored_data": data, **times}
            )
        self.sent.append(json.loads(request.content))
        status, response = self.responses.pop(0)
        return httpx.Response(status, json=response)

    def store(self, *responses: Any, urls: PartUrls | None = None, **options: Any) -> FieldStore:
        self.responses = [response if isinstance(response, tuple) else (200, response) for response in responses]
        return FieldStore(self.client, FieldId("f"), "a.gz", urls or PartUrls(None), **options)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with made.client:
        yield made


# -- the URLs of parts


def test_urls_of_parts_are_kept_in_a_private_file_for_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "urls"
    first = PartUrls(path)
    first.keep("u", URLS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for urls in (first, PartUrls(path)):
        assert list(urls.find("u")) == URLS
        assert not urls.find("other")
    first.forget()
    assert not path.exists()
    assert not first.find("u")
    assert not PartUrls(path).find("u")


def test_urls_that_another_run_replaced_are_read_again(tmp_path: Path) -> None:
    urls = PartUrls(tmp_path / "urls")
    urls.keep("u", URLS)
    PartUrls(tmp_path / "urls").keep("v", URLS[:1])
    assert list(urls.find("v")) == URLS[:1]


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{", '{"upload": "u"}', '{"upload": "u", "urls": ["a", 1]}', '{"urls": "ab", "upload": "u"}'],
)
def test_a_damaged_file_of_urls_has_none(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "urls"
    path.write_text(text)
    path.chmod(0o600)
    assert not PartUrls(path).find("u")
    assert ("the URLs of its parts cannot be read" in caplog.text) == (text == "{")


def test_urls_that_cannot_be_saved_are_kept_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "urls").mkdir()
    urls = PartUrls(tmp_path / "urls")
    urls.keep("u", URLS)
    assert list(urls.find("u")) == URLS
    assert "will restart from the beginning" in caplog.text
    urls.forget()
    assert not urls.find("u")


# -- what is sent


@pytest.mark.parametrize(
    ("options", "part_size", "single", "adapts"),
    [
        ({}, CHUNK, CHUNK - 1, True),
        ({"part_size": 1, "single": -1}, 5 * MIB, 0, False),
        ({"part_size": 5 * MIB + 1, "single": 7}, 5 * MIB + 1, 7, False),
        ({"part_size": 2 * LARGEST_PART, "single": 2 * LARGEST_PART}, LARGEST_PART, LARGEST_PART, False),
    ],
)
def test_parts_and_single_requests_are_within_the_limits_of_s3(
    server: Server, options: dict[str, Any], part_size: int, single: int, adapts: bool
) -> None:
    rules = server.store(**options).rules
    assert rules == part_rules(**options)
    assert (rules.part_size, rules.single, rules.adapts) == (part_size, single, adapts)


def test_a_small_file_is_sent_with_the_form_that_the_server_signed(server: Server) -> None:
    messages: list[str] = []
    form = server.store({"url": "https://s3.test/b", "fields": {"key": "k", "n": 1}}, logger=messages.append).put(
        SOURCE, {}
    )
    assert isinstance(form, Form)
    assert (form.url, dict(form.fields), form.file_name) == ("https://s3.test/b", {"key": "k", "n": "1"}, "a.gz")
    assert server.sent == [{"filename": "a.gz"}]
    assert messages == ['[INFO] Starting upload for "/data/a.gz"']
    assert server.store(single=-1).put(SOURCE, {}) is None
    assert server.store({"url": "https://s3.test/b", "fields": {}}, single=0).put(SOURCE, {}) is not None


@pytest.mark.parametrize(
    ("response", "lacking"),
    [
        ({"url": "x"}, "fields"),
        ({"url": "x", "fields": []}, "fields"),
        *(({"url": url, "fields": {}}, "url") for url in ("", 3, None)),
    ],
)
def test_a_response_without_a_form_sends_no_file(server: Server, response: Any, lacking: str) -> None:
    with pytest.raises(TransferError, match=f"a.gz: the server's response has no {lacking}"):
        server.store(response).put(SOURCE, {})


@pytest.mark.parametrize(
    ("size", "part_size", "parts"),
    [(0, 5, 1), (5, 5, 1), (6, 5, 2), (LARGEST_FILE, LARGEST_FILE, 1), (LARGEST_FILE + 1, 5, 0)],
)
def test_an_upload_begins_with_as_many_urls_as_parts(server: Server, size: int, part_size: int, parts: int) -> None:
    store, source = server.store({"urls": ["u"] * parts, "upload_id": "u"}), Source("a", "a", size, part_size=part_size)
    if not parts:
        with pytest.raises(TransferError, match="S3 allows"):
            store.begin(source)
        return
    assert store.begin(source) == "u"
    assert server.sent == [{"filename": "a.gz", "n_parts": parts, "stance": "upload-multipart"}]


@pytest.mark.parametrize(
    ("response", "lacking"),
    [
        ({"urls": URLS[:1], "upload_id": "u"}, "2 URLs"),
        ({"urls": [*URLS, "x"], "upload_id": "u"}, "2 URLs"),
        ({"urls": ["x", 1], "upload_id": "u"}, "2 URLs"),
        ({"urls": "ab", "upload_id": "u"}, "2 URLs"),
        ({"urls": URLS}, "upload_id"),
        ({"urls": URLS, "upload_id": ""}, "upload_id"),
        ({"urls": URLS, "upload_id": 3}, "upload_id"),
    ],
)
def test_a_response_without_all_urls_begins_no_upload(server: Server, response: Any, lacking: str) -> None:
    with pytest.raises(TransferError, match=f"a.gz: the server's response has no {lacking}"):
        server.store(response).begin(SOURCE)


def test_a_part_has_its_own_url_and_a_repeated_one_is_reported(server: Server) -> None:
    messages: list[str] = []
    store = server.store(BEGUN, logger=messages.append)
    store.begin(SOURCE)
    locations = [store.sign("u", Cut(number, 0, 5), {}) for number in (1, 2, 2, 2)]
    assert locations == [Location(URLS[number]) for number in (0, 1, 1, 1)]
    store.sent("u", PARTS[1], 200, {})
    assert messages == [
        '[INFO] Starting upload for "/data/a.gz"',
        "[WARN] Upload for part 2 failed. Attempt 1",
        "[WARN] Upload for part 2 failed. Attempt 2",
        '[INFO] Uploaded part 2 of 2 for "/data/a.gz"',
    ]
    for upload_id, number in (("u", 3), ("other", 1)):
        with pytest.raises(NoSuchUpload, match="the URLs of its parts are lost"):
            store.sign(upload_id, Cut(number, 0, 5), {})


def test_a_resumed_upload_counts_the_parts_of_the_earlier_run(server: Server) -> None:
    messages, urls = list[str](), PartUrls(None)
    urls.keep("u", URLS)
    store = server.store(urls=urls, logger=messages.append)
    assert not store.resumed
    assert store.known("u") is None
    store.sent("u", PARTS[0], 200, {})
    assert store.resumed
    assert messages == ['[INFO] Uploaded part 1 of 2 for "a.gz"']
    store.abort("u")
    assert not urls.find("u")


@pytest.mark.parametrize(
    ("status", "begins", "error"), [(500, 3, Refused), (500, 2, APIError), (502, 4, APIError), (400, 4, APIError)]
)
def test_the_third_error_500_is_a_refusal(server: Server, status: int, begins: int, error: type[Exception]) -> None:
    store = server.store(*[(status, {})] * begins)
    for _ in range(begins - 1):
        with pytest.raises(APIError):
            store.begin(SOURCE)
    with pytest.raises(error) as caught:
        store.begin(SOURCE)
    assert ("has no bucket" in str(caught.value)) == (error is Refused)


# -- the object


@pytest.mark.parametrize(
    ("response", "stored", "parts", "stated"),
    [
        (DONE, (10, WHOLE), PARTS, {"etag": WHOLE}),
        (FAILED, (10, WHOLE), PARTS, {"etag": WHOLE}),  # the response to an earlier request was lost
        (DONE, None, PARTS, {}),
        (FAILED, None, PARTS, NotPutTogether),
        (DONE, (9, WHOLE), PARTS, ChecksumMismatch),
        (DONE, (10, "x-2"), PARTS, ChecksumMismatch),
        (DONE, (9, "x-2"), KMS, ChecksumMismatch),
        (DONE, (10, "x-2"), KMS, {}),  # no ETag is an MD5
        (FAILED, (10, "x-2"), KMS, NotPutTogether),
    ],
)
def test_the_object_must_consist_of_the_parts(
    server: Server, response: Any, stored: tuple[int, str] | None, parts: list[SentPart], stated: Any
) -> None:
    urls, messages = PartUrls(None), list[str]()
    urls.keep("u", URLS)
    store, server.object = server.store(response, urls=urls, logger=messages.append), stored
    if isinstance(stated, dict):
        assert store.complete("u", parts, {}) == stated
        assert messages == ['[INFO] Finished Upload for "a.gz"']
    else:
        with pytest.raises(stated):
            store.complete("u", parts, {})
        assert messages == []
    assert bool(urls.find("u")) == (stated is NotPutTogether)
    numbered = [{"ETag": f'"{part.etag}"', "PartNumber": part.number} for part in parts]
    assert server.sent == [{"upload_id": "u", "parts": numbered}]


def test_a_part_without_an_etag_is_not_assembled(server: Server) -> None:
    with pytest.raises(NotPutTogether, match="no ETag for part 2"):
        server.store().complete("u", [PARTS[0], SentPart(2, 5)], {})
    assert server.sent == []


@pytest.mark.parametrize("etag", ["x", "A" * 32, "0" * 31])
def test_etags_that_are_no_md5_are_part_of_the_objects_as_text(server: Server, etag: str) -> None:
    parts = [SentPart(1, 5, etag)]
    server.object = 5, hashlib.md5(etag.encode()).hexdigest() + "-1"
    assert server.store().finished(parts) == {"etag": server.object[1]}
    assert server.store().finished(PARTS) is None


def test_the_state_of_the_object_is_reported(server: Server) -> None:
    store = server.store()
    asked: list[Callable[[], object]] = [
        store.examine,
        lambda: store.finished(PARTS),
        lambda: store.withdraw(SOURCE, ""),
    ]
    target = "http://pangea.test/api/sample_ar_fields/f"
    assert [ask() for ask in asked] == [None, None, f"{target} has no object."]
    server.object = 10, WHOLE
    stated = [{"size": "10", "etag": WHOLE}, {"etag": WHOLE}, f"{target} has 10 bytes now (ETag {WHOLE})."]
    assert [ask() for ask in asked] == stated
