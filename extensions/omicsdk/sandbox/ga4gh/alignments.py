"""Files of reads and variants that htsget serves: slices of BAM and VCF by region, and the headers of all formats.

CRAM and BCF are served whole whatever the region, which the standard allows: a response may have more than was requested.
"""

import gzip
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from omicsdk.sandbox.problems import Problem

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
# Bytes of contents in a block: what zlib cannot shorten has to fit into 64 KiB with the block's header.
_BLOCK = 65_280
_GZIP = b"\x1f\x8b"
# CIGAR operations that move along the reference: M, D, N, =, X (SAM specification, 4.2).
_ON_REFERENCE = frozenset((0, 2, 3, 7, 8))


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a reference sequence.

    Attributes:
        reference: Its name.
        start: The first position, from 0.
        end: The position after the last one.
    """

    reference: str
    start: int = 0
    end: int = 1 << 62


def bgzf(data: bytes) -> bytes:
    """Compress bytes to blocks, without the empty one at the end."""
    blocks: list[bytes] = []
    for at in range(0, len(data), _BLOCK):
        piece = data[at : at + _BLOCK]
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(piece) + packer.flush()
        size = len(packed) + 25  # all 26 bytes around them, less one
        head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, size)
        blocks.append(head + packed + struct.pack("<II", zlib.crc32(piece), len(piece)))
    return b"".join(blocks)


def sliced(kind: str, content: bytes, regions: Sequence[Region]) -> tuple[bytes, bytes]:
    """The header and the records of a file, each as its bytes in the file that is served.

    Args:
        kind: The format: BAM, CRAM, VCF or BCF.
        content: The complete file.
        regions: The regions; all records without any.

    Raises:
        Problem: 404; the file has no reference sequence of a region's name.
    """
    if kind == "BAM":
        return _bam(gzip.decompress(content), regions)
    if kind == "VCF":
        return _vcf(gzip.decompress(content) if content.startswith(_GZIP) else content, regions)
    return b"", content


# -- BAM (SAM specification, 4.2)


def _bam(plain: bytes, regions: Sequence[Region]) -> tuple[bytes, bytes]:
    at, names = _references(plain)
    wanted = [(-1 if each.reference == "*" else _index(names, each.reference), each) for each in regions]
    kept = [
        record
        for reference, start, end, record in _records(plain, at)
        if not wanted or any(reference == index and start < each.end and end > each.start for index, each in wanted)
    ]
    return bgzf(plain[:at]), bgzf(b"".join(kept)) + BGZF_END


def _references(plain: bytes) -> tuple[int, list[str]]:
    """The offset of the records, and the names of the reference sequences."""
    at = 8 + _number(plain, 4)
    count, names = _number(plain, at), list[str]()
    at += 4
    for _ in range(count):
        length = _number(plain, at)
        names.append(plain[at + 4 : at + 3 + length].decode())
        at += length + 8
    return at, names


def _index(names: Sequence[str], name: str) -> int:
    if name not in names:
        raise Problem(404, "NotFound", f"The data set has no reference sequence {name}")
    return names.index(name)


def _records(plain: bytes, at: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Each read: the index of its reference, where it begins and ends there, and its bytes."""
    while at < len(plain):
        size = _number(plain, at) + 4
        reference, start = struct.unpack_from("<ii", plain, at + 4)
        name_length, operations = plain[at + 12], struct.unpack_from("<H", plain, at + 16)[0]
        cigar = struct.unpack_from(f"<{operations}I", plain, at + 36 + name_length)
        span = sum(each >> 4 for each in cigar if each & 15 in _ON_REFERENCE)
        # Unmapped reads have no position: -1 is before all regions, and "*" has no end.
        yield reference, max(start, 0), max(start, 0) + max(span, 1), plain[at : at + size]
        at += size


def _number(plain: bytes, at: int) -> int:
    return struct.unpack_from("<i", plain, at)[0]


# -- VCF


def _vcf(plain: bytes, regions: Sequence[Region]) -> tuple[bytes, bytes]:
    lines = plain.splitlines(keepends=True)
    head = [line for line in lines if line.startswith(b"#")]
    known = {_columns(line)[0] for line in lines if not line.startswith(b"#")}
    for each in regions:
        if each.reference not in known and f"ID={each.reference}".encode() not in b"".join(head):
            raise Problem(404, "NotFound", f"The data set has no reference sequence {each.reference}")
    kept = [line for line in lines[len(head) :] if not regions or any(_overlaps(line, each) for each in regions)]
    return bgzf(b"".join(head)), bgzf(b"".join(kept)) + BGZF_END


def _columns(line: bytes) -> tuple[str, int, int]:
    """The reference of a variant, and where it begins and ends there."""
    reference, position, _, letters = line.decode().split("\t")[:4]
    return reference, int(position) - 1, int(position) - 1 + len(letters)


def _overlaps(line: bytes, region: Region) -> bool:
    reference, start, end = _columns(line)
    return reference == region.reference and start < region.end and end > region.start
