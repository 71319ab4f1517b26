"""The commands for files of all platforms by their URIs."""

from __future__ import annotations

from dataclasses import replace

from omicsdk.cli.commands.files import changes, listings
from omicsdk.cli.commands.values import at_least_0
from omicsdk.cli.index import Entry
from omicsdk.transfer.engine.options import FILTERS

SERVICE = ""

_RESULTS = ("source", "target", "plan", "size", "state", "verification")
# Commands for exactly the files and folders that are named select nothing: they have no filters.
_NAMED = ("cat", "stat", "mkdir", "presign")
_BUNDLE = "dss://aws/5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"

READS = ("ls", "cat", "stat", "du", "find", "verify")
WRITES = ("cp", "mv", "rm", "mkdir", "sync")
PRIVATE = ("presign",)

_ENTRIES = (
    Entry(
        "ls",
        listings.ls,
        columns=("name", "size", "modified", "kind", "uri"),
        examples=("sb://me/my-project/reads/", f"-r --include '*.csv' {_BUNDLE}", "-lh s3://my-bucket/runs/"),
    ),
    Entry(
        "cat",
        listings.cat,
        examples=("drs://data.example.org/0d8b4c1e | zcat | head", "--range 0-65535 s3://my-bucket/a.bam > head.bam"),
    ),
    Entry(
        "stat",
        listings.stat,
        examples=("gen3://data.example.org/dg.1234/0d8b4c1e", f"{_BUNDLE}/cells.csv --output json"),
    ),
    Entry(
        "du",
        listings.du,
        short={"depth": "-d"},
        checks={"depth": at_least_0},
        examples=("--depth 1 sb://me/my-project", "-h s3://my-bucket/runs/"),
    ),
    Entry(
        "find",
        listings.find,
        repeated=("name", "metadata"),
        columns=("uri", "size", "modified"),
        also={"newer": ("--newer-than",), "older": ("--older-than",)},
        examples=("sb://me/my-project --name '*.bam' --min-size 1G", "s3://my-bucket/runs --newer 7d"),
    ),
    Entry(
        "cp",
        changes.cp,
        title="Copy",
        columns=_RESULTS,
        examples=(
            f"{_BUNDLE}/cells.csv .",
            "-r sb://me/my-project/reads/ s3://my-bucket/reads/",
            "reads_1.fastq.gz reads_2.fastq.gz sb://me/my-project/reads/",
            "gen3://data.example.org/dg.1234/0d8b4c1e data/ --name-template '{guid}_{name}'",
        ),
    ),
    Entry(
        "mv",
        changes.mv,
        like=(changes.cp,),
        title="Move",
        columns=_RESULTS,
        examples=("s3://my-bucket/runs/1 s3://my-bucket/archive/", "results/ sb://me/my-project/results/"),
    ),
    Entry(
        "rm",
        changes.rm,
        short={"force": "-f"},
        asks=True,
        title="Removal",
        render=changes.removed,
        columns=("uri", "size", "state"),
        examples=("sb://me/my-project/old.bam", "-r --dry-run s3://my-bucket/runs/1"),
    ),
    Entry("mkdir", changes.mkdir, examples=("sb://me/my-project/reads/",)),
    Entry(
        "sync",
        changes.sync,
        like=(changes.cp,),
        short={"update": "-u"},
        checks={"max_delete": at_least_0},
        title="Copy",
        columns=_RESULTS,
        examples=("--dry-run sb://me/my-project/reads/ reads/", "--delete results/ s3://my-bucket/results/"),
    ),
    Entry(
        "verify",
        listings.verify,
        hidden=("dry_run",),
        title="Verification of",
        columns=("name", "state", "why"),
        examples=("reads/", "sb://me/my-project/reads/ reads/", "drs://data.example.org/0d8b4c1e", "--lock"),
    ),
    Entry(
        "presign",
        listings.presign,
        metavars={"expires": "DURATION"},
        examples=("s3://my-bucket/reads.bam --expires 1h", f"{_BUNDLE}/cells.csv"),
    ),
)
COMMANDS = tuple(
    replace(
        entry,
        repeated=(*entry.repeated, "option"),
        hidden=(*entry.hidden, *(FILTERS if entry.command in _NAMED else ())),
    )
    for entry in _ENTRIES
)
