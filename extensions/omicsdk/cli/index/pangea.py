"""Pangea's commands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from omicsdk import Pangea
from omicsdk.cli.catalog import LIMIT
from omicsdk.cli.commands.pangea import resources, transfers
from omicsdk.cli.commands.values import at_least_1, file_or_stdout
from omicsdk.cli.index import Entry, operations
from omicsdk.pangea.client import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

    from omicsdk.cli.shapes import Argument

READS = (
    *("version", "user info", "list", "download", "tag list", "ncbi list"),
    *("orgs get", "groups get", "samples get", "tags get"),
)
WRITES = ("create", "add", "upload", "delete", "tag create", "tag samples-in-group", "tag group", "ncbi link")
PRIVATE = ("user change-password", "user token")
LOGINS = ("user", "delete", "list buckets", "ncbi link")

_OUTFILE: Argument = {
    "name": "outfile",
    "short": "-o",
    "type": "string",
    "default": "-",
    "convert": f"{file_or_stdout.__module__}:{file_or_stdout.__qualname__}",
    "help": "Write the output to this file; with --output or --query it is also printed, as data.",
}
_EMAIL: Argument = {
    "name": "email",
    "type": "string",
    "help": "Email address to log in with; -e is short for --ext here.",
}
_SLEEP: Argument = {"name": "sleep", "short": "-s", "type": "number", "help": "Ignored; NCBI's rate limit is kept."}
_MANY: Argument = {**LIMIT, "name": "num_samples", "python": "limit", "short": "-n"}
# Functions that document what several commands have in common.
_DOCUMENTED = (resources.list_tagged_groups, resources.list_results, resources.list_groups, resources.create_samples)
_GUT, _UUID, _STORE = "'My Lab' Gut", "0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d", "https://s3.example.org"


def _command(
    names: str, function: Callable[..., Any], *examples: str, options: tuple[Argument, ...] = (), **more: Any
) -> Entry:
    """A command with --outfile; after a comma its words in the grammar of all services."""
    command, *aliases = names.split(", ")
    options = (*options, _OUTFILE)
    return Entry(
        command, function, aliases=tuple(aliases), options=options, examples=examples, like=_DOCUMENTED, **more
    )


_list = partial(_command, options=(LIMIT,), render=resources.model_rows, columns=COLUMNS)
_upload = partial(_command, title="Upload to", hidden=("dry_run",))  # the result is created first
_get = partial(Entry, render=resources.facts)
_delete = partial(_command, asks=True)

_OPPOSITES = {"overwrite": "--no-overwrite", "private": "--public", "dry_run": "--wetrun"}
_reads = partial(_upload, also={"dry_run": ("--dryrun",)}, repeated=("tag",), opposites=_OPPOSITES)
_GROUP = {"organization": "--org-name", "group": "--grp-name"}
_NAMES = {"organization": "--org-name", "group": "--group-name", "tags": "--tag-names"}
_LINKED = {"organization": "--org-name", "accession": "--bioproj-accession"}

COMMANDS = (
    Entry("version", resources.version, quick=True, examples=("",)),
    _command("user info", Pangea.whoami, "-e me@example.org -p ...", "--query email", render=resources.as_json),
    _command("user change-password", resources.change_password, "- < password.txt"),
    Entry("user token", resources.token, examples=("-e me@example.org -p ...",)),
    _command("create org, orgs create", resources.create_organization, "'My Lab'", render=resources.created_model),
    _command(
        "create sample-group, groups create",
        resources.create_group,
        f"{_GUT} --private",
        "'My Lab' 'All of 2026' --public --not-library",
        opposites={"private": "--public", "library": "--not-library"},
        render=resources.created_model,
    ),
    _command(
        "create samples, samples create",
        resources.create_samples,
        f"{_GUT} s1 s2,s3",
        f"{_GUT} -s names.txt --output tsv",
        flags={"sample_manifest": "--sample-name-list"},
        short={"sample_manifest": "-s"},
        metavars={"sample_manifest": "FILE"},
    ),
    _upload(
        "create sample-with-data",
        transfers.create_sample_with_data,
        f"{_GUT} s1 s1.R1.fastq.gz s1.R2.fastq.gz -m raw::paired_short_reads",
        short={"module_name": "-m"},
    ),
    _command(
        "create sample-ar, results create",
        resources.create_result,
        f"{_GUT} s1 kraken2 -r run7",
        short={"replicate": "-r"},
        render=resources.created_model,
    ),
    _upload("create field, fields create", transfers.create_field, f"{_GUT} s1 kraken2 report report.tsv"),
    _command("add samples-to-group", resources.add_samples, f"{_GUT} 'My Lab' 'All of 2026' s1 s2"),
    _list("list samples, samples ls", Pangea.samples_of, f"{_GUT} --query [].name", flags=_GROUP, hidden=("names",)),
    _list("list orgs, orgs ls", resources.list_organizations, ""),
    _list("list groups, groups ls", resources.list_groups, "'My Lab'"),
    _list("list results, results ls", resources.list_results, f"{_GUT} s1"),
    _list("list projects, projects ls", resources.list_projects, "'My Lab'"),
    _list("list buckets, buckets ls", resources.list_buckets, "'My Lab'"),
    _command(
        "download metadata",
        transfers.download_metadata,
        f"{_GUT} -o gut.csv",
        f"{_GUT} s1 s2 --output json",
        render=transfers.metadata_table,
    ),
    _command(
        "download sample-results",
        transfers.download_results,
        f"{_GUT} --module-name raw::paired_short_reads --target-dir reads",
        f"{_GUT} s1 --urls-only",
        opposites={"urls_only": "--download"},
        title="Download from",
    ),
    _reads(
        "upload reads",
        transfers.upload_reads,
        f"{_GUT} files.txt --dry-run",
        f"{_GUT} - -d _L001 < files.txt",
        short={"tag": "-t", "module_name": "-m", "delim": "-d", "ext_1": "-1", "ext_2": "-2"},
        hidden=("ext", "field_name"),
    ),
    _reads(
        "upload single-ended-reads",
        transfers.upload_reads,
        f"{_GUT} files.txt -m raw::basecalled_nanopore_reads",
        short={"tag": "-t", "module_name": "-m", "field_name": "-f", "ext": "-e"},
        hidden=("delim", "ext_1", "ext_2"),
        defaults={"module_name": "raw::single_short_reads", "ext": ".fastq.gz"},
        options=(_EMAIL,),
    ),
    _command(
        "upload metadata",
        transfers.upload_metadata,
        f"{_GUT} gut.csv --create --update",
        f"{_GUT} gut.csv --overwrite --index-col sample_id",
        opposites={"overwrite": "--no-overwrite", "create": "--no-create", "update": "--no-update"},
    ),
    _upload("upload group-field", transfers.upload_group_field, f"{_GUT} multiqc report multiqc.html"),
    _delete("delete sample, samples rm", resources.delete_samples, f"{_UUID} --dry-run"),
    _delete("delete group, groups rm", resources.delete_groups, f"{_UUID} --dry-run"),
    _delete("delete sample-result, results rm", resources.delete_sample_results, f"{_UUID} --dry-run"),
    _delete("delete group-result", resources.delete_group_results, f"{_UUID} --dry-run"),
    _command("tag create, tags create", Pangea.ensure_tags, "gut 2026", flags={"names": "--tag-names"}),
    _command("tag samples-in-group", Pangea.tag_samples, f"{_GUT} gut 2026", flags=_NAMES),
    Entry("tag group", resources.tag_group, examples=(f"{_GUT} gut",), like=_DOCUMENTED),
    _command(
        "tag list random-samples",
        resources.list_random_samples,
        "gut -n 10",
        short={"num_samples": "-n"},
        checks={"num_samples": at_least_1},
        render=resources.model_rows,
    ),
    _command("tag list groups", resources.list_tagged_groups, "soil", options=(_MANY,), render=resources.model_rows),
    _command(
        "ncbi link bioproject",
        Pangea.link_bioproject,
        "'My Lab' PRJNA257197",
        flags=_LINKED,
        hidden=("entrez",),
        render=resources.library,
    ),
    _command(
        "ncbi list bioproject",
        resources.show_bioproject,
        "PRJNA000001 --outfile runs.tsv",
        options=(_SLEEP,),
        render=resources.as_json,
    ),
    _command(
        "ncbi list sra", resources.list_runs, "SRX674277 -o runs.csv", options=(_SLEEP,), render=resources.runs_table
    ),
    # The verbs of the grammar, where no documented command does the same.
    _get("orgs get", Pangea.find_organization, examples=("'My Lab'",)),
    _get("groups get", Pangea.find_sample_group, examples=(_GUT,)),
    _get("samples get", Pangea.find_sample, examples=(f"{_GUT} s1",)),
    _get("tags get", Pangea.find_tag, examples=("gut",)),
    *operations(
        ("orgs update", "patch-organization", "uuid", f"{_UUID} --name 'Our Lab'"),
        ("orgs rm", "delete-organization", "uuid", f"{_UUID} --dry-run"),
        ("groups update", "patch-sample-group", "uuid", f"{_UUID} --is-public=false"),
        ("samples update", "patch-sample", "uuid", f"{_UUID} --name s2"),
        ("results get", "get-sample-analysis-result", "uuid", _UUID),
        ("results update", "patch-sample-analysis-result", "uuid", f"{_UUID} --is-private=true"),
        ("fields ls", "list-sample-analysis-result-fields", "", f"--analysis-result-id {_UUID}"),
        ("fields get", "get-sample-analysis-result-field", "uuid", _UUID),
        ("fields update", "patch-sample-analysis-result-field", "uuid", f"{_UUID} --name report"),
        ("fields rm", "delete-sample-analysis-result-field", "uuid", f"{_UUID} --dry-run"),
        ("tags ls", "list-tags", "", "--name gut"),
        ("tags update", "patch-tag", "uuid", f"{_UUID} --name gut"),
        ("tags rm", "delete-tag", "uuid", f"{_UUID} --dry-run"),
        ("projects get", "get-project", "uuid", _UUID),
        ("projects create", "create-project", "name", f"P --organization {_UUID}"),
        ("projects update", "patch-project", "uuid", f"{_UUID} --name Q"),
        ("projects rm", "delete-project", "uuid", f"{_UUID} --dry-run"),
        ("buckets get", "get-s3-bucket", "id", _UUID),
        ("buckets create", "create-s3-bucket", "name", f"b --endpoint-url {_STORE} --organization {_UUID}"),
        ("buckets update", "patch-s3-bucket", "id", f"{_UUID} --name b2"),
        ("buckets rm", "delete-s3-bucket", "id", f"{_UUID} --dry-run"),
    ),
)
