"""s3:// paths: buckets and objects examined, listed, fetched, put, copied and removed, with credentials and without; what buckets may
have and few do; copies of many objects within a store."""

import json
import signal
from base64 import b64encode
from collections import Counter
from hashlib import md5
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.main import main
from omicsdk.core import ConfigError, ConnectionLost, DecodeError, Forbidden
from omicsdk.core.manual_clock import ManualClock
from omicsdk.core.sending.connections import WireFailure
from omicsdk.fs import CopyOptions, Entry, parse_uri
from omicsdk.fs.copying.copies import copy_files
from omicsdk.fs.copying.planning import Source, plan_copy, select
from omicsdk.fs.stores import s3 as s3_store
from omicsdk.fs.stores.buckets import prefix_of, split
from omicsdk.fs.stores.s3 import S3Store
from omicsdk.fs.uris import Stores
from omicsdk.transfer import TransferReport
from omicsdk.transfer.engine.control import report_of
from omicsdk.transfer.network.header_checksums import (
    may_be_of_parts,
    noted_checksums,
    object_checksums,
    of_parts,
    quickest,
)
from omicsdk.transfer.s3 import client as s3_client
from omicsdk.transfer.s3.client import BATCH, S3Client
from omicsdk.transfer.uploads.store import PartRules, plan_parts
from s3_service import Answer, Bucket, Request, Service, client_of, page_of, refusal, store_of
from unsettled import unsettled

MIB = 1024 * 1024


@given(st.text("ab/. %é", min_size=1, max_size=9))
def test_a_path_is_a_bucket_and_the_rest(key: str):
    bucket, rest = split(f"bkt/{key}")
    assert (bucket, rest) == ("bkt", key)
    assert prefix_of(rest) == f"{key}/"
    assert (split("bkt"), prefix_of(split("bkt")[1])) == (("bkt", None), "")


def test_an_endpoint_that_is_none_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    unsettled(monkeypatch, tmp_path)
    with S3Store(endpoint_url="nowhere") as store, pytest.raises(ConfigError, match="nowhere"):
        store.stat("bkt")


class Amazon(Service):
    """Amazon: a bucket in another region, which takes only signatures of that one."""

    def __init__(self, status: int = 200, body: bytes = b"") -> None:
        super().__init__(self.respond)
        self.status, self.body = status, body

    def respond(self, request: Request) -> Answer:
        region = {"x-amz-bucket-region": "eu-west-3"}
        if "/eu-west-3/s3/" not in request.headers["authorization"]:
            return Answer(301, b"", region)
        return Answer(403, b"", region) if request.path == "/" else Answer(self.status, self.body, region)


def test_a_bucket_is_queried_in_its_own_region():
    amazon = Amazon()
    store = store_of(amazon)
    url = store.presign(Entry("bkt/key", "file"))
    assert store.presign(Entry("bkt/other", "file")) != url
    assert store.stat("bkt").is_folder  # it may not be listed, but is there
    assert "%2Feu-west-3%2Fs3%2F" in url
    assert [request.host for request in amazon.requests] == [
        f"bkt.s3.{region}.amazonaws.com" for region in ("us-east-1", "eu-west-3", "eu-west-3")
    ]


def test_a_refusal_to_look_is_reported_as_one():
    with pytest.raises(Forbidden):
        store_of(Amazon(403)).stat("bkt/key")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"<ListBucketResult><Name>bkt</Name></ListBucketResult>", "IsTruncated"),
        (b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "NextContinuationToken"),
    ],
)
def test_a_response_that_is_no_list_of_objects_is_no_empty_bucket(body: bytes, field: str):
    store = store_of(Service(lambda _: Answer(body=body)))
    for ask in (lambda: list(store.walk("bkt")), lambda: list(store.entries("bkt"))):
        with pytest.raises(DecodeError, match=f"list of s3://bkt: the response's field '{field}'"):
            ask()


PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Welcome</body></html>"


def test_a_page_of_a_captive_portal_is_no_response_of_s3():
    """Its HEAD states a size, and a change that it answers would count as done."""
    headers = {"content-type": "text/html", "content-length": str(len(PAGE))}
    portal = Service(lambda request: Answer(200, b"" if request.method == "HEAD" else PAGE, headers))
    store, entry = store_of(portal), Entry("bkt/key", "file", 1)
    with pytest.raises(DecodeError, match=r"head_object of s3://bkt/key: the response's field 'ETag' is None"):
        store.stat("bkt/key")
    for ask in (
        lambda: list(store.entries("bkt")),
        lambda: store.remove(entry),
        lambda: store.make_folder("bkt/new"),
        lambda: store.copy(entry, "bkt/other"),
    ):
        with pytest.raises(DecodeError, match="a web page titled 'Log in'"):
            ask()
    assert "a web page titled 'Log in'" in str(store.remove_files([entry])[0])


