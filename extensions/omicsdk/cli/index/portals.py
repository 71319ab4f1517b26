"""The commands for data of portals."""

from __future__ import annotations

from omicsdk.cli.index import Entry
from omicsdk.portals.downloads import get
from omicsdk.portals.searches import search

SERVICE = ""

READS = ("get", "search")

# The words for values of options that every command on lists and names of data has.
WORDS_OF_LISTS = {"format": "FORMAT", "map": "WHAT=COLUMN", "prefer": "WORD", "where": "CONDITIONS", "base": "URL"}

COMMANDS = (
    Entry(
        "get",
        get,
        positional=("what",),
        flags={"folder": "--to"},
        choices=("reads",),
        repeated=("prefer", "map"),
        metavars={**WORDS_OF_LISTS, "result": "FILE"},
        title="Download of",
        examples=(
            "PRJNA257197 --to reads --where 'library_strategy=RNA-Seq' --dry-run",
            "SRR1553607 SRX079566 --to archives --sra",
            "GSE147507 --to tables --suppl",
            "gdc_manifest.txt --to data",
            "filereport_read_run.tsv --to reads --prefer submitted --dry-run",
            "urls.txt SHA256SUMS --to data --require-checksum",
            "drs://dg.4503:0d8b4c1e s3://my-bucket/runs/a.bam --to data",
            "gdc_manifest.txt --to data --sample 3 --related",
        ),
    ),
    Entry(
        "search",
        search,
        flags={"portals": "--portal"},
        repeated=("portals",),
        metavars={"text": "WORDS", "portals": "PORTAL", "organism": "NAME", "assay": "NAME"},
        columns=("id", "portal", "title", "organism", "files", "size", "access"),
        examples=(
            "'retina scRNA' --organism human",
            "'lung fibroblast' --portal azul --portal geo --assay scRNA-seq",
            "glioma --portal gdc --output tsv --query '[].id'",
        ),
    ),
)
