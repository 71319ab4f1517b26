"""Companions of files: indexes and checksums that are stored beside data by convention. Sends no requests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from omicsdk.portals.lists import ListedFile

_TABIX = (("", ".tbi"), ("", ".csi"))
_FASTA = (("", ".fai"), ("", ".gzi"))
# By the end of a name, those of its indexes: what is left out at its end, and what follows.
_INDEXES = {
    ".bam": (("", ".bai"), (".bam", ".bai"), ("", ".csi")),
    ".cram": (("", ".crai"), (".cram", ".crai")),
    ".bcf": (("", ".csi"),),
    **dict.fromkeys((".vcf.gz", ".bed.gz", ".gff.gz", ".gff3.gz", ".gtf.gz", ".tsv.gz", ".txt.gz"), _TABIX),
    **dict.fromkeys((".fa", ".fasta", ".fna"), _FASTA[:1]),
    **dict.fromkeys((".fa.gz", ".fasta.gz", ".fna.gz"), _FASTA),
}
_CHECKSUM = (("", ".md5"),)
_ENDS = tuple({end for _, end in chain(*_INDEXES.values(), _CHECKSUM)})


def companions_of(file: ListedFile) -> Iterator[ListedFile]:
    """The files that may be beside a file, of which nothing but the address and the name is known.

    Args:
        file: A file at a URL or in a bucket. An index, or a file at an address with a query, has none,
            nor have files at FTP servers, which are not asked.
    """
    above, _, last = file.address.lower().rpartition("/")
    if above.startswith("ftp:") or "?" in last or "#" in last or "." not in last or last.endswith(_ENDS):
        return
    indexes = next((ending for end, ending in _INDEXES.items() if last.endswith(end)), ())
    for left_out, end in (*indexes, *_CHECKSUM):
        cut = file.name[: -len(left_out)] if left_out and file.name.lower().endswith(left_out) else file.name
        address = file.address[: len(file.address) - len(left_out)] + end
        yield ListedFile(file.kind, address, cut + end, folder=file.folder, headers=file.headers)