def headers_of(etag: str, **more: str) -> dict[str, str]:
    return {"etag": f'"{etag}"', **{name.replace("_", "-"): value for name, value in more.items()}}


def test_an_etag_is_a_checksum_only_where_it_is_one_of_the_contents():
    md5, encryption = "0" * 32, "x-amz-server-side-encryption"
    assert object_checksums(headers_of(md5)) == {"md5": md5}
    assert object_checksums(headers_of(md5), etags=False) == {}
    assert object_checksums(headers_of(md5, **{encryption: "AES256"})) == {"md5": md5}
    assert object_checksums(headers_of(md5, **{encryption: "aws:kms"})) == {}
    assert object_checksums(headers_of(md5, **{f"{encryption}-customer-algorithm": "AES256"})) == {}
    assert object_checksums(headers_of(md5, **{"x-goog-encryption-kms-key-name": "projects/p/cryptoKeys/k"})) == {}
    assert object_checksums(headers_of(md5, **{"x-object-meta-static-large-object": "True"})) == {}
    assert object_checksums(headers_of(md5, **{"x-object-manifest": "c/k"})) == {}
    parts = headers_of(f"{md5}-2")
    assert object_checksums(parts) == {}
    assert may_be_of_parts(parts)
    assert not may_be_of_parts(headers_of(md5))
    assert not may_be_of_parts(headers_of(f"{md5}-2", **{encryption: "aws:kms"}))
    assert of_parts(parts, 100 * MIB, None) == of_parts(parts, 100 * MIB, 0) == {}
    assert of_parts(parts, 100 * MIB, 40 * MIB) == {}  # that would be three
    assert of_parts(headers_of(f"{md5}-1"), MIB, MIB) == {f"s3_etag:{MIB}": f"{md5}-1"}
    assert of_parts(parts, 100 * MIB, 50 * MIB) == {f"s3_etag:{50 * MIB}": f"{md5}-2"}
    assert of_parts(parts, 100 * MIB, 64 * MIB) == {"s3_etag": f"{md5}-2"}
    both = headers_of(
        f"{md5}-2", **{"x-amz-checksum-crc32": "NjYuLg==-2", "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=-2"}
    )
    assert of_parts(both, 100 * MIB, 64 * MIB) == {f"crc32:{64 * MIB}": "36362e2e-2", "s3_etag": f"{md5}-2"}
    s3cmd = {"x-amz-meta-s3cmd-attrs": f"ctime:1/gname:root/md5:{md5}/mode:33188"}
    for noted in (s3cmd, {"x-amz-meta-md5chksum": b64encode(bytes.fromhex(md5)).decode()}):
        assert noted_checksums(parts | noted) == {"md5": md5}
    for noted in ({"x-amz-meta-md5chksum": "x"}, {"x-amz-meta-s3cmd-attrs": "md5:"}):
        assert noted_checksums(parts | noted) == {}
    assert noted_checksums(parts | s3cmd | {"x-amz-meta-s3tools-gpgenc": "gpg"}) == {}  # of the file, not of the object
    assert of_parts({**both, encryption: "aws:kms"}, 100 * MIB, 64 * MIB) == {f"crc32:{64 * MIB}": "36362e2e-2"}
    assert of_parts(headers_of("", **{"x-amz-checksum-crc32": "NjYuLg==-x"}), 100 * MIB, 64 * MIB) == {}


def test_a_slow_checksum_of_the_whole_gives_way_to_those_of_parts():
    """AWS's own clients state CRC64NVME of what they send in parts."""
    etag = f"{'0' * 32}-2"
    head = {"etag": etag, "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=", "x-amz-checksum-type": "FULL_OBJECT"}

    def answer(request: Request) -> Answer:
        return Answer(headers={**head, "content-length": str((50 if "partNumber" in request.query else 100) * MIB)})

    store = store_of(Service(answer))
    entry = store.stat("bkt/key")
    assert list(entry.checksums) == [f"s3_etag:{50 * MIB}", "crc64nvme"]
    assert store.item(entry, "key").checksums == {f"s3_etag:{50 * MIB}": etag}


