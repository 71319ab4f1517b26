"""The Data Store's commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk import Dss
from omicsdk.cli.commands import login
from omicsdk.cli.commands.documented import nothing_cached
from omicsdk.cli.commands.dss import listening, writing
from omicsdk.cli.commands.dss.bundles import bundle_manifest
from omicsdk.cli.commands.values import above_0, at_least_0, at_least_1, not_empty, port
from omicsdk.cli.index import Entry
from omicsdk.cli.options import NO_PROGRESS
from omicsdk.hca.dss.bundles import create_version, version_of

if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument

_RETRIES = {"num_retries": at_least_0, "min_delay_seconds": at_least_0}
_UUID = "ffffffff-0000-4000-8000-000000000001"
_BUNDLE = f"--bundle-uuid {_UUID} --replica aws"
_ONE = f"--uuid {_UUID}"
_VERSION = "--version 2026-01-31T120000.000000Z"


def _time_of(name: str, text: str) -> Argument:
    """An option of an operation that also takes dates and times that are no DSS_VERSION."""
    return {"name": name, "convert": f"{version_of.__module__}:{version_of.__qualname__}", "help": text}


COMMANDS = (
    Entry(
        "upload",
        Dss.upload,
        checks={"src_dir": not_empty, "timeout_seconds": at_least_0},
        hidden=("creator_uid",),
        options=(NO_PROGRESS,),
        title="Upload of",
        examples=("--src-dir bundle/ --replica aws --staging-bucket my-staging-bucket",),
    ),
    Entry(
        "download",
        Dss.download,
        checks={"bundle_uuid": not_empty, **_RETRIES},
        metavars={"version": "TIMESTAMP"},
        title="Download of bundle",
        render=bundle_manifest,
        examples=(f"{_BUNDLE} --download-dir data", f"{_BUNDLE} --data-filter '*.fastq.gz'"),
    ),
    Entry(
        "download-manifest",
        Dss.download_manifest,
        checks={"manifest": not_empty, "workers": at_least_1, **_RETRIES},
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
        title="Download of collection",
        examples=(f"{_ONE} --replica aws --download-dir data",),
    ),
    Entry("refresh-swagger", nothing_cached, quick=True, examples=("",)),
    Entry(
        "get-events",
        None,
        extends=True,
        options=(
            _time_of(
                "from_date",
                "Earliest time: a date such as 2019-08-01, a time such as 2019-08-01T20:01:47Z, or a "
                "DSS_VERSION. The beginning of all events when omitted.",
            ),
            _time_of("to_date", "The time before which events are listed, written likewise; now when omitted."),
        ),
    ),
    Entry(
        "listen",
        listening.listen,
        checks={"port": port, "max": at_least_1, "timeout": above_0},
        examples=("--port 8080 --once", "--port 8080 --exec ./arrived.sh"),
    ),
    Entry(
        "post-bundles-checkout",
        writing.checkout,
        checks={"timeout_seconds": at_least_0},
        extends=True,
        examples=(f"{_ONE} --replica aws --wait",),
    ),
    Entry(
        "put-file",
        writing.put_file,
        checks={"timeout_seconds": at_least_0},
        extends=True,
        examples=(f"{_ONE} --creator-uid 0 --source-url s3://my-staging-bucket/reads.fastq.gz {_VERSION}",),
    ),
    Entry(
        "put-collection",
        writing.put_collection,
        extends=True,
        examples=(
            f"{_ONE} --replica aws {_VERSION} --name atlas --description 'First release' --details '{{}}' "
            "--contents @contents.json",
        ),
    ),
    Entry(
        "patch-collection",
        writing.patch_collection,
        extends=True,
        examples=(f"{_ONE} --replica aws {_VERSION} --name atlas-2",),
    ),
    Entry(
        "patch-bundle",
        writing.patch_bundle,
        extends=True,
        examples=(f"{_ONE} --replica aws {_VERSION} --add-files @files.json",),
    ),
    Entry("bundles ls", None, operation="get-bundles-all", examples=("--replica aws",)),
    Entry("bundles get", None, operation="get-bundle", positional=("uuid",), examples=(f"{_UUID} --replica aws",)),
    Entry(
        "bundles create",
        None,
        operation="put-bundle",
        positional=("uuid",),
        examples=(f"{_UUID} {_VERSION} --replica aws --creator-uid 0 --files @files.json",),
    ),
    Entry(
        "bundles update",
        None,
        operation="patch-bundle",
        positional=("uuid",),
        examples=(f"{_UUID} {_VERSION} --replica aws --add-files @files.json",),
    ),
    Entry(
        "bundles rm",
        None,
        operation="delete-bundle",
        positional=("uuid",),
        examples=(f"{_UUID} --replica aws --reason 'Wrong donor'",),
    ),
    Entry("files get", None, operation="head-file", positional=("uuid",), examples=(f"{_UUID} --replica aws",)),
    Entry(
        "files create",
        None,
        operation="put-file",
        positional=("uuid",),
        examples=(f"{_UUID} {_VERSION} --creator-uid 0 --source-url s3://my-staging-bucket/reads.fastq.gz",),
    ),
    Entry("collections ls", None, operation="get-collections", examples=("",)),
    Entry(
        "collections get", None, operation="get-collection", positional=("uuid",), examples=(f"{_UUID} --replica aws",)
    ),
    Entry(
        "collections create",
        None,
        operation="put-collection",
        positional=("uuid",),
        examples=(
            f"{_UUID} {_VERSION} --replica aws --name atlas --description 'First release' --details '{{}}' "
            "--contents @contents.json",
        ),
    ),
    Entry(
        "collections update",
        None,
        operation="patch-collection",
        positional=("uuid",),
        examples=(f"{_UUID} {_VERSION} --replica aws --name atlas-2",),
    ),
    Entry(
        "collections rm",
        None,
        operation="delete-collection",
        positional=("uuid",),
        examples=(f"{_UUID} --replica aws",),
    ),
    Entry("subscriptions ls", None, operation="get-subscriptions", examples=("--replica aws",)),
    Entry(
        "subscriptions get",
        None,
        operation="get-subscription",
        positional=("uuid",),
        examples=(f"{_UUID} --replica aws",),
    ),
    Entry(
        "subscriptions create",
        None,
        operation="put-subscription",
        examples=("--replica aws --callback-url https://example.org/arrived",),
    ),
    Entry(
        "subscriptions rm",
        None,
        operation="delete-subscription",
        positional=("uuid",),
        examples=(f"{_UUID} --replica aws",),
    ),
    Entry("events ls", None, operation="get-events", examples=("--replica aws",)),
    Entry(
        "events get",
        None,
        operation="get-event",
        positional=("uuid",),
        examples=(f"{_UUID} {_VERSION} --replica aws",),
    ),
    Entry(
        "login",
        login.service_login,
        checks={"timeout": above_0},
        examples=("", "--remote"),
    ),
    Entry("logout", login.service_logout, examples=("",)),
)
