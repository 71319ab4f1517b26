"""The Data Store's commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk import Dss
from omicsdk.cli.catalog import NO_PROGRESS
from omicsdk.cli.commands import dss, login
from omicsdk.cli.commands.values import at_least_0, at_least_1, not_empty
from omicsdk.cli.index import Entry, operations
from omicsdk.hca.dss.bundles import create_version, version_of

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
        ("subscriptions create", "put-subscription", "", "--replica aws --callback-url https://example.org/arrived"),
        ("subscriptions rm", "delete-subscription", "uuid", f"{_UUID} --replica aws"),
        ("events ls", "get-events", "", "--replica aws"),
        ("events get", "get-event", "uuid", f"{_UUID} {_VERSION} --replica aws"),
    ),
    Entry("login", login.service_login, examples=("", "--remote")),
    Entry("logout", login.service_logout, examples=("",)),
)