@pytest.mark.parametrize(
    ("answer", "size"),
    [
        (Answer(206, b"x", {"content-range": "bytes 0-0/123", "content-length": "1"}), 123),
        (Answer(200, b"xyz", {"content-length": "3"}), 3),  # a store without ranges
        (Answer(200, b"", {"content-length": "0"}), 0),
        (refusal("InvalidRange", 416), 0),
    ],
)
def test_a_size_that_a_response_to_head_omits_is_that_of_a_get_of_a_byte(answer: Answer, size: int):
    """supabase/storage issue 1388, rclone issue 8137."""
    service = Service(lambda request: Answer(headers={"etag": '"e"'}) if request.method == "HEAD" else answer)
    assert store_of(service).head("bkt/key").size == size
    assert [(request.method, request.headers.get("range")) for request in service.requests] == [
        ("HEAD", None),
        ("GET", "bytes=0-0"),
    ]


def test_an_object_without_a_size_is_an_error():
    answers = {"HEAD": Answer(headers={"etag": '"e"'}), "GET": Answer(206, b"x", {"content-range": "bytes 0-0/*"})}
    with pytest.raises(DecodeError, match="ContentLength"):
        store_of(Service(lambda request: answers[request.method])).head("bkt/key")


@pytest.mark.parametrize("status", [405, 501])
def test_a_store_that_copies_nothing_is_left_to_a_download_and_an_upload(status: int):
    store = store_of(Service(lambda _: Answer(status, b"<Error><Code>NotImplemented</Code></Error>")))
    assert store.copy(Entry("bkt/key", "file", 1), "bkt/other") is False


def test_a_bucket_of_another_tenant_with_the_same_name_is_not_copied_to_by_the_store():
    """Ceph stores the copy in the bucket of the source, and reports success."""
    copied = b"<CopyObjectResult><ETag>0</ETag></CopyObjectResult>"
    service = Service(lambda _: Answer(body=copied))
    store = store_of(service)
    for source, target in (("lab:bkt", "bkt"), ("bkt", "lab:bkt"), ("lab:bkt", "other:bkt")):
        assert store.copy(Entry(f"{source}/key", "file", 1), f"{target}/other") is False
    assert service.requests == []
    assert store.copy(Entry("lab:bkt/key", "file", 1), "lab:bkt/other") is True
    assert store.copy(Entry("lab:bkt/key", "file", 1), "lab:bucket/other") is True


def test_a_checksum_of_the_whole_is_told_from_one_of_parts():
    crc32c, kind = "x-amz-checksum-crc32c", "x-amz-checksum-type"
    assert object_checksums(headers_of("", **{crc32c: "NjYuLg=="})) == {"crc32c": "36362e2e"}
    assert object_checksums(headers_of("", **{crc32c: "NjYuLg==-2"})) == {}
    assert object_checksums(headers_of(f"{'0' * 32}-2", **{crc32c: "NjYuLg=="})) == {}
    assert object_checksums(headers_of(f"{'0' * 32}-2", **{crc32c: "NjYuLg==", kind: "FULL_OBJECT"})) == {
        "crc32c": "36362e2e"
    }
    both = headers_of("0" * 32, **{"x-amz-checksum-crc32": "NjYuLg==", crc32c: "NjYuLg=="})
    assert list(object_checksums(both)) == ["crc32c", "crc32", "md5"]
    assert quickest(both) == {"crc32c": "36362e2e"}
    slow = headers_of("0" * 32, **{"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="})
    assert list(object_checksums(slow)) == ["md5", "crc64nvme"]
    assert quickest({**slow, "x-amz-server-side-encryption": "aws:kms"}) == {"crc64nvme": "0" * 16}


