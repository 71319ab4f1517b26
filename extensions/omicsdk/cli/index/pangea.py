"""Pangea's commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk import Pangea
from omicsdk.cli.commands.pangea import printing, things, transfers
from omicsdk.cli.commands.values import at_least_1, file_or_stdout
from omicsdk.cli.index import Entry
from omicsdk.cli.options import LIMIT, QUIET

if TYPE_CHECKING:
    from collections.abc import Callable

    from omicsdk.cli.shapes import Argument

_OUTFILE: Argument = {
    "name": "outfile",
    "short": "-o",
    "type": "string",
    "default": "-",
    "convert": f"{file_or_stdout.__module__}:{file_or_stdout.__qualname__}",
    "help": "Write the output to this file; with --output or --query it is printed besides, as data.",
}
_EMAIL: Argument = {"name": "email", "type": "string", "help": "Your login; -e is the short spelling of --ext here."}
_COLUMNS = ("module_name", "replicate", "name", "uuid", "created_at", "is_public", "is_private", "is_library")
_DOCUMENTED = (things.create_samples, transfers.upload_reads, things.show_bioproject)
"""Functions that document what several commands have in common."""
_GUT, _UUID = "'My Lab' Gut", "0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d"


def _entry(
    usage: str, function: Callable[..., Any], *examples: str, options: tuple[Argument, ...] = (_OUTFILE,), **more: Any
) -> Entry:
    """A command with --outfile; in its usage, words in capitals are positional parameters."""
    words = " ".join(word for word in usage.split() if not word.isupper())
    positional = tuple(word.lower() for word in usage.split() if word.isupper())
    return Entry(words, function, positional, options=options, examples=examples or ("",), like=_DOCUMENTED, **more)


def _list(usage: str, function: Callable[..., Any], *examples: str, **more: Any) -> Entry:
    options = (LIMIT, _OUTFILE)
    return _entry(usage, function, *examples, options=options, render=printing.listed, columns=_COLUMNS, **more)


def _upload(usage: str, function: Callable[..., Any], *examples: str, **more: Any) -> Entry:
    options = (*more.pop("options", ()), QUIET, _OUTFILE)
    return _entry(usage, function, *examples, options=options, title="Upload to", **more)


def _deletion(kind: str, function: Callable[..., Any], *aliases: str) -> Entry:
    example = f"{_UUID} --dry-run"
    return _entry(
        f"delete {kind} UUIDS", function, example, aliases=aliases, switches=("dry_run",), login=True, asks=True
    )


_READS: dict[str, Any] = {"also": {"dry_run": ("--dryrun",)}, "repeated": ("tag",)}
_KEPT = {"overwrite": "--no-overwrite", "private": "--public"}
_PLACES = "SOURCE_ORG_NAME SOURCE_GRP_NAME DESTINATION_ORG_NAME DESTINATION_GRP_NAME"

COMMANDS = (
    Entry("version", things.version, quick=True, examples=("",)),
    _entry(
        "user info", Pangea.whoami, "-e me@example.org -p ...", "--query email", login=True, render=printing.as_json
    ),
    _entry("user change-password NEW_PASSWORD", things.change_password, "- < password.txt", login=True),
    Entry("user token", things.token, login=True, examples=("-e me@example.org -p ...",)),
    _entry(
        "create org ORG_NAME", things.create_organization, "'My Lab'", aliases=("orgs create",), render=printing.made
    ),
    _entry(
        "create sample-group ORG_NAME GRP_NAME",
        things.create_group,
        f"{_GUT} --private",
        "'My Lab' 'All of 2026' --public --not-library",
        opposites={"private": "--public", "library": "--not-library"},
        aliases=("groups create",),
        render=printing.made,
    ),
    _entry(
        "create samples ORG_NAME LIBRARY_NAME SAMPLE_NAMES",
        things.create_samples,
        f"{_GUT} s1 s2,s3",
        f"{_GUT} -s names.txt --output tsv",
        short={"sample_name_list": "-s"},
        aliases=("samples create",),
    ),
    _upload(
        "create sample-with-data ORG_NAME LIBRARY_NAME SAMPLE_NAME DATA_FILES",
        transfers.create_sample_with_data,
        f"{_GUT} s1 s1.R1.fastq.gz s1.R2.fastq.gz -m raw::paired_short_reads",
        short={"module_name": "-m"},
    ),
    _entry(
        "create sample-ar NAMES",
        things.create_result,
        f"{_GUT} s1 kraken2 -r run7",
        short={"replicate": "-r"},
        aliases=("results create",),
        render=printing.made,
    ),
    _upload(
        "create field NAMES", transfers.create_field, f"{_GUT} s1 kraken2 report report.tsv", aliases=("fields create",)
    ),
    _entry(f"add samples-to-group {_PLACES} SAMPLE_NAMES", things.add_samples, f"{_GUT} 'My Lab' 'All of 2026' s1 s2"),
    _list(
        "list samples ORGANIZATION GROUP",
        Pangea.samples_of,
        f"{_GUT} --query [].name",
        flags={"organization": "--org-name", "group": "--grp-name"},
        hidden=("names",),
        aliases=("samples ls",),
    ),
    _list("list orgs", things.list_organizations, aliases=("orgs ls",)),
    _list("list groups ORG_NAME", things.list_groups, "'My Lab'", aliases=("groups ls",)),
    _list("list results ORG_NAME GRP_NAME SAMPLE_NAME", things.list_results, f"{_GUT} s1", aliases=("results ls",)),
    _list("list projects ORG_NAME", things.list_projects, "'My Lab'", aliases=("projects ls",)),
    _list("list buckets ORG_NAME", things.list_buckets, "'My Lab'", aliases=("buckets ls",), login=True),
    _entry(
        "download metadata ORG_NAME GRP_NAME SAMPLE_NAMES",
        transfers.download_metadata,
        f"{_GUT} -o gut.csv",
        f"{_GUT} s1 s2 --output json",
        render=printing.metadata_table,
    ),
    _entry(
        "download sample-results ORG_NAME GRP_NAME SAMPLE_NAMES",
        transfers.download_results,
        f"{_GUT} --module-name raw::paired_short_reads --target-dir reads",
        f"{_GUT} s1 --urls-only",
        opposites={"urls_only": "--download"},
        switches=("dry_run",),
        options=(QUIET, _OUTFILE),
        title="Download from",
    ),
    _upload(
        "upload reads ORG_NAME LIBRARY_NAME FILE_LIST",
        transfers.upload_reads,
        f"{_GUT} files.txt --dry-run",
        f"{_GUT} - -d _L001 < files.txt",
        **_READS,
        switches=("dry_run",),
        opposites=_KEPT,
        short={"tag": "-t", "module_name": "-m", "delim": "-d", "ext_1": "-1", "ext_2": "-2"},
    ),
    _upload(
        "upload single-ended-reads ORG_NAME LIBRARY_NAME FILE_LIST",
        transfers.upload_single_reads,
        f"{_GUT} files.txt -m raw::basecalled_nanopore_reads",
        **_READS,
        opposites={**_KEPT, "dry_run": "--wetrun"},
        short={"tag": "-t", "module_name": "-m", "field_name": "-f", "ext": "-e"},
        options=(_EMAIL,),
    ),
    _entry(
        "upload metadata ORG_NAME LIBRARY_NAME TABLE",
        transfers.upload_metadata,
        f"{_GUT} gut.csv --create --update",
        f"{_GUT} gut.csv --overwrite --index-col sample_id",
        opposites={"overwrite": "--no-overwrite", "create": "--no-create", "update": "--no-update"},
    ),
    _upload(
        "upload group-field ORG_NAME GRP_NAME MODULE_NAME FIELD_NAME FILE_PATH",
        transfers.upload_group_field,
        f"{_GUT} multiqc report multiqc.html",
    ),
    _deletion("sample", things.delete_samples, "samples rm"),
    _deletion("group", things.delete_groups, "groups rm"),
    _deletion("sample-result", things.delete_sample_results, "results rm"),
    _deletion("group-result", things.delete_group_results),
    _entry(
        "tag create NAMES", Pangea.ensure_tags, "gut 2026", flags={"names": "--tag-names"}, aliases=("tags create",)
    ),
    _entry(
        "tag samples-in-group ORGANIZATION GROUP TAGS",
        Pangea.tag_samples,
        f"{_GUT} gut 2026",
        flags={"organization": "--org-name", "group": "--group-name", "tags": "--tag-names"},
    ),
    Entry(
        "tag group",
        things.tag_group,
        ("org_name", "group_name", "tag_names"),
        render=printing.tagged_group,
        examples=(f"{_GUT} gut",),
    ),
    _entry(
        "tag list random-samples TAG_NAME",
        things.list_random_samples,
        "gut -n 10",
        short={"num_samples": "-n"},
        checks={"num_samples": at_least_1},
        render=printing.listed,
    ),
    _entry(
        "tag list groups TAG_NAME",
        things.list_tagged_groups,
        "soil",
        options=({**LIMIT, "name": "num_samples", "python": "limit", "short": "-n"}, _OUTFILE),
        render=printing.listed,
    ),
    _entry(
        "ncbi link bioproject ORG_NAME BIOPROJ_ACCESSION",
        things.link_bioproject,
        "'My Lab' PRJNA257197",
        login=True,
        render=printing.library,
    ),
    _entry(
        "ncbi list bioproject ACCESSION",
        things.show_bioproject,
        "PRJNA000001 --outfile runs.tsv",
        short={"sleep": "-s"},
        checks={"limit": at_least_1},
        render=printing.as_json,
    ),
    _entry(
        "ncbi list sra ACCESSION",
        things.list_runs,
        "SRX674277 -o runs.csv",
        short={"sleep": "-s"},
        render=printing.runs_table,
    ),
    # The verbs of the grammar, where no documented command does the same.
    *(
        Entry(f"{noun} get", function, tuple(places.split()), render=printing.facts, examples=(example,))
        for noun, function, places, example in (
            ("orgs", Pangea.find_organization, "name", "'My Lab'"),
            ("groups", Pangea.find_sample_group, "organization name", _GUT),
            ("samples", Pangea.find_sample, "organization group name", f"{_GUT} s1"),
            ("tags", Pangea.find_tag, "name", "gut"),
        )
    ),
    *(
        Entry(f"{noun} {verb}", None, (key,) if key else (), operation=operation, examples=(example,))
        for noun, verb, operation, key, example in (
            ("orgs", "update", "patch-organization", "uuid", f"{_UUID} --name 'Our Lab'"),
            ("orgs", "rm", "delete-organization", "uuid", f"{_UUID} --dry-run"),
            ("groups", "update", "patch-sample-group", "uuid", f"{_UUID} --is-public=false"),
            ("samples", "update", "patch-sample", "uuid", f"{_UUID} --name s2"),
            ("results", "get", "get-sample-analysis-result", "uuid", _UUID),
            ("results", "update", "patch-sample-analysis-result", "uuid", f"{_UUID} --is-private=true"),
            ("fields", "ls", "list-sample-analysis-result-fields", "", f"--analysis-result-id {_UUID}"),
            ("fields", "get", "get-sample-analysis-result-field", "uuid", _UUID),
            ("fields", "update", "patch-sample-analysis-result-field", "uuid", f"{_UUID} --name report"),
            ("fields", "rm", "delete-sample-analysis-result-field", "uuid", f"{_UUID} --dry-run"),
            ("tags", "ls", "list-tags", "", "--name gut"),
            ("tags", "update", "patch-tag", "uuid", f"{_UUID} --name gut"),
            ("tags", "rm", "delete-tag", "uuid", f"{_UUID} --dry-run"),
            ("projects", "get", "get-project", "uuid", _UUID),
            ("projects", "create", "create-project", "name", f"P --organization {_UUID}"),
            ("projects", "update", "patch-project", "uuid", f"{_UUID} --name Q"),
            ("projects", "rm", "delete-project", "uuid", f"{_UUID} --dry-run"),
            ("buckets", "get", "get-s3-bucket", "id", _UUID),
            (
                "buckets",
                "create",
                "create-s3-bucket",
                "name",
                f"b --endpoint-url https://s3.example.org --organization {_UUID}",
            ),
            ("buckets", "update", "patch-s3-bucket", "id", f"{_UUID} --name b2"),
            ("buckets", "rm", "delete-s3-bucket", "id", f"{_UUID} --dry-run"),
        )
    ),
)
