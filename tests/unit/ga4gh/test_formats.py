"""Files of reads and variants: their first bytes, their blocks and their ends."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.ga4gh import FileCheck, InvalidFormat
from omicsdk.ga4gh.formats import BGZF_END, CRAM_ENDS, Format, format_of
from omicsdk.sandbox.ga4gh.htsget import bgzf

BAM = bgzf(b"BAM\x01" + bytes(range(256)) * 600) + BGZF_END
VCF = b"##fileformat=VCFv4.3\n#CHROM\tPOS\nchr1\t5\n"
BCF = bgzf(b"BCF\x02\x02" + b"x" * 50) + BGZF_END
CRAM = b"CRAM\x03\x00" + b"y" * 500 + CRAM_ENDS[3]
FILES: dict[str, tuple[Format, bytes]] = {
    "BAM": ("BAM", BAM),
    "BCF": ("BCF", BCF),
    "VCF": ("VCF", VCF),
    "VCF in BGZF": ("VCF", bgzf(VCF) + BGZF_END),
    "CRAM 3": ("CRAM", CRAM),
    "CRAM 2": ("CRAM", b"CRAM\x02\x01" + b"y" * 50 + CRAM_ENDS[2]),
}


def checked(
    kind: Format,
    data: bytes,
    *,
    pieces: list[int] | None = None,
    complete: bool = True,
    compressed: bool | None = None,
) -> FileCheck:
    check = FileCheck(kind, "a.file", complete=complete, compressed=compressed)
    at = 0
    for size in pieces or [len(data)]:
        check.feed(data[at : at + size])
        at += size
    check.feed(data[at:])
    check.finish()
    return check


@pytest.mark.parametrize("name", FILES)
def test_complete_files_pass(name: str) -> None:
    kind, data = FILES[name]
    check = checked(kind, data)
    assert format_of(data[:4096]) == kind
    assert check.verifies == (name in ("BAM", "BCF", "VCF in BGZF"))  # nothing shows what is missing within the others


def test_a_name_that_contradicts_the_compression_is_refused_at_the_first_piece() -> None:
    for data, compressed, suffix in ((VCF, True, ".vcf"), (bgzf(VCF), False, ".vcf.gz")):
        with pytest.raises(InvalidFormat, match=f"name contradicts. Use a name that ends in {suffix}"):
            FileCheck("VCF", "a.file", compressed=compressed).feed(data[:20])
    checked("VCF", VCF, compressed=False)
    checked("VCF", bgzf(VCF) + BGZF_END, compressed=True)
    with pytest.raises(InvalidFormat, match="a web page"):
        checked("VCF", b"<html>", compressed=True)


@given(st.sampled_from(sorted(FILES)), st.lists(st.integers(1, 70_000), max_size=12))
def test_it_does_not_matter_in_which_pieces_they_come(name: str, pieces: list[int]) -> None:
    kind, data = FILES[name]
    checked(kind, data, pieces=pieces)


@given(st.sampled_from(["BAM", "BCF", "VCF in BGZF", "CRAM 3"]), st.data())
def test_no_cut_passes(name: str, data: st.DataObject) -> None:
    kind, whole = FILES[name]
    length = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(InvalidFormat):
        checked(kind, whole[:length])


@given(st.data())
def test_a_piece_that_is_missing_within_is_found(data: st.DataObject) -> None:
    start = data.draw(st.integers(20, len(BAM) - 100))
    length = data.draw(st.integers(1, 60))
    with pytest.raises(InvalidFormat):
        checked("BAM", BAM[:start] + BAM[start + length :])


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        ("BAM", b"", "it is empty"),
        ("BAM", VCF, "it is VCF"),
        ("CRAM", BAM, "it is BAM"),
        ("BAM", CRAM, "it is CRAM"),
        ("BCF", BAM, "it is BAM"),
        ("BAM", b"<html>no</html>\n", "a web page"),
        ("VCF", b'{"error": 1}\n', "JSON"),
        ("BAM", b"\x00\x01\x02", "begins with 00 01 02"),
        ("VCF", gzip.compress(VCF, mtime=0), "byte 0 is not the beginning of a BGZF block"),
        ("BAM", BAM.removesuffix(BGZF_END), "the end marker of BGZF is missing"),
        ("CRAM", CRAM.removesuffix(CRAM_ENDS[3]), "the end container of CRAM is missing"),
        ("VCF", VCF.rstrip(b"\n"), "its last line is truncated"),
    ],
)
def test_what_is_wrong_is_named(kind: Format, data: bytes, message: str) -> None:
    with pytest.raises(InvalidFormat, match=message):
        checked(kind, data)


def test_a_header_alone_needs_no_end() -> None:
    checked("BAM", BAM.removesuffix(BGZF_END), complete=False)
    checked("CRAM", CRAM.removesuffix(CRAM_ENDS[3]), complete=False)
    with pytest.raises(InvalidFormat, match="its last BGZF block is truncated"):
        checked("BAM", BAM[:-40], complete=False)


@given(st.binary(max_size=200))
def test_no_bytes_are_a_crash(data: bytes) -> None:
    check = FileCheck("BAM", "a.bam")
    try:
        check.feed(data)
        check.finish()
    except InvalidFormat:
        return
    assert format_of(data) == "BAM"


def test_bgzf_is_gzip() -> None:
    assert gzip.decompress(BAM) == b"BAM\x01" + bytes(range(256)) * 600
