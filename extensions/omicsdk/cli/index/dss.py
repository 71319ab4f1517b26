"""The Data Store's commands."""

from __future__ import annotations

from omicsdk import Dss
from omicsdk.cli.commands.dss import listening, writing
from omicsdk.cli.commands.dss.bundles import bundle_manifest
from omicsdk.cli.commands.numbers import above_0, at_least_0, at_least_1, port
from omicsdk.cli.commands.texts import not_empty
from omicsdk.cli.index import Entry
from omicsdk.cli.options import NO_PROGRESS
from omicsdk.hca.dss.bundles import create_version

_RETRIES = {"num_retries": at_least_0, "min_delay_seconds": at_least_0}
_BUNDLE = "--bundle-uuid ffffffff-0000-4000-8000-000000000001 --replica aws"
_ONE = "--uuid ffffffff-0000-4000-8000-000000000001"
_VERSION = "--version 2026-01-31T120000.000000Z"

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
)
