"""The commands of DRS objects on any server."""

from __future__ import annotations

from omicsdk import Drs
from omicsdk.cli.commands import ga4gh
from omicsdk.cli.index import Entry
from omicsdk.drs.client import COLUMNS

_URI = "drs://drs.example.org/314159"

READS = ("get", "ls", "download", "resolve")

COMMANDS = (
    Entry(
        "get",
        Drs.describe,
        flags={"what": "--uri"},
        hidden=("settings",),
        examples=(_URI, "drs://dg.4503:0d8b4c1e", "314159 --base-url https://drs.example.org"),
    ),
    Entry("ls", Drs.ls, flags={"what": "--uri"}, hidden=("layout", "settings"), columns=COLUMNS, examples=(_URI,)),
    Entry(
        "download",
        Drs.download,
        positional=("what",),
        flags={"what": "--uris", "folder": "--download-dir"},
        hidden=("settings",),
        short={"folder": "-d"},
        title="Download of",
        render=ga4gh.downloaded,
        examples=(f"{_URI} -d data", f"{_URI} drs://dg.4503:0d8b4c1e --dry-run"),
    ),
    Entry(
        "resolve",
        Drs.locate,
        flags={"what": "--uri"},
        hidden=("settings",),
        examples=(_URI, "drs://dg.4503:0d8b4c1e --query access[0].url"),
    ),
)
