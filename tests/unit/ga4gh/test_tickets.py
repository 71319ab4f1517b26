"""Requests to htsget and their tickets: regions as samtools writes them, addresses of data sets, formats; what a server may answer, and
what of it is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk import DecodeError, TransferError, UsageError
from omicsdk.ga4gh import InvalidFormat, Region, parse_region
from omicsdk.ga4gh.formats import Format
from omicsdk.ga4gh.tickets import Kind, SliceRequest, chosen_format, parse_address, ticket_of

NAMES = st.text("ABCDEFchrHLA0123456789._*-", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("chr1", Region("chr1")),
        ("*", Region("*")),
        ("chr1:1-1000", Region("chr1", 0, 1000)),
        ("chr1:1,000-2,000", Region("chr1", 999, 2000)),
        ("chr1:5", Region("chr1", 4, None)),
        ("chr1:5-", Region("chr1", 4, None)),
        ("chr1:-10", Region("chr1", None, 10)),
        ("chr1:7-7", Region("chr1", 6, 7)),
        ("{HLA-A*01:01}:1-10", Region("HLA-A*01:01", 0, 10)),
        ("{HLA-A*01:01}", Region("HLA-A*01:01")),
        (" chr1:1-2 ", Region("chr1", 0, 2)),
    ],
)
def test_a_region_is_read(text: str, region: Region) -> None:
    assert parse_region(text) == region


@pytest.mark.parametrize(
    "text",
    ["", " ", ":1-5", "chr1:", "chr1:-", "chr1:0-5", "chr1:0", "chr1:5-4", "chr1:a-b", "chr1:1-5-9", "chr1:1:2", "{chr1", "chr1}:1-2", "chr1:1.5-2", "chr1:١-٢", f"chr1:{'9' * 5000}"],
)  # fmt: skip
def test_an_invalid_region_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a region"):
        parse_region(text)


@given(NAMES, st.integers(1, 10**9), st.integers(0, 10**9))
def test_positions_from_1_become_half_open_ones_from_0(name: str, first: int, more: int) -> None:
    region = parse_region(f"{name}:{first}-{first + more}")
    assert (region.reference, region.start, region.end) == (name, first - 1, first + more)
    assert region == parse_region(f"{name}:{first:,}-{first + more:,}")
    assert (region.end or 0) - (region.start or 0) == more + 1  # letters of the region
    assert parse_region(f"{{{name}}}:{first}-{first + more}") == region


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("NA12878", ("", None, "NA12878")),
        ("a/reads/b", ("", None, "a/reads/b")),
        ("https://h.example.org/reads/NA12878", ("https://h.example.org", "reads", "NA12878")),
        ("https://h.example.org/ga4gh/htsget/variants/1000g/x", ("https://h.example.org/ga4gh/htsget", "variants", "1000g/x")),
        ("https://h.example.org:8443/reads/data/reads/a.bam", ("https://h.example.org:8443", "reads", "data/reads/a.bam")),
        ("https://h.example.org/reads/a%20b", ("https://h.example.org", "reads", "a b")),
    ],
)  # fmt: skip
def test_an_address_is_read(text: str, address: tuple[str, str | None, str]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "https://h.example.org/", "https://h.example.org/reads/", "https://h.example.org/reads/a?format=BAM", "https://[", "https://[/reads/a", "https:///reads/a", "https://ada:s3cret@h.example.org/a"])  # fmt: skip
def test_an_invalid_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_address(text)
    assert "s3cret" not in str(caught.value)


def test_the_format_is_stated_or_follows_from_the_address_and_the_name() -> None:
    assert chosen_format(None, None, "a.out") == ("reads", None)
    assert chosen_format(None, "VCF", "a.out") == ("variants", "VCF")
    assert chosen_format(None, None, "A.VCF.GZ") == ("variants", "VCF")
    assert chosen_format(None, None, "a.cram") == ("reads", "CRAM")
    assert chosen_format("variants", None, "a.bcf") == ("variants", "BCF")
    with pytest.raises(UsageError, match="Unknown format VCF for reads"):
        chosen_format("reads", "VCF", "a.vcf")


@pytest.mark.parametrize(
    ("kind", "requested", "path", "message"),
    [
        (None, "VCF", "a.bam", "suffix of a BAM file, and VCF is requested"),
        ("reads", "BAM", "a.cram", "suffix of a CRAM file, and BAM is requested"),
        ("variants", "VCF", "a.bcf", "suffix of a BCF file, and VCF is requested"),
        ("reads", None, "a.vcf", "suffix of a VCF file, and the data set is of reads"),
        ("variants", None, "A.BAM", "suffix of a BAM file, and the data set is of variants"),
    ],
)
def test_a_name_of_another_format_is_refused(
    kind: Kind | None, requested: Format | None, path: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        chosen_format(kind, requested, path)


def test_one_region_is_requested_by_arguments_and_several_in_a_body() -> None:
    one = SliceRequest(
        "reads", "a", "BAM", [Region("chr1", 0, None)], ["qname", "SEQ"], ["NM"], ["OQ"], header_only=True
    )
    assert one.arguments() == {
        "id": "a", "format": "BAM", "class_": "header", "fields": ["QNAME", "SEQ"], "tags": ["NM"], "notags": ["OQ"],
        "reference_name": "chr1", "start": 0,
    }  # fmt: skip
    several = SliceRequest("reads", "a", regions=[Region("chr1", 0, 5), Region("chr2")])
    assert several.arguments() == {
        "id": "a",
        "regions": [{"referenceName": "chr1", "start": 0, "end": 5}, {"referenceName": "chr2"}],
    }


READS = SliceRequest("reads", "NA12878")
BASE = "https://htsget.example.org"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["htsget", "format", "urls", "url", "headers", "md5"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def ticket(*blocks: Any, **more: Any) -> dict[str, Any]:
    return {"htsget": {"format": "BAM", "urls": list(blocks), **more}}


def block(url: str, **headers: Any) -> dict[str, Any]:
    return {"url": url, "headers": headers}


def test_blocks_are_read_in_their_order() -> None:
    payload = ticket(
        {"url": "data:application/vnd.ga4gh.bam;base64,QkFNAQ==", "class": "header"},
        block("https://a.example.org/x?sig=s", Range="bytes=100-199", Authorization="Bearer t"),
        block("https://a.example.org/x", range="bytes=200-"),
        {"url": "https://a.example.org/y"},
        {"url": "data:,a%20b"},
        md5="8A6049FAD4943FF4C6DE5C22DF97D001",
    )
    parsed_ticket = ticket_of(payload, READS, BASE)
    assert (parsed_ticket.format, parsed_ticket.md5) == ("BAM", "8a6049fad4943ff4c6de5c22df97d001")
    assert [(entry.start, entry.end, entry.data) for entry in parsed_ticket.blocks] == [
        (0, None, b"BAM\x01"),
        (100, 200, None),
        (200, None, None),
        (0, None, None),
        (0, None, b"a b"),
    ]
    assert dict(parsed_ticket.blocks[1].headers) == {"Authorization": "Bearer t"}


def test_a_block_shows_no_secret() -> None:
    parsed_ticket = ticket_of(
        ticket(block("https://a.example.org/x?sig=s3cret", Authorization="Bearer s3cret")), READS, BASE
    )
    assert "s3cret" not in repr(parsed_ticket)
    again = ticket_of(ticket(block("https://a.example.org/x?sig=other", Authorization="Bearer other")), READS, BASE)
    assert parsed_ticket.blocks[0].key == again.blocks[0].key


def test_blocks_are_told_apart_by_query_and_headers() -> None:
    url = "https://a.example.org/data/x"
    blocks = ticket_of(
        ticket(
            block(url, HtsgetBlockClass="header"),
            block(url),
            block(f"{url}?referenceName=chr1"),
            block(f"{url}?referenceName=chr2"),
        ),
        READS,
        BASE,
    ).blocks
    assert len({entry.key for entry in blocks}) == len({entry.source for entry in blocks}) == 4


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (block("https://a.example.org/x?r=1&token=a"), block("https://a.example.org/x?r=1&token=b")),
        (block("https://a.example.org/x?X-Sandbox-Expires=1&r=1"), block("https://a.example.org/x?X-Sandbox-Expires=2&r=1")),
        (block("https://a.example.org/x?AWSAccessKeyId=a&Expires=1&Signature=x"), block("https://a.example.org/x?Signature=y")),
        (block("https://a.example.org/x", Part="1", Authorization="a"), block("https://a.example.org/x", part="1")),
    ],
)  # fmt: skip
def test_a_block_is_the_same_in_a_later_ticket(first: Any, later: Any) -> None:
    keys = {ticket_of(ticket(entry), READS, BASE).blocks[0].key for entry in (first, later)}
    assert len(keys) == 1


def test_the_format_is_the_default_where_a_ticket_states_none() -> None:
    for unstated in ({}, {"format": None}):
        assert ticket_of({"htsget": {"urls": [], **unstated}}, READS, BASE).format == "BAM"
    assert ticket_of({"htsget": {"urls": [], "format": "vcf"}}, SliceRequest("variants", "x"), BASE).format == "VCF"


@pytest.mark.parametrize(
    ("slice_request", "format_name"),
    [(READS, "VCF"), (READS, 5), (READS, "x" * 9999), (SliceRequest("reads", "x", "CRAM"), "BAM")],
)
def test_a_ticket_of_another_format_is_refused(slice_request: SliceRequest, format_name: Any) -> None:
    with pytest.raises(InvalidFormat, match=f"ticket is of {str(format_name)[:40]}") as refused:
        ticket_of({"htsget": {"format": format_name, "urls": []}}, slice_request, BASE)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "response",
    [
        [], {}, {"htsget": None}, {"htsget": {"format": "BAM"}}, ticket(5), ticket({"url": ""}), ticket({"url": 5}),
        ticket(block("https://a.example.org/x", Range=5)), ticket(md5="xyz"), ticket(md5=5),
    ],
)  # fmt: skip
def test_an_invalid_ticket_is_refused(response: Any) -> None:
    with pytest.raises(DecodeError):
        ticket_of(response, READS, BASE)


@pytest.mark.parametrize(
    "entry",
    [
        block("http://a.example.org/x"), block("ftp://a.example.org/x"), block("file:///etc/passwd"), block("/x"), block("https:///x"),
        {"url": "data:;base64,@@@"}, {"url": "data:none"},
        block("https://a.example.org/x", Range="bytes=-5"), block("https://a.example.org/x", Range="bytes=9-5"),
        block("https://a.example.org/x", Range="bytes=0-1,3-4"), block("https://a.example.org/x", Range="x" * 9999),
        block(f"http://a.example.org/{'x' * 9999}"),
    ],
)  # fmt: skip
def test_a_block_that_cannot_be_fetched_is_refused(entry: Any) -> None:
    with pytest.raises(TransferError) as refused:
        ticket_of(ticket(entry), READS, BASE)
    assert len(str(refused.value)) < 300


def test_plain_http_is_for_this_machine_and_for_servers_that_have_it_themselves() -> None:
    assert ticket_of(ticket(block("http://127.0.0.1:8000/x")), READS, BASE).blocks
    assert ticket_of(ticket(block("http://a.example.org/x")), READS, "http://htsget.example.org").blocks


@given(JSON)
def test_no_response_is_a_crash(response: Any) -> None:
    try:
        parsed_ticket = ticket_of(response, READS, BASE)
    except (DecodeError, TransferError):
        return
    assert parsed_ticket.format in ("BAM", "CRAM")
