"""BAM files of reads that match their reference sequences (SAM specification, 4.2)."""

import struct
from collections.abc import Iterable

from omicsdk.sandbox.ga4gh.htsget import BGZF_END, bgzf


def bam(references: Iterable[tuple[str, int]], reads: Iterable[tuple[str, int, int, str]]) -> bytes:
    """Make a BAM file.

    Args:
        references: The reference sequences: name and length.
        reads: The reads, sorted: name, index of the reference, position from 0, letters; all of them match.
    """
    sequences = list(references)
    text = "".join(
        ["@HD\tVN:1.6\tSO:coordinate\n", *(f"@SQ\tSN:{name}\tLN:{length}\n" for name, length in sequences)]
    ).encode()
    head = [b"BAM\x01", struct.pack("<i", len(text)), text, struct.pack("<i", len(sequences))]
    for name, length in sequences:
        head.append(struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", length))
    records = b"".join(_record(*read) for read in reads)
    return bgzf(b"".join(head)) + bgzf(records) + BGZF_END


def _record(name: str, reference: int, position: int, letters: str) -> bytes:
    codes = ["=ACMGRSVTWYHKDBN".index(letter) for letter in letters]
    codes += [0] * (len(codes) % 2)
    packed = bytes(first << 4 | second for first, second in zip(codes[::2], codes[1::2], strict=True))
    called = name.encode() + b"\0"
    # The bin is used by an index of the file only.
    fixed = struct.pack("<iiBBHHHiiii", reference, position, len(called), 60, 4680, 1, 0, len(letters), -1, -1, 0)
    body = fixed + called + struct.pack("<I", len(letters) << 4) + packed + b"\x28" * len(letters)
    return struct.pack("<i", len(body)) + body
