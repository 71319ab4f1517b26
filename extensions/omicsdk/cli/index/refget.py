"""The commands of refget."""

from __future__ import annotations

from omicsdk import Refget
from omicsdk.cli.index import Entry

_ID = "6681ac2f62509cfc220d78751b8dc524"

READS = ("get", "metadata")

COMMANDS = (
    Entry(
        "get",
        Refget.download,
        positional=("sequence",),
        flags={"sequence": "--id", "path": "--to"},
        defaults={"path": "-"},
        hidden=("renewals", "resume_unvalidated", "cache", "link"),
        writes={"path": ""},
        metavars={"path": "FILE"},
        title="Download of",
        examples=(
            f"{_ID} --to chrI.fa",
            "SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2 --start 0 --end 60",
            f"{_ID} --format plain",
        ),
    ),
    Entry("metadata", Refget.describe, flags={"sequence": "--id"}, examples=(_ID,)),
    Entry("service-info", None, operation="get-service-info"),
)
