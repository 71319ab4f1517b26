"""The commands of the Tool Registry Service."""

from __future__ import annotations

from omicsdk import Trs
from omicsdk.cli.commands import ga4gh
from omicsdk.cli.index import Entry
from omicsdk.ga4gh.trs import COLUMNS

_TOOL = "'#workflow/github.com/org/align'"

READS = ("ls", "get", "versions", "files", "download")

COMMANDS = (
    Entry("ls", Trs.ls, columns=COLUMNS, examples=("--organization org --descriptor-type CWL",)),
    Entry("get", Trs.describe, flags={"tool": "--id"}, examples=(_TOOL,)),
    Entry(
        "versions",
        Trs.versions,
        flags={"tool": "--id"},
        columns=("id", "name", "descriptor_type", "is_production"),
        examples=(_TOOL,),
    ),
    Entry("files", Trs.files, flags={"tool": "--id"}, columns=("path", "kind"), examples=(f"{_TOOL} --version v1.0",)),
    Entry(
        "download",
        Trs.download,
        positional=("tool",),
        flags={"tool": "--id", "folder": "--download-dir"},
        short={"folder": "-d"},
        hidden=("renewals", "resume_unvalidated", "cache", "link"),
        render=ga4gh.downloaded,
        title="Download of",
        examples=(f"{_TOOL} --version v1.0 --type CWL -d align", f"{_TOOL} --dry-run"),
    ),
    Entry("classes", None, operation="list-tool-classes"),
    Entry("service-info", None, operation="get-service-info"),
)
