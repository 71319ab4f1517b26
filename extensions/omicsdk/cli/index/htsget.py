"""The commands of htsget."""

from __future__ import annotations

from omicsdk import Htsget
from omicsdk.cli.index import Entry

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
