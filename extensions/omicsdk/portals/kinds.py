"""What rows of lists became, in words: kinds of files by their names, and where they come from."""

from __future__ import annotations

from collections import Counter

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
    parts = file.name.rpartition("/")[2].lower().rsplit(".", 2)
    suffix = parts[-1] if len(parts) > 1 else ""
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
