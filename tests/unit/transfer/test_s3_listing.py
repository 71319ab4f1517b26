"""Lists of objects that omicsdk or boto3 reads: those of three real servers, of the first version, and ones that lie."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from changed_responses import changed_xml
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import DecodeError, OmicsError
from omicsdk.core.consistency import InconsistentListing, ResponseMismatch
from omicsdk.core.items import at_page_breaks
from omicsdk.transfer.s3.boto import s3_pages
from omicsdk.transfer.s3.listing import Page, elements, pages_of, read_page, seconds_of
from recorded_server import exchanges
from s3_service import Answer, Request, Service, client_of, page_of

SERVERS = ["moto", "s3rver", "rclone"]


def listings(server: str) -> dict[str, list[dict[str, Any]]]:
    """The recorded pages of each listing, in order."""
    exchanges_by_step = defaultdict[str, list[dict[str, Any]]](list)
    for exchange in exchanges(f"s3-{server}"):
        if "list-type=2" in exchange["request"]["path"] and exchange["response"]["status"] == 200:
            exchanges_by_step[exchange["step"].partition(": page ")[0]].append(exchange)
    return {
        step: exchanges_by_step[step]
        for step in exchanges_by_step
        if "<IsTruncated>true" not in exchanges_by_step[step][-1]["response"]["body"]
    }


def replayed(recorded: Sequence[dict[str, Any]]) -> list[Page]:
    """Read a recorded listing."""
    query = parse_qs(urlsplit(recorded[0]["request"]["path"]).query)
    bodies = [exchange["response"]["body"].encode() for exchange in recorded]
    prefix, delimiter = (query.get(name, [""])[0] for name in ("prefix", "delimiter"))
    return list(pages(bodies, prefix, delimiter))


def pages(bodies: Iterable[bytes], prefix: str = "", delimiter: str = "") -> Iterator[Page]:
    """The pages of a list that are these."""
    remaining = iter(bodies)
    return pages_of(lambda _: read_page(next(remaining), "list"), "list", prefix, delimiter)


@pytest.mark.parametrize("server", SERVERS)
def test_what_real_servers_list_is_read_whole(server: str):
    read = 0
    for step, recorded in listings(server).items():
        if (server, step) == ("rclone", "list keys that begin with a slash"):
            with pytest.raises(ResponseMismatch, match="requested the prefix '/' but the service returned 'P'"):
                replayed(recorded)  # it ignores this prefix: a removal of what is below it would remove all
            continue
        texts = [exchange["response"]["body"] for exchange in recorded]
        assert [len(page.objects) for page in replayed(recorded)] == [text.count("<Contents>") for text in texts], step
        read += 1
    assert read > 30


@pytest.mark.parametrize("server", SERVERS)
def test_no_changed_list_is_more_than_an_error(server: str):
    whole = [recorded[0]["response"]["body"].encode() for recorded in listings(server).values() if len(recorded) == 1]

    @given(data=st.data())
    def changed(data: st.DataObject) -> None:
        body = data.draw(changed_xml(data.draw(st.sampled_from(whole))))
        with suppress(OmicsError):
            list(pages([body, body]))

    changed()


@given(st.lists(st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), min_size=1), unique=True))
def test_escaped_keys_are_those_of_the_objects(keys: list[str]):
    body = page_of({quote(key): 1 for key in keys}, EncodingType="url")
    assert [entry.key for entry in read_page(body, "list").objects] == keys
    plus = page_of({quote(key).replace("%20", "+"): 1 for key in keys}, EncodingType="url")
    assert [entry.key for entry in read_page(plus, "list").objects] == keys


def test_keys_of_a_store_that_does_not_escape_them_are_taken_as_they_are():
    assert [entry.key for entry in read_page(page_of({"a+b%20c": 1}), "list").objects] == ["a+b%20c"]


def test_a_store_without_the_second_version_is_read_in_the_first():
    """It ignores what it does not know, and names no marker unless there is a delimiter."""

    def answer(request: Request) -> Answer:
        marker = request.query.get("marker", "")
        keys = [key for key in ("a", "b", "c", "d", "e") if key > marker]
        return Answer(body=page_of(dict.fromkeys(keys[:2], 1), truncated=len(keys) > 2, Marker=marker))

    service = Service(answer)
    pages = client_of(service).pages("bkt")
    assert [entry.key for page in pages for entry in page.objects] == ["a", "b", "c", "d", "e"]
    assert ["list-type" in request.query for request in service.requests] == [True, False, False]


def test_a_store_that_refuses_the_second_version_is_asked_in_the_first_from_then_on():
    refusal = b"<Error><Code>NotImplemented</Code><Message>no</Message></Error>"
    page = page_of({"a": 1}, Marker="")
    service = Service(lambda request: Answer(400, refusal) if "list-type" in request.query else Answer(body=page))
    client = client_of(service)
    for _ in range(2):
        assert [entry.key for page in client.pages("bkt") for entry in page.objects] == ["a"]
    assert ["list-type" in request.query for request in service.requests] == [True, False, False]


def test_a_page_is_requested_when_the_one_before_was_used():
    def answer(request: Request) -> Answer:
        at = int(request.query.get("continuation-token", "0"))
        return Answer(body=page_of({f"k{at}": 1}, truncated=at < 9, NextContinuationToken=str(at + 1)))

    service = Service(answer)
    pages = client_of(service).pages("bkt")
    assert next(pages).objects[0].key == "k0"
    assert len(service.requests) == 1
    assert sum(len(page.objects) for page in pages) == 9


@pytest.mark.parametrize("key", ["q/x", "pq/x", "p", "P/x"])
def test_an_object_that_is_not_below_the_prefix_is_a_mismatch(key: str):
    with pytest.raises(ResponseMismatch, match=f"list: requested the prefix 'p/' but .* '{key}'"):
        list(pages([page_of({"p/a": 1, key: 1})], "p/"))


@pytest.mark.parametrize("folder", ["p/", "q/x/", "p/x"])
def test_a_folder_that_is_not_below_the_prefix_is_a_mismatch(folder: str):
    with pytest.raises(ResponseMismatch, match="folders below the prefix"):
        list(pages([page_of({}, [folder])], "p/", "/"))


def read(*bodies: bytes) -> list[str]:
    """The keys of a list whose pages are these."""
    return [entry.key for page in pages(bodies) for entry in page.objects]


def test_the_count_of_keys_is_a_lower_bound():
    assert read(page_of({"a": 1}, ["b/"], KeyCount=1)) == ["a"]
    with pytest.raises(InconsistentListing, match="a page states 3 entries, but has 2"):
        read(page_of({"a": 1}, ["b/"], KeyCount=3))


def test_a_reader_uses_each_page_before_the_next_is_requested():
    bodies = [page_of({"a": 1}, truncated=True, NextContinuationToken="t"), page_of({"b": 1})]
    steps: list[str] = []

    def ask(_: dict[str, str]) -> Page:
        steps.append("request")
        return read_page(bodies.pop(0), "list")

    with at_page_breaks(lambda: steps.append("print")):
        for page in pages_of(ask, "list", ""):
            steps += [entry.key for entry in page.objects]
    assert steps == ["request", "a", "print", "request", "b"]


def test_an_empty_page_may_be_followed_by_others():
    empty = page_of({}, truncated=True, KeyCount=0, NextContinuationToken="t")
    assert read(empty, page_of({"a": 1}, KeyCount=1)) == ["a"]


@pytest.mark.parametrize("encoding", [b"none", b"shift_jis"])
def test_a_page_in_an_encoding_that_cannot_be_decoded_is_refused(encoding: bytes):
    with pytest.raises(DecodeError):
        read_page(b'<?xml version="1.0" encoding="%s"?><ListBucketResult/>' % encoding, "list")


@pytest.mark.parametrize("tokens", ["tt", "tut", "tuvu"])
def test_a_token_that_was_used_ends_the_listing(tokens: str):
    pages = (page_of({str(at): 1}, truncated=True, NextContinuationToken=token) for at, token in enumerate(tokens))
    with pytest.raises(DecodeError, match="NextContinuationToken"):
        read(*pages)


def test_a_repeated_key_is_left_out_and_reported_at_the_end():
    bodies = [page_of({"a": 1, "b": 1}, truncated=True, NextContinuationToken="t"), page_of({"b": 1, "c": 1})]
    keys_before = list[str]()
    keys = (entry.key for page in pages(bodies) for entry in page.objects)
    with pytest.raises(InconsistentListing, match="'b' is listed more than once"):
        keys_before.extend(keys)
    assert keys_before == ["a", "b", "c"]


@pytest.mark.parametrize(
    "entry", ["", "<Key>a</Key>", "<Size>1</Size>", "<Key>a</Key><Size>-1</Size>", "<Key>a</Key><Size>x</Size>"]
)
def test_an_entry_without_a_key_or_a_size_is_reported(entry: str):
    body = page_of({}).replace(b"</ListBucketResult>", f"<Contents>{entry}</Contents></ListBucketResult>".encode())
    with pytest.raises(DecodeError, match="Contents"):
        read(body)


def test_a_count_that_is_no_number_is_reported():
    with pytest.raises(DecodeError, match="KeyCount"):
        read(page_of({"a": 1}, KeyCount="abc"))


def test_a_document_that_declares_entities_is_refused():
    bomb = b'<!DOCTYPE a [<!ENTITY b "bb">]><ListBucketResult>&b;</ListBucketResult>'
    with pytest.raises(DecodeError):
        read(bomb)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-02T00:00:01.500Z", 86401.5),
        ("2026-01-31T12:00:00Z", 1769860800.0),
        ("2026-01-31T12:00:00.000+00:00", 1769860800.0),
        ("yesterday", None),
        ("2026-02-31T12:00:00.000Z", None),
        ("", None),
    ],
)
def test_times_are_read(text: str, expected: float | None):
    assert seconds_of(text) == expected


def test_a_small_document_is_read_by_paths():
    body = b"<R xmlns='x'><A>1</A><B><A>2</A></B><B><A>&lt;3</A></B></R>"
    texts = elements(body, "x", "R")
    assert (texts["A"], texts["B/A"]) == (["1"], ["2", "<3"])
    with pytest.raises(DecodeError, match="a document S"):
        elements(body, "x", "S")


@pytest.mark.parametrize("sign", [b"\x08", b"&#8;", b"&#x08;", b"&#x1F;", b"&#27;", "\uffff".encode()])
def test_a_small_document_repeats_a_key_that_xml_cannot_express(sign: bytes):
    texts = elements(b"<R><Key>a" + sign + b"b&#13;&#x9;</Key><UploadId>u</UploadId></R>", "x", "R")
    assert (texts["Key"], texts["UploadId"]) == (["a?b\r\t"], ["u"])


@pytest.mark.parametrize("sign", [b"\x08", b"&#8;", b"&#x08;", b"&#x1f;", b"&#0;", "\uffff".encode(), b"&#xfffe;"])
def test_a_token_that_xml_cannot_express_continues_the_list(sign: bytes):
    # Ceph's next token is the last key, which it does not escape as keys.
    character = chr(int(sign.strip(b"&#x;"), 16)) if sign.startswith(b"&#") else sign.decode()
    first = page_of({"k/a%08": 1}, truncated=True, NextContinuationToken="TOKEN", Prefix="TOKEN", EncodingType="url")
    bodies = iter([first.replace(b"TOKEN", b"k/a" + sign), page_of({"k/b": 1}, EncodingType="url")])
    tokens: list[str] = []

    def ask(more: dict[str, str]) -> Page:
        tokens.extend(more.values())
        return read_page(next(bodies), "list")

    read = [entry.key for page in pages_of(ask, "list", "k/") for entry in page.objects]
    assert (read, tokens) == (["k/a\x08", "k/b"], [f"k/a{character}"])


def test_characters_for_private_use_stay_beside_ones_that_xml_cannot_express():
    body = page_of({"\U000f0008": 1}, NextContinuationToken="TOKEN")
    assert read_page(body, "list").objects[0].key == "\U000f0008"
    with pytest.raises(DecodeError):
        read_page(body.replace(b"TOKEN", b"&#8;"), "list")


USUAL = (
    "<Contents><Key>a/%C3%A9+{0}</Key><LastModified>2026-01-31T12:00:0{0}.000Z</LastModified><ETag>&quot;0{0}-2&quot;</ETag>"
    "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType><Size>{0}</Size>"
    "<Owner><ID>x</ID><DisplayName>y</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>"
)
OTHERS = [
    "",
    "<Contents><Size>5</Size><Key>a/other</Key></Contents>",
    "<Contents>\n<Key>a/&lt;</Key><Size>5</Size></Contents>",
    "<CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes>",
    "<!-- </Contents><Contents> -->",
    "<Owner></Owner>",
    f"{USUAL.format(7)[:-11]}<Type>Normal</Type></Contents>",
]


def listed(*entries: str) -> bytes:
    """A page with entries."""
    facts = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    return f'<?xml version="1.0"?><ListBucketResult>{facts}{"".join(entries)}</ListBucketResult>'.encode()


@given(st.lists(st.sampled_from([*OTHERS, *(USUAL.format(number) for number in range(9))]), max_size=12))
def test_objects_that_are_written_as_usual_are_read_as_any_others(entries: list[str]):
    # An attribute of no meaning, for which nothing is as usual.
    parsed = read_page(listed(*entries).replace(b"<Key>", b'<Key a="">'), "list")
    assert read_page(listed(*entries), "list") == parsed


def test_usual_objects_count_where_objects_belong_only():
    nested = "".join(USUAL.format(number) for number in range(3))
    assert read_page(listed(f"<Other>{nested}</Other>"), "list").objects == []
    with pytest.raises(DecodeError):
        read_page(listed(nested)[:-5], "list")


# -- lists that boto3 reads


class Raw:
    """A body as urllib3 has it."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.body