def test_a_folder_is_listed_by_one_request(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    service = Bucket("P/x", "P/y/z", "Q")
    bucket = store_of(service)
    monkeypatch.setattr(Stores, "of", lambda _, uri: bucket)
    assert main(["ls", "s3://bkt/P/", "--output", "jsonl"]) == 0
    assert [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()] == ["y/", "x"]
    assert len(service.requests) == 1
    assert main(["ls", "s3://bkt/missing/"]) == 1
    assert "s3://bkt/missing" in capsys.readouterr().err
    assert main(["ls", "s3://bkt/Q/"]) == 1
    assert "s3://bkt/Q is an object" in capsys.readouterr().err


TIB = 1024**4
#: What a key may be: up to 1,024 bytes of UTF-8.
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
ODD = [
    "line\nfeed",
    "return\r",
    "\x00",
    "\x1f",
    "\x7f",
    "..",
    "/",
    "//",
    "a/../b",
    "+",
    " ",
    "%00",
    "\ufffe",
    "n" * 1024,
]


def sent_path(client: S3Client, key: str) -> str:
    return urlsplit(client.url("bkt", key)).path


@pytest.mark.parametrize(("keys", "is_folder"), [(["P/x"], True), (["P/"], True), ([], False)])
def test_a_folder_that_a_store_has_as_an_object_is_a_folder(keys: list[str], is_folder: bool):
    """SeaweedFS has the keys below a folder, and describes the folder itself under its path without a slash."""
    bucket = Bucket(*keys)
    described = {"content-length": "0", "etag": '"e"', "content-type": "httpd/unix-directory"}
    bucket.answer = lambda request: Answer(headers=described) if request.method == "HEAD" else bucket.respond(request)
    assert store_of(bucket).stat("bkt/P").is_folder == is_folder


def test_a_folder_that_two_pages_name_is_listed_once():
    """As MinIO and LocalStack name one whose keys are on both."""
    pages = [
        page_of({"a": 1}, ["b/"], truncated=True, NextContinuationToken="t"),
        page_of({"z": 1}, ["b/", "c/"]),
    ]
    store = store_of(Service(lambda request: Answer(body=pages["continuation-token" in request.query])))
    assert sorted(entry.path for entry in store.entries("bkt")) == ["bkt/a", "bkt/b", "bkt/c", "bkt/z"]


@given(KEYS)
def test_any_key_is_the_path_of_its_url(key: str):
    path = sent_path(client_of(None), key)
    assert unquote(path) == f"/{key}"
    assert path.isascii()
    assert not {" ", "?", "#", "\n"} & {*path}


@pytest.mark.parametrize("key", ODD)
def test_odd_keys_are_examined_copied_and_removed_as_they_are(key: str):
    def answer(request: Request) -> Answer:
        if request.method == "HEAD":
            return Answer(headers={"etag": "e", "content-length": "1"})
        return Answer(body=b"<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")

    service = Service(answer)
    store = store_of(service)
    entry = store.stat(f"bkt/{key}") if not key.endswith("/") else Entry(f"bkt/{key}", "file", 1)
    assert entry.path == f"bkt/{key}"
    store.copy(entry, f"dst/{key}x")
    assert unquote(service.requests[-1].headers["x-amz-copy-source"]) == f"bkt/{key}"
    assert service.requests[-1].path == f"/{key}x"
    store.remove(entry)
    assert (service.requests[-1].method, service.requests[-1].path) == ("DELETE", f"/{key}")


@given(st.sets(KEYS, max_size=8))
def test_each_key_is_deleted_once_in_one_way_or_the_other(keys: set[str]):
    service = Service(lambda request: Answer(body=b"<DeleteResult/>") if request.method == "POST" else Answer(204))
    assert client_of(service).delete_many("bkt", sorted(keys), doing="Removing") == {}
    deleted = [request.path[1:] for request in service.requests if request.method == "DELETE"]
    for request in service.requests:
        if request.method == "POST":
            deleted += [element.text or "" for element in ElementTree.fromstring(request.body).iter("Key")]
    assert sorted(deleted) == sorted(keys)
    assert len(keys) <= BATCH


@pytest.mark.parametrize("size", [5 * TIB, 50 * 10**12])
def test_the_largest_objects_are_listed_planned_and_copied(size: int):
    spans = list[str]()

    def answer(request: Request) -> Answer:
        if request.method == "HEAD":
            return Answer(headers={"etag": "e", "content-length": str(size)})
        if "x-amz-copy-source-range" in request.headers:
            spans.append(request.headers["x-amz-copy-source-range"].removeprefix("bytes="))
            return Answer(body=b"<CopyPartResult><ETag>p</ETag></CopyPartResult>")
        if request.method == "GET":
            return Answer(body=page_of({"large": size}))
        name = "InitiateMultipartUpload" if "uploads" in request.query else "CompleteMultipartUpload"
        return Answer(body=f"<{name}Result><UploadId>u</UploadId><ETag>w</ETag></{name}Result>".encode())

    service = Service(answer)
    store = store_of(service)
    (listed,) = store.entries("bkt")
    assert listed.size == store.stat("bkt/large").size == size
    store.copy(listed, "bkt/copy")
    bounds = sorted(tuple(map(int, span.split("-"))) for span in spans)
    assert len(bounds) <= 10_000
    assert (bounds[0][0], bounds[-1][1]) == (0, size - 1)
    assert all(end + 1 == start for (_, end), (start, _) in pairwise(bounds))
    assert max(end - start + 1 for start, end in bounds) <= 5 * 1024**3
    plan = plan_parts(size, PartRules())
    assert plan.count <= 10_000
    assert plan.part_size <= 5 * 1024**3


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "https://s3.us-east-1.amazonaws.com/my.bucket.name/k"),
        ({"AWS_ENDPOINT_URL_S3": "https://store.example"}, "https://store.example/my.bucket.name/k"),
        ({"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "https://s3.dualstack.us-east-1.amazonaws.com/my.bucket.name/k"),
    ],
)
@pytest.mark.parametrize("style", ["auto", "virtual"])
def test_a_name_with_dots_is_in_the_path_over_tls(tmp_path: Path, style: str, environ: dict[str, str], expected: str):
    """A certificate's asterisk stands for one label."""
    config = tmp_path / "config"
    config.write_text(f"[default]\ns3 =\n  addressing_style = {style}\n")
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SHARED_CREDENTIALS_FILE": ""}
    client = client_of(None, environ={**keys, **environ, "AWS_CONFIG_FILE": str(config)})
    assert client.url("my.bucket.name", "k") == expected


