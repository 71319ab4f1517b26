"""The commands of the Human Cell Atlas's services, a table each: the Data Store, authorisation, Upload and Azul."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any

from omicsdk import Azul, Dss, HcaUpload
from omicsdk.cli.catalog import FAIL_EMPTY, LIMIT, NO_PROGRESS
from omicsdk.cli.commands import dss, login, portals, upload
from omicsdk.cli.commands.values import at_least_0, at_least_1, not_empty
from omicsdk.cli.index import Entry, operations
from omicsdk.hca.azul.hits import COLUMNS as AZUL_COLUMNS
from omicsdk.hca.dss.bundles import create_version, version_of
from omicsdk.hca.upload.client import COLUMNS as UPLOAD_COLUMNS

if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument

_RETRIES = {"retries": "num_retries", "min_delay": "min_delay_seconds"}
_UUID = "ffffffff-0000-4000-8000-000000000001"
_BUNDLE = f"--bundle-uuid {_UUID} --replica aws"
_BY_UUID = f"--uuid {_UUID}"
_VERSION = "--version 2026-01-31T120000.000000Z"
_STAGED = f"{_VERSION} --creator-uid 0 --source-url s3://my-staging-bucket/reads.fastq.gz"
_RENAMED = f"{_VERSION} --replica aws --name atlas-2"
_COLLECTION = (
    f"{_VERSION} --replica aws --name atlas --description 'First release' --details '{{}}' --contents @contents.json"
)


def _time_of(name: str, text: str) -> Argument:
    """An option of an operation that also takes dates and times that are no DSS_VERSION."""
    return {"name": name, "convert": f"{version_of.__module__}:{version_of.__qualname__}", "help": text}


class DssTable:
    """The Data Store."""

    BY_SIGNATURE = False
    READS = ("download", "download-manifest", "download-collection", "create-version", "post-search")
    WRITES = ("upload",)
    PRIVATE = ("refresh-swagger", "listen", "login", "logout")

    COMMANDS = (
        Entry(
            "upload",
            Dss.upload,
            checks={"src_dir": not_empty, "timeout_seconds": at_least_0},
            flags=_RETRIES,
            hidden=("creator_uid",),
            options=(NO_PROGRESS,),
            title="Upload of",
            examples=("--src-dir bundle/ --replica aws --staging-bucket my-staging-bucket",),
        ),
        Entry(
            "download",
            Dss.download,
            checks={"bundle_uuid": not_empty},
            flags=_RETRIES,
            metavars={"version": "TIMESTAMP"},
            title="Download of bundle",
            render=dss.bundle_manifest,
            examples=(f"{_BUNDLE} --download-dir data", f"{_BUNDLE} --data-filter '*.fastq.gz'"),
        ),
        Entry(
            "download-manifest",
            Dss.download_manifest,
            checks={"manifest": not_empty},
            flags=_RETRIES,
            title="Download of",
            examples=(
                "--manifest manifest.tsv --replica aws",
                "--manifest manifest.tsv --replica aws --layout bundle --download-dir data",
            ),
        ),
        Entry("create-version", create_version, hidden=("now",), examples=("",)),
        Entry(
            "download-collection",
            Dss.download_collection,
            checks={"uuid": not_empty},
            flags=_RETRIES,
            title="Download of collection",
            examples=(f"{_BY_UUID} --replica aws --download-dir data",),
        ),
        Entry("refresh-swagger", dss.nothing_cached, quick=True, examples=("",)),
        Entry(
            "get-events",
            None,
            extends=True,
            options=(
                _time_of(
                    "from_date",
                    "Earliest time: a date such as 2019-08-01, a time such as 2019-08-01T20:01:47Z, or a "
                    "DSS_VERSION; from the first event when omitted.",
                ),
                _time_of("to_date", "Time before which events are listed, in the same formats; now when omitted."),
            ),
        ),
        Entry(
            "listen",
            dss.listen,
            checks={"max": at_least_1},
            examples=("--port 8080 --once", "--port 8080 --exec ./arrived.sh"),
        ),
        Entry("post-search", None, extends=True),
        Entry(
            "post-bundles-checkout",
            dss.checkout,
            checks={"timeout_seconds": at_least_0},
            extends=True,
            examples=(f"{_BY_UUID} --replica aws --wait",),
        ),
        Entry(
            "put-file",
            dss.put_file,
            checks={"timeout_seconds": at_least_0},
            extends=True,
            examples=(f"{_BY_UUID} {_STAGED}",),
        ),
        Entry("put-collection", dss.put_collection, extends=True, examples=(f"{_BY_UUID} {_COLLECTION}",)),
        Entry("patch-collection", dss.patch_collection, extends=True, examples=(f"{_BY_UUID} {_RENAMED}",)),
        Entry(
            "patch-bundle",
            dss.patch_bundle,
            extends=True,
            examples=(f"{_BY_UUID} --replica aws {_VERSION} --add-files @files.json",),
        ),
        *operations(
            ("bundles ls", "get-bundles-all", "", "--replica aws"),
            ("bundles get", "get-bundle", "uuid", f"{_UUID} --replica aws"),
            (
                "bundles create",
                "put-bundle",
                "uuid",
                f"{_UUID} {_VERSION} --replica aws --creator-uid 0 --files @files.json",
            ),
            ("bundles update", "patch-bundle", "uuid", f"{_UUID} {_VERSION} --replica aws --add-files @files.json"),
            ("bundles rm", "delete-bundle", "uuid", f"{_UUID} --replica aws --reason 'Wrong donor'"),
            ("files get", "head-file", "uuid", f"{_UUID} --replica aws"),
            ("files create", "put-file", "uuid", f"{_UUID} {_STAGED}"),
            ("collections ls", "get-collections", "", ""),
            ("collections get", "get-collection", "uuid", f"{_UUID} --replica aws"),
            ("collections create", "put-collection", "uuid", f"{_UUID} {_COLLECTION}"),
            ("collections update", "patch-collection", "uuid", f"{_UUID} {_RENAMED}"),
            ("collections rm", "delete-collection", "uuid", f"{_UUID} --replica aws"),
            ("subscriptions ls", "get-subscriptions", "", "--replica aws"),
            ("subscriptions get", "get-subscription", "uuid", f"{_UUID} --replica aws"),
            (
                "subscriptions create",
                "put-subscription",
                "",
                "--replica aws --callback-url https://example.org/arrived",
            ),
            ("subscriptions rm", "delete-subscription", "uuid", f"{_UUID} --replica aws"),
            ("events ls", "get-events", "", "--replica aws"),
            ("events get", "get-event", "uuid", f"{_UUID} {_VERSION} --replica aws"),
        ),
        Entry("login", login.service_login, examples=("", "--remote")),
        Entry("logout", login.service_logout, examples=("",)),
    )


_USER, _GROUP, _ROLE, _RESOURCE = "ada@example.org", "curators", "reader", "dss:collection"


class UploadTable:
    """Upload areas and their files."""

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
        Entry("list", upload.list_files, columns=UPLOAD_COLUMNS, examples=("", "--long")),
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


class AuthTable:
    """Users, groups, roles and resources."""

    BY_SIGNATURE = False
    PRIVATE = ("login", "logout")

    COMMANDS = (
        *operations(
            ("users ls", "get-v1-users", "", ""),
            ("users get", "get-v1-user", "user_id", _USER),
            ("users create", "post-v1-user", "", f"--user-id {_USER}"),
            ("users update", "put-v1-user", "user_id", f"{_USER} --status disabled"),
            ("groups ls", "get-v1-groups", "", ""),
            ("groups get", "get-v1-group", "group_id", _GROUP),
            ("groups create", "post-v1-group", "", f"--group-id {_GROUP}"),
            ("groups update", "put-v1-group-policy", "group_id", f"{_GROUP} --policy @policy.json"),
            ("groups rm", "delete-v1-group", "group_id", _GROUP),
            ("roles ls", "get-v1-roles", "", ""),
            ("roles get", "get-v1-role", "role_id", _ROLE),
            ("roles create", "post-v1-role", "", f"--role-id {_ROLE} --policy @policy.json"),
            ("roles update", "put-v1-role-policy", "role_id", f"{_ROLE} --policy @policy.json"),
            ("roles rm", "delete-v1-role", "role_id", _ROLE),
            ("resources ls", "get-v1-resources", "", ""),
            ("resources get", "get-v1-resource", "resource_type_name", _RESOURCE),
            ("resources create", "post-v1-resource", "resource_type_name", f"{_RESOURCE} --actions dss:GetCollection"),
            ("resources rm", "delete-v1-resource", "resource_type_name", _RESOURCE),
        ),
        Entry("login", login.service_login, examples=("", "--remote")),
        Entry("logout", login.service_logout, examples=("",)),
    )


_PROJECT = "74b6d569-3b11-42ef-b6b1-a0454522b4a0"
_HUMAN = "--filter 'genusSpecies=Homo sapiens'"
_PROJECTS: Argument = {
    "name": "project",
    "type": "array",
    "items": "string",
    "default": [],
    "remote": True,
    "help": "UUIDs or URLs of projects, https://explore.data.humancellatlas.org/projects/UUID, or of AnVIL's datasets; a catalog in the URL is used.",
}
_FACET: Argument = {"name": "facet", "type": "string", "default": None, "help": "Only the values of this facet."}


def _filtered(
    command: str, function: Callable[..., Any], *examples: str, positional: tuple[str, ...] = (), **more: Any
) -> Entry:
    """A command with conditions, which has no other positional arguments than those that are named."""
    with_folder = "folder" in signature(function).parameters
    return Entry(
        command,
        function,
        flags={"what": "--filter"} | ({"folder": "--to"} if with_folder else {}),
        also={"what": ("--filters",)} | ({"folder": ("--download-dir",)} if with_folder else {}),
        short={"folder": "-d"} if with_folder else {},
        repeated=("what",),
        places={"what": _PROJECTS},
        examples=examples,
        positional=positional,
        **more,
    )


def _list(kind: str, *examples: str) -> Entry:
    return _filtered(
        f"{kind} ls",
        Azul.ls,
        *examples,
        hidden=("entity",),
        defaults={"entity": kind},
        options=(LIMIT, FAIL_EMPTY),
        columns=AZUL_COLUMNS.get(kind, ()),
    )


class AzulTable:
    """Azul."""

    READS = (
        *("catalogs", "summary", "ls", "facets", "get", "matrices", "manifest", "download", "verify"),
        *("projects", "samples", "files", "bundles", "datasets", "donors", "biosamples", "activities"),
    )

    COMMANDS = (
        Entry(
            "catalogs", Azul.catalogs, render=portals.as_rows, columns=("name", "atlas", "is_default"), examples=("",)
        ),
        _filtered("summary", Azul.summary, "", _HUMAN),
        _filtered(
            "ls",
            Azul.ls,
            *("", _PROJECT, f"https://explore.data.humancellatlas.org/projects/{_PROJECT}?catalog=dcp43"),
            positional=("entity",),
            defaults={"entity": "projects"},
            options=(LIMIT, FAIL_EMPTY),
        ),
        _list("projects", f"{_HUMAN} --filter organ=eye"),
        _list("samples", "--filter organ=brain --limit 10"),
        _list("files", _PROJECT, "--filter fileFormat=h5ad --filter 'fileSize=0..1000000000'"),
        _list("bundles", _PROJECT),
        _list("datasets", "--catalog anvil8"),
        _list("donors", "--catalog anvil8 --limit 10"),
        _list("biosamples", "--catalog anvil8 --limit 10"),
        _list("activities", "--catalog anvil8 --limit 10"),
        _filtered(
            "facets",
            Azul.facets,
            *("", "projects --facet organ"),
            positional=("entity",),
            options=(_FACET,),
            render=portals.as_rows,
            columns=("facet", "value", "count"),
        ),
        Entry("get", Azul.get, examples=(_PROJECT, f"{_PROJECT} --query projects[0].projectTitle")),
        Entry("matrices", Azul.matrices, render=portals.files, columns=AZUL_COLUMNS["files"], examples=(_PROJECT,)),
        _filtered(
            "manifest",
            Azul.manifest,
            *("--filter fileFormat=h5ad", f"--format curl --filter projectId={_PROJECT} --to files.curlrc"),
            metavars={"to": "FILE"},
        ),
        _filtered(
            "download",
            Azul.download,
            "--filter fileFormat=h5ad --filter organ=eye --to data --dry-run",
            f"{_PROJECT} --filter fileFormat=h5ad --to data",
            f"--matrices {_PROJECT} --to data",
            "--manifest manifest.tsv --to data --layout bundle",
            opposites={"mirror": "--no-mirror"},
            title="Download of",
        ),
        _filtered("verify", Azul.verify, f"--matrices {_PROJECT} --to data", title="Verify"),
    )


TABLES = {"dss": DssTable, "auth": AuthTable, "upload": UploadTable, "azul": AzulTable}
