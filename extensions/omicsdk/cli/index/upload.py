"""The Upload service's commands."""

from __future__ import annotations

from omicsdk import HcaUpload
from omicsdk.cli.commands import upload
from omicsdk.cli.index import Entry
from omicsdk.hca.upload.client import COLUMNS

READS = ("list", "areas", "status", "report")
WRITES = ("files",)
PRIVATE = ("creds", "select", "forget")

COMMANDS = (
    Entry(
        "select",
        upload.select,
        positional=("uri_or_alias",),
        quick=True,
        examples=("s3://org-hca-upload-prod/ffffffff-0000-4000-8000-000000000001/", "ffff"),
    ),
    Entry(
        "files",
        HcaUpload.upload,
        positional=("paths",),
        flags={"paths": "--upload-paths", "name": "--target-filename", "accelerate": "--transfer-acceleration"},
        hidden=("area", "dcp_type", "resume"),
        switches=("sync", "dry_run"),
        opposites={"accelerate": "--no-transfer-acceleration"},
        defaults={"sync": False},
        short={"name": "-t", "sync": "-s"},
        title="Upload of",
        examples=("reads.fastq.gz", "data/ --file-extension fastq.gz"),
    ),
    Entry("list", upload.list_files, columns=COLUMNS, examples=("", "--long")),
    Entry("areas", upload.areas, quick=True, examples=("",)),
    Entry("forget", upload.forget, positional=("uuid_or_alias",), quick=True, examples=("ffff",)),
    Entry("creds", upload.creds, positional=("uuid_or_alias",), like=(upload.forget,), examples=("ffff",)),
    Entry("status", upload.status, positional=("filename",), examples=("reads.fastq.gz",)),
    Entry(
        "report",
        upload.report,
        also={"output_file_name": ("--output_file_name",)},
        like=(upload.status,),
        examples=("--output-file-name report.txt",),
    ),
)
