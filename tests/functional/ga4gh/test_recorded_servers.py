"""htsget, refget and TRS against what servers that others wrote answered: see tests/data/ga4gh/recordings."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from omicsdk import NO_RETRY, BadRequest, Htsget, NotFound
from omicsdk.ga4gh import InvalidFormat
from omicsdk.sandbox.ga4gh.alignments import BGZF_END
from recorded_server import RecordedServer, exchanges

Serve = Callable[[RecordedServer], RecordedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Close a server after the test, which also states whether all it was asked for was recorded."""
    with ExitStack() as stack:

        def start(server: RecordedServer) -> RecordedServer:
            stack.callback(server.close)
            return server

        yield start


# -- GA4GH's reference server of htsget


@pytest.fixture
def refserver(serve: Serve) -> RecordedServer:
    return serve(RecordedServer(exchanges("htsget-refserver"), defaults=("format=BAM", "format=VCF")))


@pytest.fixture
def htsget(refserver: RecordedServer) -> Iterator[Htsget]:
    with Htsget(f"http://127.0.0.1:{refserver.port}", retry=NO_RETRY, environ={}) as client:
        yield client
    assert refserver.unknown == []


def reads(bam: Path) -> int:
    """Count the reads of a BAM file."""
    plain = gzip.decompress(bam.read_bytes())
    (text,) = struct.unpack_from("<i", plain, 4)
    (references,) = struct.unpack_from("<i", plain, 8 + text)
    at, count = 12 + text, 0
    for _ in range(references):
        at += 8 + struct.unpack_from("<i", plain, at)[0]
    while at < len(plain):
        at += 4 + struct.unpack_from("<i", plain, at)[0]
        count += 1
    return count


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"fields": ["QNAME", "POS"]}, 2000),
        ({"fields": ["QNAME", "FLAG", "POS"], "regions": ["chr1:101-400"]}, 38),
        ({"tags": ["NM"], "regions": ["chr1:101-400"]}, 38),
        ({"regions": ["chr1:101-400"]}, 38),
        ({"format": "BAM", "regions": ["chr1:101-200", "chr2:101-200"]}, 27),
    ],
)
def test_blocks_of_one_url_are_told_apart_by_their_headers(
    htsget: Htsget, tmp_path: Path, options: dict[str, Any], count: int
) -> None:
    saved = htsget.download("a", tmp_path / "a.file", **options)
    assert reads(tmp_path / "a.file") == count
    assert (tmp_path / "a.file").read_bytes().endswith(BGZF_END)
    assert saved.verification == "format"


def test_plain_variants_are_unverified_and_their_name_must_fit(
    htsget: Htsget, refserver: RecordedServer, tmp_path: Path
) -> None:
    saved = htsget.download("v", tmp_path / "a.vcf", regions=["chr2:101-400"])
    lines = (tmp_path / "a.vcf").read_text().splitlines()
    assert [line.split("\t")[1] for line in lines if line.startswith("chr2")][:2] == ["130", "170"]
    assert saved.verification == "unverified"
    with pytest.raises(InvalidFormat, match=r"plain text, which the name contradicts. Use a name that ends in \.vcf"):
        htsget.download("v", tmp_path / "b.vcf.gz", regions=["chr2:101-400"])
    with pytest.raises(InvalidFormat, match=r"compressed file, which the name contradicts"):
        htsget.download("v", tmp_path / "c.vcf", format="VCF")
    assert [path.name for path in tmp_path.iterdir()] == ["a.vcf"]
    assert refserver.requests[-1][1] == "/file-bytes"


def test_zeros_after_a_small_file_are_not_of_it(htsget: Htsget, tmp_path: Path) -> None:
    saved = htsget.download("v", tmp_path / "a.vcf.gz")
    assert (saved.size, saved.verification) == (1596, "format")  # of 8192 bytes that were sent
    assert gzip.decompress((tmp_path / "a.vcf.gz").read_bytes()).count(b"\nchr") == 500


def test_headers_alone_and_errors_of_a_real_server(htsget: Htsget, tmp_path: Path) -> None:
    assert htsget.download("a", tmp_path / "a.file", header_only=True).size == 156
    assert htsget.download("v", tmp_path / "b.file", format="VCF", header_only=True).verification == "unverified"
    with pytest.raises(NotFound, match="The requested resource was not found"):
        htsget.download("nothere", tmp_path / "c.file")
    with pytest.raises(BadRequest, match="InvalidRange"):
        htsget.download("a", tmp_path / "c.file", regions=["chrX"])
