"""The commands of the GA4GH standards: DRS, htsget, refget and the Tool Registry Service, a table each."""

from __future__ import annotations

from omicsdk import Drs, Htsget, Refget, Trs
from omicsdk.cli.commands import ga4gh
from omicsdk.cli.index import Entry
from omicsdk.drs.client import COLUMNS as DRS_COLUMNS
from omicsdk.ga4gh.trs import COLUMNS as TRS_COLUMNS

_OBJECT = "drs://drs.example.org/314159"
_SEQUENCE = "6681ac2f62509cfc220d78751b8dc524"
_TOOL = "'#workflow/github.com/org/align'"


class DrsTable:
    """DRS objects on any server."""

    READS = ("get", "ls", "download", "resolve")

    COMMANDS = (
        Entry(
            "get",
            Drs.describe,
            flags={"what": "--uri"},
            hidden=("settings",),
            examples=(_OBJECT, "drs://dg.4503:0d8b4c1e", "314159 --base-url https://drs.example.org"),
        ),
        Entry(
            "ls",
            Drs.ls,
            flags={"what": "--uri"},
            hidden=("layout", "settings"),
            columns=DRS_COLUMNS,
            examples=(_OBJECT,),
        ),
        Entry(
            "download",
            Drs.download,
            positional=("what",),
            flags={"what": "--uris", "folder": "--download-dir"},
            hidden=("settings",),
            short={"folder": "-d"},
            title="Download of",
            render=ga4gh.downloaded,
            examples=(f"{_OBJECT} -d data", f"{_OBJECT} drs://dg.4503:0d8b4c1e --dry-run"),
        ),
        Entry(
            "resolve",
            Drs.locate,
            flags={"what": "--uri"},
            hidden=("settings",),
            examples=(_OBJECT, "drs://dg.4503:0d8b4c1e --query access[0].url"),
        ),
    )


class HtsgetTable:
    """htsget."""

    READS = ("download",)

    COMMANDS = (
        Entry(
            "download",
            Htsget.download,
            positional=("what",),
            flags={"what": "--id", "path": "--to", "regions": "--region"},
            repeated=("regions",),
            hidden=("renewals", "cache", "link"),
            writes={"path": ""},
            metavars={"path": "FILE"},
            title="Download of",
            examples=(
                "https://htsget.example.org/reads/NA12878 --region chr1:1-1000 --to NA12878.bam",
                "NA12878 --base-url https://htsget.example.org --format VCF --region chr1 --region chr2 --to NA12878.vcf.gz",
                "NA12878 --header-only --to - | samtools view -H",
            ),
        ),
        Entry("service-info", None, operation="get-reads-service-info"),
    )


class RefgetTable:
    """refget."""

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
                f"{_SEQUENCE} --to chrI.fa",
                "SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2 --start 0 --end 60",
                f"{_SEQUENCE} --format plain",
            ),
        ),
        Entry("metadata", Refget.describe, flags={"sequence": "--id"}, examples=(_SEQUENCE,)),
        Entry("service-info", None, operation="get-service-info"),
    )


class TrsTable:
    """The Tool Registry Service."""

    READS = ("ls", "get", "versions", "files", "download")

    COMMANDS = (
        Entry("ls", Trs.ls, columns=TRS_COLUMNS, examples=("--organization org --descriptor-type CWL",)),
        Entry("get", Trs.describe, flags={"tool": "--id"}, examples=(_TOOL,)),
        Entry(
            "versions",
            Trs.versions,
            flags={"tool": "--id"},
            columns=("id", "name", "descriptor_type", "is_production"),
            examples=(_TOOL,),
        ),
        Entry(
            "files", Trs.files, flags={"tool": "--id"}, columns=("path", "kind"), examples=(f"{_TOOL} --version v1.0",)
        ),
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


TABLES = {"drs": DrsTable, "htsget": HtsgetTable, "refget": RefgetTable, "trs": TrsTable}
