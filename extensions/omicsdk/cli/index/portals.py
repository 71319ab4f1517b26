"""The commands for data that lists, names and searches of portals give: fetched, locked, and kept in the shared cache."""

from __future__ import annotations

from omicsdk.cli.commands import cache, locks
from omicsdk.cli.index import Entry
from omicsdk.locks.sources import add
from omicsdk.portals.downloads import get
from omicsdk.portals.searches import search

SERVICE = ""

READS = ("get", "search", "status", "cache ls", "cache verify")
WRITES = ("add", "lock", "pull", "report", "cache prune")

# The words for values of options that every command on lists and names of data has.
_WORDS_OF_LISTS = {"format": "FORMAT", "map": "WHAT=COLUMN", "prefer": "WORD", "where": "CONDITIONS", "base": "URL"}

COMMANDS = (
    Entry(
        "get",
        get,
        positional=("what",),
        flags={"folder": "--to"},
        choices=("reads",),
        repeated=("prefer", "map"),
        metavars={**_WORDS_OF_LISTS, "result": "FILE"},
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
    Entry(
        "add",
        add,
        choices=("reads",),
        repeated=("prefer", "map"),
        metavars={**_WORDS_OF_LISTS, "to": "FOLDER"},
        like=(get,),
        examples=(
            "gdc_manifest.txt --to data/raw",
            "PRJNA257197 --to reads --where 'library_strategy=RNA-Seq' --name ebola",
            "drs://dg.4503:0d8b4c1e s3://my-bucket/runs/a.bam",
        ),
    ),
    Entry(
        "lock",
        locks.lock,
        render=locks.resolved,
        columns=("state", "path", "why"),
        metavars={"to": "PATH"},
        examples=(
            "",
            "--update",
            "ebola --update",
            "--export md5sum | md5sum --check",
            "--export nextflow --to samples.csv",
        ),
    ),
    Entry(
        "pull",
        locks.pull,
        flags={"check_only": "--check"},
        title="Download of",
        render=locks.pulled,
        examples=("", "ebola --connections 8", "--check"),
    ),
    Entry("report", locks.report, examples=("omics.lock provenance.html", "pulled.jsonl ro-crate-metadata.json")),
    Entry(
        "status", locks.status, columns=("state", "path", "why"), examples=("", "--verify", "--upstream --output jsonl")
    ),
    Entry("cache ls", cache.ls, columns=("size", "used", "sha256"), examples=("", "--cache /shared/omics")),
    Entry(
        "cache prune",
        cache.prune,
        like=(cache.ls,),
        columns=("size", "used", "sha256"),
        examples=("--older 90d --max-size 2T", "--max-size 500G --dry-run"),
    ),
    Entry("cache verify", cache.verify, like=(cache.ls,), columns=("state", "path", "why"), examples=("",)),
)