def replayed_by_boto3(recorded: Sequence[dict[str, Any]]) -> list[Page]:
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
        if (server, step) == ("rclone", "list keys that begin with a slash"):
            with pytest.raises(ResponseMismatch, match="requested the prefix '/' but the service returned 'P'"):
                replayed_by_boto3(recorded)  # it ignores this prefix: a removal of what is below it would remove all
            continue
        texts = [exchange["response"]["body"] for exchange in recorded]
        pages = [read_page(text.encode(), step) for text in texts]
        assert [page[:2] for page in replayed_by_boto3(recorded)] == [page[:2] for page in pages], step
        assert [len(page.objects) for page in pages] == [text.count("<Contents>") for text in texts], step
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


@pytest.mark.parametrize(
    "entry", [{}, {"Key": None, "Size": 1}, {"Key": "p/a"}, {"Key": "p/a", "Size": "1"}, {"Key": "p/a", "Size": -1}]
)
def test_an_entry_of_boto3_without_a_key_or_a_size_is_reported(entry: dict[str, Any]):
    with pytest.raises(DecodeError, match="Contents"):
        list(s3_pages(lambda **_: {"IsTruncated": False, "Contents": [entry]}, "b", "p/"))


@pytest.mark.parametrize("server", SERVERS)
def test_no_changed_list_of_boto3_is_more_than_an_error(server: str):
    first = [recorded[0] for recorded in listings(server).values()]
    whole = [page for page in first if "<IsTruncated>false" in page["response"]["body"]]

    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        exchange = data.draw(st.sampled_from(whole))
        body = data.draw(changed_xml(exchange["response"]["body"].encode())).decode("utf-8", "replace")
        with suppress(OmicsError):
            replayed_by_boto3([{**exchange, "response": {"body": body}}, exchange])

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
    exchange = next(
        exchanges[0] for exchanges in listings("moto").values() if "<Contents>" in exchanges[0]["response"]["body"]
    )
    body = exchange["response"]["body"].replace(old, new).replace("</Key>", "</Kee>" if old == "<Key>" else "</Key>")
    with pytest.raises(DecodeError, match=f"s3://bkt.*field '{field}"):
        replayed_by_boto3([{**exchange, "response": {"body": body}}])
