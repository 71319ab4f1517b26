"""Lists of objects: those of three real servers are read whole, and one that contradicts the request or itself is reported."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from changed_responses import changed_xml
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import DecodeError, OmicsError
from omicsdk.core.consistency import InconsistentListing, ResponseMismatch
from omicsdk.transfer.s3.boto import s3_pages
from omicsdk.transfer.s3.listing import Page, read_page
from recorded_server import exchanges

SERVERS = ["moto", "s3rver", "rclone"]


class Raw:
    """A body as urllib3 has it."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.body


def listings(server: str) -> dict[str, list[dict[str, Any]]]:
    """The recorded pages of each listing, in order."""
    found = defaultdict[str, list[dict[str, Any]]](list)
    for exchange in exchanges(f"s3-{server}"):
        if "list-type=2" in exchange["request"]["path"] and exchange["response"]["status"] == 200:
            found[exchange["step"].partition(": page ")[0]].append(exchange)
    return found


def replayed(recorded: Sequence[dict[str, Any]]) -> list[Page]:
    """Read a recorded listing as boto3 parses it."""
    query = parse_qs(urlsplit(recorded[0]["request"]["path"]).query)
    bodies = iter(recorded)

    def response(request: Any, **_: object) -> AWSResponse:
        body = next(bodies)["response"]["body"]
        return AWSResponse(request.url, 200, {"content-type": "application/xml"}, Raw(body.encode()))

    session = boto3.Session("key", "secret", region_name="us-east-1")
    session._session.register("before-send.s3", response)
    arguments = {"Delimiter": query["delimiter"][0]} if "delimiter" in query else {}
    client = session.client("s3", endpoint_url="http://localhost:9")
    return list(s3_pages(client.list_objects_v2, "bkt", query.get("prefix", [""])[0], **arguments))


@pytest.mark.parametrize("server", SERVERS)
def test_boto3_reads_what_real_servers_list_as_omicsdk_does(server: str):
    read = 0
    for step, recorded in listings(server).items():
        if recorded[-1]["response"]["body"].count("<IsTruncated>true"):
            continue  # only its first page was recorded
        if (server, step) == ("rclone", "list keys that begin with a slash"):
            with pytest.raises(ResponseMismatch, match="requested the prefix '/' but the service returned 'P'"):
                replayed(recorded)  # it ignores this prefix: a removal of what is below it would remove all
            continue
        texts = [exchange["response"]["body"] for exchange in recorded]
        own = [read_page(text.encode(), step) for text in texts]
        assert [page[:2] for page in replayed(recorded)] == [page[:2] for page in own], step
        assert [len(page.objects) for page in own] == [text.count("<Contents>") for text in texts], step
        read += 1
    assert read > 30


def test_a_list_of_boto3_is_compared_with_the_request_and_itself():
    page = {"IsTruncated": False, "Contents": [{"Key": "p/a", "Size": 1}], "CommonPrefixes": [{"Prefix": "p/b/"}]}
    with pytest.raises(ResponseMismatch, match="list_objects_v2 of s3://b/q: requested the prefix 'q/' but"):
        list(s3_pages(lambda **_: page, "b", "q/", Delimiter="/"))
    with pytest.raises(ResponseMismatch, match="folders below the prefix"):
        list(s3_pages(lambda **_: page, "b", "p/", Delimiter="+"))
    with pytest.raises(InconsistentListing, match="a page states 3 entries, but has 2"):
        list(s3_pages(lambda **_: {**page, "KeyCount": 3}, "b", "p/", Delimiter="/"))
    with pytest.raises(DecodeError, match="not a list of objects"):
        list(s3_pages(lambda **_: {}, "b", "p/"))


def test_a_repeated_key_is_left_out_and_reported_at_the_end():
    def keys() -> Iterator[str]:
        def list_objects_v2(**more: object) -> dict[str, Any]:
            entries = [{"Key": f"p/{name}", "Size": 1} for name in ("bc" if "ContinuationToken" in more else "ab")]
            return {"Contents": entries, "IsTruncated": "ContinuationToken" not in more, "NextContinuationToken": "t"}

        for page in s3_pages(list_objects_v2, "b", "p/"):
            yield from (entry.key for entry in page.objects)

    read = list[str]()
    with pytest.raises(InconsistentListing, match="'p/b' is listed more than once"):
        read.extend(keys())
    assert read == ["p/a", "p/b", "p/c"]


@pytest.mark.parametrize(
    "entry", [{}, {"Key": None, "Size": 1}, {"Key": "p/a"}, {"Key": "p/a", "Size": "1"}, {"Key": "p/a", "Size": -1}]
)
def test_an_entry_without_a_key_or_a_size_is_reported(entry: dict[str, Any]):
    with pytest.raises(DecodeError, match="Contents"):
        list(s3_pages(lambda **_: {"IsTruncated": False, "Contents": [entry]}, "b", "p/"))


@pytest.mark.parametrize("server", SERVERS)
def test_no_changed_list_is_more_than_an_error(server: str):
    first = [recorded[0] for recorded in listings(server).values()]
    whole = [each for each in first if "<IsTruncated>false" in each["response"]["body"]]

    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        exchange = data.draw(st.sampled_from(whole))
        body = data.draw(changed_xml(exchange["response"]["body"].encode())).decode("utf-8", "replace")
        with suppress(OmicsError):
            replayed([{**exchange, "response": {"body": body}}, exchange])

    check()


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("<Key>", "<Kee>", "Key"),
        ("<Size>", "<Size>abc", "Contents.Size"),
        ("<Size>", f"<Size>{'7' * 5_000}", "Contents.Size"),
        ("<KeyCount>", "<KeyCount>abc", "KeyCount"),
    ],
)
def test_what_boto3_cannot_read_is_named(old: str, new: str, field: str):
    exchange = next(each[0] for each in listings("moto").values() if "<Contents>" in each[0]["response"]["body"])
    body = exchange["response"]["body"].replace(old, new).replace("</Key>", "</Kee>" if old == "<Key>" else "</Key>")
    with pytest.raises(DecodeError, match=f"s3://bkt.*field '{field}"):
        replayed([{**exchange, "response": {"body": body}}])
