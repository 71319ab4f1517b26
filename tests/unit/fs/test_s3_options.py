"""Options of buckets: encryption, versions, the payer and the class of storage, in every request that needs them."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import BadRequest, ConfigError, UsageError
from omicsdk.core.redaction import MASK, mask_headers
from omicsdk.fs import Entry, PathNotFound, Unsupported, parse_uri
from omicsdk.fs.copying.removal import plan_removal, remove
from omicsdk.fs.stores.s3 import S3Store, Stored, versioned
from omicsdk.fs.uris import Stores
from omicsdk.transfer.network.requests import headers_for
from omicsdk.transfer.s3 import client as s3_client
from omicsdk.transfer.s3.settings import CUSTOMERS, KEY_VARIABLE, Encryption, read_key
from omicsdk.transfer.s3.uploads import BucketObject
from s3_service import Answer, Bucket, Request, Service, client_of, refusal

KEY = bytes(range(32))
CUSTOMER = "x-amz-server-side-encryption-customer-"
SOURCE = "x-amz-copy-source-server-side-encryption-customer-"
OBJECT_HEADERS = {"content-length": "1", "etag": '"e"'}


def store_with(service: Any, *, requester_pays: bool = False, **options: Any) -> S3Store:
    return S3Store(client=client_of(service, requester_pays=requester_pays), **options)


class Keyed(Service):
    """A bucket whose object `own` is encrypted with a customer's key, and `plain` is not: as S3 refuses others."""

    def __init__(self) -> None:
        super().__init__(self.respond)

    def respond(self, request: Request) -> Answer:
        has_key = f"{CUSTOMER}key" in request.headers
        if request.method in ("GET", "HEAD") and request.path != "/":
            if has_key is not (request.path == "/own"):
                return Answer(400) if request.method == "HEAD" else refusal("InvalidRequest")
            return Answer(headers={**OBJECT_HEADERS, **({CUSTOMERS: "AES256"} if has_key else {})})
        return Answer(body=b"<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")


# -- versions


@given(st.text("ab/?=.&é%", max_size=9), st.text("Az0._~-", max_size=9))
def test_a_version_is_what_follows_a_key(key: str, version: str):
    if key:
        assert versioned(f"{key}?versionId={version}") == (key, version)
    assert versioned(f"?versionId={version}") is None
    assert versioned(key) is None
    assert versioned(f"k?versionId={version}/x") is None
    assert versioned(f"k?versionId={version}?versionId=") == (f"k?versionId={version}", "")


class Versions(Bucket):
    """A bucket whose keys have the version `v`, and that says like S3 what no version is."""

    def respond(self, request: Request) -> Answer:
        match request.query.get("versionId"):
            case "v" if request.path[1:] in self.keys:
                return Answer(headers={**OBJECT_HEADERS, "x-amz-version-id": "v"})
            case "wrong":
                return refusal("InvalidArgument") if request.method == "GET" else Answer(400)
            case "gone":
                return Answer(405, headers={"x-amz-delete-marker": "true"})
            case None:
                return super().respond(request)
            case _:
                return Answer(404)


def test_a_version_is_examined_read_signed_copied_and_removed():
    service = Versions("k")
    store = store_with(service)
    entry = store.stat("bkt/k?versionId=v")
    assert (entry.path, entry.name, entry.details["version_id"]) == ("bkt/k", "k", "v")
    assert store.location(entry).url.endswith("/k?versionId=v")
    assert "/k?versionId=v&X-Amz-Algorithm" in store.presign(entry)
    assert store.metadata(entry)["version_id"] == "v"
    service.answer = lambda _: Answer(body=b"<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")
    store.copy(entry, "bkt/k")  # makes it the newest again
    assert service.requests[-1].headers["x-amz-copy-source"] == "bkt/k?versionId=v"
    assert store.remove_files([entry]) == [None]
    assert (service.requests[-1].method, service.requests[-1].query) == ("DELETE", {"versionId": "v"})


def test_what_is_no_version_may_be_a_key():
    store = store_with(Versions("k", "a?versionId=x", "a?versionId=wrong"))
    for key in ("a?versionId=x", "a?versionId=wrong"):
        assert store.stat(f"bkt/{key}").path == f"bkt/{key}"
    assert store.stat("bkt/k?versionId=").path == "bkt/k"
    assert store.stat("bkt/a?versionId=x?versionId=").path == "bkt/a?versionId=x"
    (listed,) = (entry for entry in store.entries("bkt") if entry.name == "a?versionId=x")
    assert store.location(listed).url.endswith("/a%3FversionId%3Dx")


@pytest.mark.parametrize(
    ("version", "kind", "message"),
    [
        ("none", PathNotFound, "s3://bkt/k.versionId=none not found"),
        ("wrong", BadRequest, "no"),
        ("gone", PathNotFound, "marks a deletion"),
    ],
)
def test_a_version_that_is_not_there_is_not_the_newest(version: str, kind: type[Exception], message: str):
    with pytest.raises(kind, match=message):
        store_with(Versions("k")).stat(f"bkt/k?versionId={version}")


