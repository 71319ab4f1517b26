"""What buckets may have and few do: any text as a key, the largest objects, names with dots."""

from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.fs import Entry
from omicsdk.transfer.s3.client import BATCH, S3Client
from omicsdk.transfer.uploads.store import PartRules, plan_parts
from s3_service import Answer, Request, Service, client_of, page_of, store_of

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
    assert unquote(service.asked[-1].headers["x-amz-copy-source"]) == f"bkt/{key}"
    assert service.asked[-1].path == f"/{key}x"
    store.remove(entry)
    assert (service.asked[-1].method, service.asked[-1].path) == ("DELETE", f"/{key}")


@given(st.sets(KEYS, max_size=8))
def test_each_key_is_deleted_once_in_one_way_or_the_other(keys: set[str]):
    service = Service(lambda request: Answer(body=b"<DeleteResult/>") if request.method == "POST" else Answer(204))
    assert client_of(service).delete_many("bkt", sorted(keys), doing="Removing") == {}
    deleted = [request.path[1:] for request in service.asked if request.method == "DELETE"]
    for request in service.asked:
        if request.method == "POST":
            deleted += [each.text or "" for each in ElementTree.fromstring(request.body).iter("Key")]
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
