"""The genome that the demo's reads come from: phage lambda, a public sequence record of 48,502 bases."""

import gzip
from pathlib import Path

ACCESSION = "NC_001416.1"
"""RefSeq accession of the complete genome of Enterobacteria phage lambda."""

_FILE = Path(__file__).with_name(f"{ACCESSION}.fasta.gz")


def fasta() -> bytes:
    """The record as it was published: FASTA, lines of 70 bases."""
    return gzip.decompress(_FILE.read_bytes())


def sequence(record: bytes) -> str:
    """The bases of a FASTA text of one record.

    Raises:
        ValueError: It has no record, or several.
    """
    lines = record.decode("ascii").splitlines()
    if [line for line in lines if line.startswith(">")] != lines[:1]:
        raise ValueError("expected FASTA with one record, its title first")
    return "".join(lines[1:])