def test_the_mark_of_a_deletion_is_removed_by_its_version():
    """The object is back then; to read the mark stays an error."""
    service = Versions("k")
    stores = Stores({"s3": {"client": client_of(service)}})
    for missing in ("none", "gone/x"):
        with pytest.raises(PathNotFound):
            plan_removal(stores, [parse_uri(f"s3://bkt/k?versionId={missing}")])
    removal = plan_removal(stores, [parse_uri("s3://bkt/k?versionId=gone")])
    assert [file.entry.path for file in removal.files] == ["bkt/k"]
    service.answer = lambda _: Answer(204)
    assert [outcome.state for outcome in remove(stores, removal).outcomes] == ["done"]
    assert (service.requests[-1].method, service.requests[-1].query) == ("DELETE", {"versionId": "gone"})


def test_a_store_without_versions_is_not_believed():
    """s3rver responds with the newest."""
    with pytest.raises(PathNotFound):
        store_with(Service(lambda r: Answer(headers=OBJECT_HEADERS) if r.path == "/k" else Answer(404))).stat(
            "bkt/k?versionId=v"
        )


# -- encryption


def botos(operation: str, **arguments: Any) -> Mapping[str, str]:
    """The headers of S3 that botocore sends."""
    client = Session().create_client(
        "s3",
        "us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(request_checksum_calculation="when_required", retries={"total_max_attempts": 1}),
    )
    seen = dict[str, str]()

    def stop(request: Any, **_: Any) -> None:
        seen.update({name.lower(): value for name, value in request.headers.items()})
        raise InterruptedError

    client.meta.events.register("before-send", stop)
    with pytest.raises(InterruptedError):
        getattr(client, operation)(Bucket="bkt", Key="k", **arguments)
    texts = {name: value.decode() if isinstance(value, bytes) else value for name, value in seen.items()}
    return {
        name: value
        for name, value in texts.items()
        if name.startswith("x-amz-") and name not in ("x-amz-content-sha256", "x-amz-date", "x-amz-checksum-mode")
    }


CUSTOMERS_OWN = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}


@pytest.mark.parametrize(
    ("encryption", "operation", "arguments"),
    [
        (Encryption("AES256"), "put_object", {"ServerSideEncryption": "AES256"}),
        (
            Encryption("aws:kms", "alias/k"),
            "create_multipart_upload",
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/k"},
        ),
        (Encryption(key=KEY), "put_object", CUSTOMERS_OWN),
        (Encryption(), "put_object", {}),
    ],
)
def test_headers_of_writing_are_botocores(encryption: Encryption, operation: str, arguments: dict[str, Any]):
    assert encryption.written == botos(operation, **arguments)


def test_headers_of_reading_and_copying_are_botocores():
    encryption = Encryption(key=KEY)
    assert encryption.key_headers == botos("get_object", **CUSTOMERS_OWN) == botos("head_object", **CUSTOMERS_OWN)
    source = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": KEY}
    place = {"x-amz-copy-source": "o/k"}
    copied = botos("copy_object", CopySource={"Bucket": "o", "Key": "k"}, **source, **CUSTOMERS_OWN)
    assert {**encryption.of_source, **encryption.written, **place} == copied
    assert Encryption("AES256").key_headers == {}


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"sse": "rot13"}, UsageError),
        ({"sse": "AES256", "sse_c_key": KEY}, UsageError),
        ({"sse_kms_key_id": "k"}, UsageError),
        ({"sse": "AES256", "sse_kms_key_id": "k"}, UsageError),
        ({"sse_c_key": b"short"}, ConfigError),
        ({"sse_c_key_file": "/none"}, ConfigError),
    ],
)
def test_wishes_that_exclude_each_other_are_refused(options: dict[str, Any], kind: type[Exception]):
    with pytest.raises(kind):
        S3Store(**options)


def test_a_key_is_read_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = base64.b64encode(KEY)
    for data in (KEY, text, text + b"\n"):
        assert read_key(data, "here") == KEY
        (tmp_path / "key").write_bytes(data)
        assert S3Store(sse_c_key_file=str(tmp_path / "key"))._encryption.key == KEY
    for data in (b"", b"0" * 31, b"?" * 44, base64.b64encode(b"0" * 31)):
        with pytest.raises(ConfigError, match="here has no key"):
            read_key(data, "here")
    monkeypatch.setenv(KEY_VARIABLE, text.decode())
    assert S3Store()._encryption.key == KEY


def test_a_key_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch):
    encryption = Encryption(key=KEY)
    text = base64.b64encode(KEY).decode()
    assert "key=" not in repr(encryption)
    assert dict(mask_headers({**encryption.key_headers, **encryption.of_source}))[f"{CUSTOMER}key"] == MASK
    assert text not in str(mask_headers({**encryption.key_headers, **encryption.of_source}))
    monkeypatch.setenv(KEY_VARIABLE, "canary")
    with pytest.raises(ConfigError) as refused:
        S3Store()
    assert "canary" not in str(refused.value)


