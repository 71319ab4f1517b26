"""Kinds of files by their names: what rows of lists became, in words, and the indexes and checksums stored beside data by convention."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain

from omicsdk.portals.lists import ListedFile

_COMPRESSED = frozenset(("gz", "bz2", "bgz", "xz", "zst"))
_KINDS = {
    "fastq": "FASTQ",
    "fq": "FASTQ",
    "sra": "SRA archive",
    "sralite": "SRA archive",
    "fa": "FASTA",
    "fna": "FASTA",
    **dict.fromkeys(("bai", "crai", "tbi", "csi", "fai", "gzi"), "index"),
}
# A run as the SRA's clouds name it, without a suffix of its format.
_RUN = re.compile(r"[sed]rr[0-9]+(\.(lite|zq))?(\.[0-9]+)?")
_SOURCES = {
    "gdc": "the GDC",
    **dict.fromkeys(("sra", "sra-fastq", "sra-bam"), "the SRA"),
    "azul": "Azul",
    "drs": "DRS",
    "gen3-guid": "Gen3",
    "gs": "Google Cloud",
    "s3": "S3",
}
# Kinds that are shown one by one; the others are counted together.
_SHOWN = 6


def kind_of(file: ListedFile) -> tuple[str, str]:
    """The kind of a file by its name, and where it comes from.

    Args:
        file: The file.
    """
    name = file.name.rpartition("/")[2].lower()
    parts = name.rsplit(".", 2)
    suffix = "sra" if _RUN.fullmatch(name) else parts[-1] if len(parts) > 1 else ""
    if suffix in _COMPRESSED and len(parts) > 2:
        suffix = parts[1]
    if file.kind == "url":
        source = file.address.split("/", 3)[2].rpartition("@")[2] if file.address.count("/") > 1 else ""
        source = "ENA" if source.endswith("sra.ebi.ac.uk") else source
    else:
        source = _SOURCES.get(file.kind, file.kind)
    return _KINDS.get(suffix, suffix.upper() if 0 < len(suffix) <= 8 else "other"), source


def kinds_in_words(kinds: Counter[tuple[str, str]], empty: int) -> str:
    """Kinds with their counts: `4 FASTQ by ENA, 2 SRA archive by the SRA, 1 row without a file`.

    Args:
        kinds: Files by kind and source.
        empty: Rows without a file.
    """
    ranked = kinds.most_common()
    phrases = [f"{count:,} {kind} by {source}" for (kind, source), count in ranked[:_SHOWN]]
    if more := sum(count for _, count in ranked[_SHOWN:]):
        phrases.append(f"{more:,} of other kinds")
    if empty:
        phrases.append(f"{empty:,} {'row' if empty == 1 else 'rows'} without a file")
    return ", ".join(phrases)


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
