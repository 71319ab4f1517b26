"""Regions as samtools writes them, addresses of data sets, and the format that is requested."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk import UsageError
from omicsdk.ga4gh import Region, parse_region
from omicsdk.ga4gh.formats import Format
from omicsdk.ga4gh.tickets import Kind, SliceRequest, chosen_format, parse_address

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
    found = parse_region(f"{name}:{first}-{first + more}")
    assert (found.reference, found.start, found.end) == (name, first - 1, first + more)
    assert found == parse_region(f"{name}:{first:,}-{first + more:,}")
    assert (found.end or 0) - (found.start or 0) == more + 1  # letters of the region
    assert parse_region(f"{{{name}}}:{first}-{first + more}") == found


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


@pytest.mark.parametrize("text", ["", "https://h.example.org/", "https://h.example.org/reads/", "https://h.example.org/reads/a?format=BAM", "https://["])  # fmt: skip
def test_an_invalid_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_address(text)


def test_the_format_is_stated_or_follows_from_the_address_and_the_name() -> None:
    assert chosen_format(None, None, "a.out") == ("reads", None)
    assert chosen_format(None, "VCF", "a.out") == ("variants", "VCF")
    assert chosen_format(None, None, "A.VCF.GZ") == ("variants", "VCF")
    assert chosen_format(None, None, "a.cram") == ("reads", "CRAM")
    assert chosen_format("variants", None, "a.bcf") == ("variants", "BCF")
    with pytest.raises(UsageError, match="Unknown format VCF for reads"):
        chosen_format("reads", "VCF", "a.vcf")


@pytest.mark.parametrize(
    ("kind", "stated", "path", "said"),
    [
        (None, "VCF", "a.bam", "suffix of a BAM file, and VCF is requested"),
        ("reads", "BAM", "a.cram", "suffix of a CRAM file, and BAM is requested"),
        ("variants", "VCF", "a.bcf", "suffix of a BCF file, and VCF is requested"),
        ("reads", None, "a.vcf", "suffix of a VCF file, and the data set is of reads"),
        ("variants", None, "A.BAM", "suffix of a BAM file, and the data set is of variants"),
    ],
)
def test_a_name_of_another_format_is_refused(kind: Kind | None, stated: Format | None, path: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        chosen_format(kind, stated, path)


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