def test_a_key_is_not_sent_in_the_clear():
    for url, is_sent in (("http://store.example", False), ("https://store.example", True), ("http://127.0.0.1", True)):
        service = Keyed()
        client = client_of(service, endpoint_url=url, anonymous=True)
        service.answer = lambda _: Answer(headers={**OBJECT_HEADERS, CUSTOMERS: "AES256"})
        store = S3Store(sse_c_key=KEY)
        store._connect = lambda client=client: client
        if is_sent:
            store.stat("bkt/own")
        else:
            with pytest.raises(ConfigError, match="not sent over http"):
                store.stat("bkt/own")
        assert bool(service.requests) is is_sent


@pytest.mark.parametrize("key", ["own", "plain"])
def test_an_object_is_read_with_the_key_that_it_needs(key: str):
    service = Keyed()
    store = store_with(service, sse_c_key=KEY)
    listed = Entry(f"bkt/{key}", "file", 1, version="e")
    for entry in (store.stat(f"bkt/{key}"), listed):
        assert (f"{CUSTOMER}key" in dict(headers_for(store.location(entry)))) is (key == "own")
        store.copy(entry, "bkt/copy")
        copied = service.requests[-1].headers
        assert (f"{SOURCE}key" in copied, f"{CUSTOMER}key" in copied) == (key == "own", True)
    item = store.item(listed, "name")
    assert callable(item.locate)
    assert (f"{CUSTOMER}key" in dict(headers_for(item.locate()))) is (key == "own")
    if key == "own":
        with pytest.raises(Unsupported, match="key of yours"):
            store.presign(listed)
    else:
        assert "X-Amz-Signature" in store.presign(listed)


def test_parts_state_the_key_and_the_whole_its_encryption():
    begun = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
    done = b"<CompleteMultipartUploadResult><ETag>w</ETag></CompleteMultipartUploadResult>"
    service = Service(lambda request: Answer(body=begun if "uploads" in request.query else done))
    for encryption in (Encryption("aws:kms", "k"), Encryption(key=KEY)):
        to = BucketObject(client_of(service), "bkt", "k", headers={"x-amz-storage-class": "X"}, encryption=encryption)
        to.begin(None)
        first = service.requests[-1].headers
        assert {**encryption.written, "x-amz-storage-class": "X"}.items() <= first.items()
        part = to.sign("u", _cut(), {}).headers
        to.complete("u", [], {})
        for headers in (part, service.requests[-1].headers):
            assert encryption.key_headers.items() <= headers.items()
            assert "x-amz-server-side-encryption" not in headers
            assert "x-amz-storage-class" not in headers


def _cut() -> Any:
    from omicsdk.transfer.uploads.store import Cut

    return Cut(1, 0, 1)


def test_a_copy_in_parts_is_encrypted_as_one_in_a_piece(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(s3_client, "COPY_IN_PARTS", 1)

    def answer(request: Request) -> Answer:
        if request.method == "HEAD":
            return Answer(headers=OBJECT_HEADERS)
        if request.method == "PUT":
            return Answer(body=b"<CopyPartResult><ETag>p</ETag></CopyPartResult>")
        name = "InitiateMultipartUpload" if "uploads" in request.query else "CompleteMultipartUpload"
        return Answer(body=f"<{name}Result><UploadId>u</UploadId><ETag>w</ETag></{name}Result>".encode())

    service = Service(answer)
    store = store_with(service, sse_c_key=KEY, storage_class="X")
    store.copy(Entry("bkt/own", "file", 1, handle=Stored("v", True)), "bkt/copy")
    head, begin, part, end = service.requests
    assert head.query == {"versionId": "v"}
    assert all(f"{CUSTOMER}key" in request.headers for request in service.requests)
    assert (f"{SOURCE}key" in part.headers, part.headers["x-amz-copy-source"]) == (True, "bkt/own?versionId=v")
    assert [request.headers.get("x-amz-storage-class") for request in (begin, part, end)] == ["X", None, None]


# -- who pays, and the class


def test_a_payer_is_named_in_every_request():
    service = Keyed()
    store = store_with(service, requester_pays=True, storage_class="GLACIER_IR")
    entry = store.stat("bkt/plain")
    store.copy(entry, "bkt/copy")
    store.client.put("bkt", "x", doing="Putting")
    store.client.request("GET", "bkt", doing="Listing")
    store.client.delete("bkt", "x", doing="Removing")
    assert {request.headers.get("x-amz-request-payer") for request in service.requests} == {"requester"}
    copied = next(request for request in service.requests if "x-amz-copy-source" in request.headers)
    assert copied.headers["x-amz-storage-class"] == "GLACIER_IR"
