"""The commands of DRS objects on any server."""

from __future__ import annotations

from omicsdk import Drs
from omicsdk.cli.commands import drs
from omicsdk.cli.index import Entry
from omicsdk.cli.options import QUIET

BY_SIGNATURE = True

_URI = "drs://drs.example.org/314159"

COMMANDS = (
    Entry(
        "get",
        Drs.describe,
        flags={"what": "--uri"},
        hidden=("settings",),
        examples=(_URI, "drs://dg.4503:0d8b4c1e", "314159 --base-url https://drs.example.org"),
    ),
    Entry("ls", drs.ls, columns=("file_name", "size", "object_id"), examples=(_URI,)),
    Entry(
        "download",
        drs.download,
        short={"download_dir": "-d"},
        options=(QUIET,),
        title="Download of",
        render=drs.downloaded,
        examples=(f"{_URI} -d data", f"{_URI} drs://dg.4503:0d8b4c1e --dry-run"),
    ),
    Entry(
        "resolve",
        Drs.locate,
        flags={"what": "--uri", "preferred": "--prefer"},
        hidden=("settings",),
        examples=(_URI, "drs://dg.4503:0d8b4c1e --query access[0].url"),
    ),
)