COUNT = 60


class CopyingBucket(Service):
    """A bucket whose objects are copied from `p/` to `q/`; some requests end otherwise at first, by their key."""

    def __init__(self) -> None:
        super().__init__(self.respond)
        self.etags = {f"p/{number:02}": md5(b"%d" % number).hexdigest() for number in range(COUNT)}
        self.endings = dict[str, list[Answer | WireFailure]]()
        self.sizes = dict[str, int]()
        self.puts = Counter[str]()
        self.interrupt_at = 0

    def respond(self, request: Request) -> Answer:
        key = request.path.removeprefix("/b/")
        if request.method == "PUT":
            self.puts[key] += 1
            if self.interrupt_at and self.puts.total() == self.interrupt_at:
                signal.raise_signal(signal.SIGINT)
            if endings := self.endings.get(key):
                if isinstance(ending := endings.pop(0), WireFailure):
                    raise ending
                return ending
            self.etags[key] = self.etags[request.headers["x-amz-copy-source"].removeprefix("b/")]
            kind = "CopyPartResult" if "partNumber" in request.query else "CopyObjectResult"
            return Answer(body=f'<{kind}><ETag>"{self.etags[key]}"</ETag></{kind}>'.encode())
        if request.method == "POST":
            kind = "InitiateMultipartUploadResult" if "uploads" in request.query else "CompleteMultipartUploadResult"
            return Answer(body=f"<{kind}><UploadId>u</UploadId><ETag>{'0' * 32}-2</ETag></{kind}>".encode())
        if request.method == "HEAD":
            facts = {"content-length": str(self.sizes.get(key, 1)), "etag": f'"{self.etags.get(key)}"'}
            return Answer(headers={**facts, "x-amz-checksum-crc32": "NjYuLg=="}) if key in self.etags else Answer(404)
        listed = "".join(
            f'<Contents><Key>{key}</Key><ETag>"{etag}"</ETag><Size>{self.sizes.get(key, 1)}</Size></Contents>'
            for key, etag in self.etags.items()
            if key.startswith(request.query.get("prefix", ""))
        )
        state = "<IsTruncated>false</IsTruncated>"
        return Answer(body=f"<ListBucketResult>{state}{listed}</ListBucketResult>".encode())

    def copy(self, clock: ManualClock, **options: object) -> TransferReport:
        """Copy `p/` to `q/`."""
        store, uri = store_of(self, clock=clock, endpoint_url="http://store", anonymous=True), parse_uri("s3://b/p/")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Stores, "of", lambda *_: store)
            plan = plan_copy([Source(uri, True, list(select(store, uri)))], parse_uri("s3://b/q/"), "")
            return copy_files(plan, Stores(), CopyOptions(**options))


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CopyingBucket:
    monkeypatch.chdir(tmp_path)
    return CopyingBucket()


