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


def replayed(recorded: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
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
def test_what_real_servers_list_is_read_whole(server: str):
    read = 0
    for step, recorded in listings(server).items():
        if recorded[-1]["response"]["body"].count("<IsTruncated>true"):
            continue  # only its first page was recorded
        if (server, step) == ("rclone", "list keys that begin with a slash"):
            with pytest.raises(ResponseMismatch, match="requested the prefix '/' but the service returned 'P'"):
                replayed(recorded)  # it ignores this prefix: a removal of what is below it would remove all
            continue
        pages = replayed(recorded)
        texts = [exchange["response"]["body"] for exchange in recorded]
        assert [len(page["Contents"]) for page in pages] == [text.count("<Contents>") for text in texts], step
        read += 1
    assert read > 30


def pages_of(*pages: dict[str, Any], prefix: str = "p/", delimiter: str = "") -> list[str]:
    """The keys of a listing whose pages are these."""
    responses = iter(pages)
    tokens = iter(range(9))

    def list_objects_v2(**_: object) -> dict[str, Any]:
        page = next(responses)
        keys = [{"Key": key, "Size": 1} for key in page.pop("keys", ())]
        folders = [{"Prefix": folder} for folder in page.pop("folders", ())]
        page = {"IsTruncated": False, "Contents": keys, "CommonPrefixes": folders, **page}
        return {"NextContinuationToken": f"t{next(tokens)}", **page} if page["IsTruncated"] else page

    more = {"Delimiter": delimiter} if delimiter else {}
    return [entry["Key"] for page in s3_pages(list_objects_v2, "b", prefix, **more) for entry in page["Contents"]]


@pytest.mark.parametrize("key", ["q/x", "pq/x", "p", "P/x"])
def test_an_object_that_is_not_below_the_prefix_is_a_mismatch(key: str):
    with pytest.raises(
        ResponseMismatch, match=f"list_objects_v2 of s3://b/p: requested the prefix 'p/' but .* '{key}'"
    ):
        pages_of({"keys": ["p/a", key]})


@pytest.mark.parametrize("folder", ["p/", "q/x/", "p/x"])
def test_a_folder_that_is_not_below_the_prefix_is_a_mismatch(folder: str):
    with pytest.raises(ResponseMismatch, match="folders below the prefix"):
        pages_of({"folders": [folder]}, delimiter="/")


def test_the_count_of_keys_is_a_lower_bound():
    assert pages_of({"keys": ["p/a"], "folders": ["p/b/"], "KeyCount": 1}, delimiter="/") == ["p/a"]
    with pytest.raises(InconsistentListing, match="a page states 3 entries, but has 2"):
        pages_of({"keys": ["p/a"], "folders": ["p/b/"], "KeyCount": 3}, delimiter="/")


def test_an_empty_page_may_be_followed_by_others():
    assert pages_of({"IsTruncated": True, "KeyCount": 0}, {"keys": ["p/a"], "KeyCount": 1}) == ["p/a"]


@pytest.mark.parametrize("tokens", ["tt", "tut", "tuvu"])
def test_a_token_that_was_used_ends_the_listing(tokens: str):
    stated = ({"IsTruncated": True, "NextContinuationToken": token} for token in tokens)
    with pytest.raises(DecodeError, match="NextContinuationToken"):
        pages_of(*({"keys": [f"p/{number}"], **page} for number, page in enumerate(stated)))


def test_a_repeated_key_is_left_out_and_reported_at_the_end():
    def keys() -> Iterator[str]:
        def list_objects_v2(**more: object) -> dict[str, Any]:
            entries = [{"Key": f"p/{name}", "Size": 1} for name in ("bc" if "ContinuationToken" in more else "ab")]
            return {"Contents": entries, "IsTruncated": "ContinuationToken" not in more, "NextContinuationToken": "t"}

        for page in s3_pages(list_objects_v2, "b", "p/"):
            yield from (entry["Key"] for entry in page["Contents"])

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
