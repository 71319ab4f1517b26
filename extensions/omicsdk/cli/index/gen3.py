"""The commands of Gen3 commons."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from omicsdk import Gen3
from omicsdk.cli.catalog import NO_PROGRESS
from omicsdk.cli.commands.ga4gh import downloaded
from omicsdk.cli.commands.gen3 import access, discovery, metadata, records, transfers
from omicsdk.cli.commands.values import at_least_0, at_least_1
from omicsdk.cli.index import Entry
from omicsdk.gen3.index_records import create_record, edit_record
from omicsdk.gen3.manifests import compare_manifests
from omicsdk.gen3.manifests.discovery import combine_published
from omicsdk.gen3.records.projects import create_program, create_project, delete_empty_project, delete_program
from omicsdk.gen3.tokens import get_wts_endpoint

VERBS = {
    "delete": ("rm",),
    "delete-all-guids": ("rm",),
    "publish": ("create", "update"),
    "run": ("create",),
    "status": ("get",),
}
READS = (
    *("whoami", "download", "validate", "export", "dictionary", "query", "explore", "drs-pull", "file"),
    *("programs ls", "programs get", "projects ls", "projects get", "records ls", "records get"),
    *("jobs ls", "jobs status", "jobs output", "objects ls", "objects get", "objects manifest read"),
    *("objects manifest verify", "objects manifest validate-manifest-format", "objects manifest merge"),
    *("objects manifest diff", "objects crosswalk read", "objects crosswalk verify", "discovery read", "discovery ls"),
    *("discovery get", "discovery combine", "discovery objects read", "wss ls", "wss get"),
)
WRITES = (
    *("upload", "wss cp", "wss rm", "submit", "delete", "programs create", "programs delete", "projects create"),
    *("projects delete", "jobs run", "objects create", "objects update", "objects rm", "objects manifest publish"),
    *("objects manifest delete-all-guids", "objects crosswalk publish", "objects crosswalk delete"),
    *("discovery publish", "discovery delete", "discovery objects publish", "discovery objects delete"),
)
PRIVATE = ("auth", "run", "wss download-url", "wss upload-url")
LOGINS = (
    *("whoami", "wss", "jobs", "objects create", "objects update", "objects rm", "objects crosswalk"),
    *("objects manifest publish", "objects manifest delete-all-guids"),
    *("discovery combine", "discovery publish", "discovery delete", "discovery objects"),
)

_DELIMITER = {"manifest_file_delimiter": metadata.delimiter}
_GUIDS = {"guid_type": ("--guid_type",)}
_INDEX_READS = {"output": "--output-file", "threads": "--max-concurrent-requests"}
_WORKSPACE = "ws:///@user/wts/notes.txt"


def _deletion(
    command: str, function: Callable[..., Any], what: str, look_up: Callable[..., Any], example: str, *hidden: str
) -> Entry:
    """A command that deletes one object, which `look_up` finds."""
    return Entry(command, function, deletes=what, lookup=look_up, hidden=hidden, examples=(f"{example} --dry-run",))


_record = partial(Entry, like=(records.submit, records.export))
_download = partial(Entry, function=transfers.download, title="Download of", render=downloaded)
_download_ids = partial(_download, required=("ids",), hidden=("manifest",))
_drs_pull = partial(
    _download_ids,
    flags={"download_dir": "--output-dir"},
    defaults={"unpack_packages": True},
    opposites={"unpack_packages": "--no-unpack-packages"},
    options=(NO_PROGRESS,),
)

COMMANDS = (
    Entry("auth access-token", access.access_token, examples=("--access-token ~/Downloads/credentials.json",)),
    Entry(
        "auth curl",
        access.curl,
        short={"request": "-X", "data": "-d"},
        examples=("/user/user", '/api/v0/submission/graphql --data \'{"query": "{project{code}}"}\''),
    ),
    Entry("auth endpoint", access.endpoint, examples=("",)),
    Entry("auth token-decode", access.token_decode, offline=True, examples=("token.txt",)),
    Entry("auth wts-endpoint", get_wts_endpoint, hidden=("namespace",), offline=True, examples=("",)),
    Entry("auth wts-list", access.wts_list, examples=("",)),
    Entry("whoami", access.whoami, examples=("", "--resources --output tsv")),
    Entry(
        "run",
        access.run,
        verbatim=True,
        examples=(
            "my-script --fast",
            "--access-token other.json sh -c 'curl -H \"Authorization: bearer $GEN3_TOKEN\" https://commons.example.org/user/user'",
        ),
    ),
    _download(
        "download",
        short={"manifest": "-m", "download_dir": "-d"},
        title="Download",
        examples=(
            "dg.1234/0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d -d reads",
            "drs://data.example.org/0d8b4c1e drs://dg.4503:9a0a6f6f",
            "--manifest cohort.json -d reads --report reads.html",
        ),
    ),
    _download_ids(
        "file download-single",
        single=("ids",),
        flags={"download_dir": "--path"},
        examples=("dg.1234/0d8b4c1e --path reads",),
    ),
    _drs_pull(
        "drs-pull manifest",
        positional=("manifest", "download_dir"),
        single=("manifest",),
        required=("manifest",),
        hidden=("ids",),
        examples=("manifest.json data",),
    ),
    _drs_pull("drs-pull object", single=("ids",), examples=("dg.4503/0001 --output-dir data",)),
    _drs_pull("drs-pull objects", examples=("dg.4503/0001 dg.4503/0002 --output-dir data",)),
    Entry(
        "upload",
        transfers.upload,
        checks={"wait": at_least_0},
        remote=("authz",),
        writes={"manifest_out": ".tsv"},
        title="Upload of",
        examples=("reads/ --authz /programs/P/projects/Q --manifest-out uploaded.tsv",),
    ),
    Entry("drs-pull ls", transfers.pull_ls, examples=("cohort.json", "--object drs://dg.4503:9a0a6f6f --access")),
    Entry("wss ls", Gen3.workspace_ls, defaults={"url": "ws:///@user"}, examples=("", "ws:///@user/results/")),
    Entry("wss get", transfers.workspace_get, examples=(_WORKSPACE,)),
    Entry(
        "wss cp",
        Gen3.workspace_copy,
        writes={"target": ""},
        aliases=("wss create", "wss update"),
        title="Copy of",
        render=transfers.workspace_copied,
        examples=("a.txt ws:///@user/a.txt", "ws:///@user/a.txt b.txt"),
    ),
    _deletion("wss rm", Gen3.workspace_rm, "{url}", transfers.workspace_get, _WORKSPACE),
    Entry("wss download-url", transfers.workspace_download_url, examples=(_WORKSPACE,)),
    Entry("wss upload-url", transfers.workspace_upload_url, examples=(_WORKSPACE,)),
    _record(
        "submit",
        records.submit,
        aliases=("records create", "records update"),
        examples=("P-Q cases.tsv samples.xlsx --dry-run", "P-Q cases.tsv --refused --output tsv > refused.tsv"),
    ),
    _record(
        "validate", records.validate, examples=("cases.tsv samples.tsv", "cases.xlsx --project P-Q --output table")
    ),
    _record(
        "export",
        records.export,
        writes={"out": ".jsonl"},
        examples=("P-Q --node case --output table", "P-Q --node case --out cases.tsv", "P-Q --folder backup"),
    ),
    _record(
        "delete",
        records.delete,
        asks=True,
        aliases=("records rm",),
        examples=("P-Q --node sample case --dry-run", "P-Q --id 0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d"),
    ),
    _record("records ls", records.list_records, examples=("P-Q",)),
    _record("records get", records.get_record, examples=("P-Q 0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d",)),
    _record("dictionary", records.dictionary, examples=("", "case", "--schema > dictionary.json")),
    Entry(
        "query",
        records.query,
        examples=(
            "'{ case(first: 5) { submitter_id sex } }'",
            '@cohort.graphql --variables \'{"project": "P-Q"}\' --query case[].submitter_id',
        ),
    ),
    Entry(
        "explore",
        records.explore,
        writes={"out": ".jsonl"},
        examples=(
            "case --fields submitter_id sex --sort age:desc --limit 20",
            "file --fields object_id file_size --out files.jsonl",
        ),
    ),
    Entry("programs ls", records.list_programs, examples=("",)),
    Entry("programs get", records.get_program, examples=("DEV",)),
    Entry("programs create", create_program, aliases=("programs update",), render=records.created, examples=("DEV",)),
    _deletion("programs delete", delete_program, "program {program}", records.get_program, "DEV"),
    Entry("projects ls", records.list_projects, examples=("", "DEV")),
    Entry("projects get", records.get_project, examples=("DEV test",)),
    Entry(
        "projects create",
        create_project,
        aliases=("projects update",),
        render=records.created,
        examples=("DEV test --dbgap-accession-number phs000000",),
    ),
    _deletion("projects delete", delete_empty_project, "project {program}-{project}", records.get_project, "DEV test"),
    Entry("jobs ls", Gen3.list_jobs, examples=("",)),
    Entry("jobs run", records.run_job, examples=("batch-export --input '{\"filter\": {}}' --wait",)),
    Entry("jobs status", Gen3.job_status, hidden=("query",), examples=("12345",)),
    Entry("jobs output", Gen3.job_output, hidden=("query",), examples=("12345",)),
    Entry(
        "objects ls",
        metadata.list_objects,
        checks={"size": at_least_0},
        remote=("authz",),
        columns=("did", "file_name", "size", "authz"),
        examples=("--authz /programs/P/projects/Q", "--file-name reads.bam"),
    ),
    Entry("objects get", metadata.get_object, aliases=("get",), examples=("dg.1234/0d8b4c1e",)),
    Entry(
        "objects create",
        create_record,
        checks={"size": at_least_0},
        remote=("authz",),
        render=metadata.changed_object,
        examples=("--md5 d41d8cd98f00b204e9800998ecf8427e --size 0 --url s3://bucket/key",),
    ),
    Entry(
        "objects update",
        edit_record,
        remote=("authz",),
        render=metadata.changed_object,
        examples=("dg.1234/0d8b4c1e --authz /programs/P/projects/Q",),
    ),
    _deletion("objects rm", Gen3.delete_record, "{guid}", metadata.get_object, "dg.1234/0d8b4c1e"),
    Entry(
        "objects manifest read",
        Gen3.read_index,
        positional=(),
        flags={**_INDEX_READS, "manifest": "--input-manifest"},
        hidden=("delimiter",),
        defaults={"output": "object-manifest.csv", "threads": 24},
        writes={"output": ".csv"},
        options=metadata.WITHOUT_EFFECT,
        examples=("--output-file all.tsv",),
    ),
    Entry(
        "objects manifest verify",
        Gen3.verify_manifest,
        positional=("manifest",),
        flags={**_INDEX_READS, "delimiter": "--manifest-file-delimiter"},
        checks={"delimiter": metadata.delimiter},
        hidden=("parsers",),
        defaults={"threads": 24},
        writes={"output": ".log"},
        examples=("files.tsv",),
    ),
    Entry(
        "objects manifest validate-manifest-format",
        metadata.validate_format,
        checks={"line_limit": at_least_1, **_DELIMITER},
        offline=True,
        examples=("files.tsv --allowed-protocols s3 https",),
    ),
    Entry(
        "objects manifest publish",
        Gen3.index_manifest,
        positional=("manifest",),
        flags={
            "output": "--out-manifest-file",
            "threads": "--thread-num",
            "empty_metadata": "--force-metadata-columns-even-if-empty",
            "delimiter": "--manifest-file-delimiter",
        },
        opposites={"replace_urls": "--append-urls", "metadata": "--no-metadata"},
        hidden=("output_delimiter",),
        defaults={"output": "indexing-output-manifest.csv", "metadata": True, "empty_metadata": False},
        checks={"delimiter": metadata.delimiter},
        writes={"output": None},
        examples=("files.tsv --out-manifest-file indexed.tsv",),
    ),
    Entry(
        "objects manifest delete-all-guids",
        metadata.delete_manifest,
        asks=True,
        like=(metadata.validate_format,),
        writes={"output_file": ".tsv"},
        render=metadata.deleted,
        examples=("files.tsv",),
    ),
    Entry(
        "objects manifest merge",
        metadata.merge,
        writes={"out": ".tsv"},
        offline=True,
        examples=("aws.tsv gcp.tsv --out all.tsv",),
    ),
    Entry(
        "objects manifest diff",
        compare_manifests,
        positional=("first", "second"),
        flags={"output": "--out"},
        hidden=("delimiter",),
        writes={"output": ".tsv"},
        offline=True,
        examples=("old.tsv new.tsv --out changed.tsv",),
    ),
    Entry(
        "objects crosswalk publish",
        Gen3.publish_crosswalk,
        flags={"methods": "--mapping-methodology"},
        hidden=("guid_type",),
        short={"methods": "-m"},
        also={"methods": ("--mapping_methodology",)},
        metavars={"info": "FILE"},
        required=("methods",),
        examples=('subjects.csv -m "The registry matched them by name and birthday."',),
    ),
    Entry(
        "objects crosswalk read",
        Gen3.read_crosswalk,
        positional=(),
        flags={"output": "--output-file"},
        hidden=("limit", "on_more"),
        defaults={"output": "crosswalk.csv"},
        writes={"output": None},
        aliases=("objects crosswalk get",),
        render=metadata.crosswalk_read,
        examples=("--output-file crosswalk.csv",),
    ),
    Entry("objects crosswalk verify", Gen3.verify_crosswalk, hidden=("guid_type",), examples=("crosswalk.csv",)),
    Entry(
        "objects crosswalk delete",
        metadata.delete_crosswalk,
        asks=True,
        render=metadata.deleted,
        examples=("crosswalk.csv --dry-run",),
    ),
    Entry(
        "discovery read",
        discovery.read_discovery,
        also={**_GUIDS, "output_format": ("--output_format",), "output_filename_suffix": ("--output_filename_suffix",)},
        writes={"output_file": ""},
        examples=("--limit 10000", "--output-file studies.tsv"),
    ),
    Entry("discovery ls", discovery.list_studies, columns=("guid", "title"), examples=("",)),
    Entry("discovery get", discovery.get_study, examples=("HDP00001",)),
    Entry(
        "discovery combine",
        combine_published,
        positional=("metadata",),
        flags={"limit": "--max-number-discovery-records"},
        defaults={"output_filename": "combined_discovery_metadata.tsv"},
        writes={"output_filename": ".tsv"},
        render=discovery.combined_studies,
        examples=("further.tsv --metadata-column-to-map study",),
    ),
    Entry(
        "discovery publish",
        discovery.publish_discovery,
        also={**_GUIDS, "guid_field": ("--guid_field",)},
        examples=("studies.tsv --omit-empty",),
    ),
    _deletion("discovery delete", Gen3.delete_study, "{guid}", discovery.look_at_study, "HDP00001", "dry_run"),
    Entry(
        "discovery objects read",
        discovery.read_objects,
        also={"output_format": ("--output_format",)},
        writes={"output_file": ""},
        aliases=("discovery objects ls",),
        examples=("phs000001 phs000002", "--only-object-guids | xargs omics gen3 download"),
    ),
    Entry(
        "discovery objects publish", Gen3.publish_discovery_objects, hidden=("guid_type",), examples=("objects.tsv",)
    ),
    Entry(
        "discovery objects delete",
        discovery.delete_objects,
        asks=True,
        examples=("dg.4503/0001 --dry-run", "--file objects.tsv"),
    ),
)
