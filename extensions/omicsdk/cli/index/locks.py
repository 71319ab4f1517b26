"""The commands of data locks and of the shared cache."""

from __future__ import annotations

from omicsdk.cli.commands import cache, locks
from omicsdk.cli.index import Entry
from omicsdk.cli.index.portals import WORDS_OF_LISTS
from omicsdk.locks.sources import add
from omicsdk.portals.downloads import get

SERVICE = ""

READS = ("status", "cache ls", "cache verify")
WRITES = ("add", "lock", "pull", "report", "cache prune")

COMMANDS = (
    Entry(
        "add",
        add,
        choices=("reads",),
        repeated=("prefer", "map"),
        metavars={**WORDS_OF_LISTS, "to": "FOLDER"},
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
        "status",
        locks.status,
        columns=("state", "path", "why"),
        examples=("", "--verify", "--upstream --output jsonl"),
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