def test_requests_that_fail_are_repeated_and_others_go_on(bucket: CopyingBucket):
    clock = ManualClock()
    lost = WireFailure(ConnectionLost("lost", method="PUT"), is_sent=True)
    slow = refusal("SlowDown", 503)._replace(headers={"retry-after": "7"})
    bucket.endings = {
        "q/03": [refusal("InternalError", 200)],
        "q/10": [slow],
        "q/11": [slow],
        "q/20": [refusal("AccessDenied", 403)],
        "q/30": [lost],
    }
    began = clock.monotonic()
    report = bucket.copy(clock, connections=8)
    assert [outcome.name for outcome in report.outcomes] == [f"{number:02}" for number in range(COUNT)]
    assert [outcome.name for outcome in report.outcomes if outcome.state != "done"] == ["20"]
    assert {outcome.verification for outcome in report.outcomes if outcome.state == "done"} == {"verified"}
    assert {key: count for key, count in bucket.puts.items() if count > 1} == {
        "q/03": 2,
        "q/10": 2,
        "q/11": 2,
        "q/30": 2,
    }
    assert clock.monotonic() - began >= 7
    assert bucket.connections == 8


def test_a_copy_whose_response_states_another_etag_is_examined(bucket: CopyingBucket):
    """An object of parts gets another ETag: what the store states of both is compared."""
    bucket.endings = {"q/05": [Answer(body=f'<CopyObjectResult><ETag>"{"0" * 32}"</ETag></CopyObjectResult>'.encode())]}
    bucket.etags["p/05"] = f"{'1' * 32}-2"
    bucket.etags["q/05"] = "0" * 32
    earlier = len(bucket.requests)
    report = bucket.copy(ManualClock())
    assert report.ok
    assert {request.path for request in bucket.requests[earlier:] if request.method == "HEAD"} >= {"/b/q/05"}


def test_a_copy_that_the_store_does_not_have_failed(bucket: CopyingBucket):
    bucket.endings = {"q/05": [Answer(body=f'<CopyObjectResult><ETag>"{"0" * 32}"</ETag></CopyObjectResult>'.encode())]}
    report = bucket.copy(ManualClock())
    (lost,) = (outcome for outcome in report.outcomes if outcome.state != "done")
    assert (lost.name, lost.state) == ("05", "failed")
    assert "the platform's copy is missing" in str(lost.error)


def test_large_objects_among_them_are_copied_in_parts(bucket: CopyingBucket, monkeypatch: pytest.MonkeyPatch):
    for module in (s3_client, s3_store):
        monkeypatch.setattr(module, "COPY_IN_PARTS", 10)
    monkeypatch.setattr(s3_client, "COPY_PART", 6)
    bucket.sizes = {"p/07": 10, "q/07": 10}
    report = bucket.copy(ManualClock())
    assert [outcome.state for outcome in report.outcomes] == ["done"] * COUNT
    assert {key: count for key, count in bucket.puts.items() if count > 1} == {"q/07": 2}


def test_ctrl_c_leaves_a_report_and_the_same_copy_resumes(bucket: CopyingBucket):
    bucket.interrupt_at = 20
    with pytest.raises(KeyboardInterrupt) as interrupted:
        bucket.copy(ManualClock(), connections=4)
    report = report_of(interrupted.value)
    assert report is not None
    states = Counter(outcome.state for outcome in report.outcomes)
    assert states == {"done": 20, "stopped": COUNT - 20}
    first = dict(bucket.puts)
    assert bucket.copy(ManualClock()).ok
    assert {key for key in first if bucket.puts[key] > 1} == set()


@pytest.mark.parametrize("overwrite", [True, False])
def test_ctrl_c_leaves_no_upload_of_copies_in_parts(
    bucket: CopyingBucket, monkeypatch: pytest.MonkeyPatch, overwrite: bool
):
    for module in (s3_client, s3_store):
        monkeypatch.setattr(module, "COPY_IN_PARTS", 10)
    monkeypatch.setattr(s3_client, "COPY_PART", 6)
    bucket.sizes = {f"{folder}/{number:02}": 10 for folder in "pq" for number in range(COUNT)}
    bucket.interrupt_at = 20
    with pytest.raises(KeyboardInterrupt) as interrupted:
        bucket.copy(ManualClock(), overwrite=overwrite)
    report = report_of(interrupted.value)
    assert report is not None
    assert set(Counter(outcome.state for outcome in report.outcomes)) <= {"done", "stopped"}
    begun = [request for request in bucket.requests if "uploads" in request.query]
    ended = [request for request in bucket.requests if "uploadId" in request.query and request.method != "PUT"]
    assert 0 < len(begun) == len(ended) < COUNT
