"""What is put into the Data Store: each folder below a replica becomes a bundle, which is whole or isn't made."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import Interrupted, OmicsError
from omicsdk.fs.errors import ReadOnly
from omicsdk.fs.places.dss.paths import FILES, NEW_BUNDLE, REPLICAS, Replica, identity_of, read_path
from omicsdk.fs.places.putting import is_stopped, unsent
from omicsdk.fs.store import Put, PutOptions
from omicsdk.hca.dss.uploads import UploadFailed, UploadOptions, upload_bundle
from omicsdk.transfer import Outcome, TransferReport

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

_log = logging.getLogger("omicsdk.fs")


@dataclass(frozen=True, slots=True)
class NewBundle:
    """A bundle that is to be made.

    Attributes:
        replica: Where.
        label: What it is called in the paths: a UUID that it shall have, or any other name, which is dropped.
        uuid: The UUID that it shall have; empty for a new one.
        files: Its files by their names in it.
    """

    replica: Replica
    label: str
    uuid: str
    files: Mapping[str, Put]

    @property
    def path(self) -> str:
        """Its path."""
        return f"{self.replica}/{self.label}"

    @property
    def folder(self) -> Path | None:
        """The folder of this machine that it is made of; None where its files come from several places."""
        found = {_above(put.source, name) for name, put in self.files.items()}
        return Path(found.pop()) if len(found) == 1 and "" not in found else None


def new_bundles(files: Sequence[Put]) -> list[NewBundle]:
    """Says which bundles files make: one for each folder that is directly in a replica.

    Args:
        files: The files.

    Raises:
        WrongUri: There is no such replica.
        ReadOnly: One would be in no bundle, or in a version of one, which the service makes.
    """
    found: dict[tuple[Replica, str], dict[str, Put]] = {}
    for put in files:
        parts = put.path.split("/")
        if parts[0] not in REPLICAS:
            read_path(put.path)  # says what is wrong
        if len(parts) < 3 or parts[1] == FILES:
            raise ReadOnly(f"dss://{put.path}", "can't be written: files are in bundles", remedy=NEW_BUNDLE)
        replica: Replica = "gcp" if parts[0] == "gcp" else "aws"
        found.setdefault((replica, parts[1]), {})["/".join(parts[2:])] = put
    bundles: list[NewBundle] = []
    for (replica, label), named in found.items():
        uuid, version = identity_of(label) or ("", "")
        if version:
            raise ReadOnly(
                f"dss://{replica}/{label}", "can't be written: the Data Store gives versions", remedy=NEW_BUNDLE
            )
        bundles.append(NewBundle(replica, label, uuid, named))
    return bundles


def make_bundles(
    api: DssApi,
    s3: Any,
    bucket: str,
    files: Sequence[Put],
    bundles: Sequence[NewBundle],
    options: PutOptions,
    creator: int,
) -> TransferReport:
    """Makes bundles. One of which a file fails isn't made, and the same call goes on from there.

    Args:
        api: The service.
        s3: A boto3 client that may write to the bucket.
        bucket: The staging bucket.
        files: All files, in the order of the report.
        bundles: What is to be made of them.
        options: How.
        creator: Who makes them, a number.

    Returns:
        The outcome of each file; its label is where it is to be found.

    Raises:
        UsageError: A name that no bundle takes.
        OmicsError: The service or the bucket refuses the first of them.
    """
    found: dict[str, Outcome] = {}
    reports: list[TransferReport] = []
    for bundle in bundles:
        if is_stopped(options):
            break
        try:
            report = _made(api, s3, bucket, bundle, options, creator)
        except OmicsError as error:
            if not found:
                raise
            report = TransferReport(unsent(put, error) for put in bundle.files.values())
        reports.append(report)
        found |= {outcome.name: outcome for outcome in report.outcomes}
    return TransferReport(
        (found.get(put.path) or Outcome(put.path, "stopped") for put in files),
        sum(report.seconds for report in reports),
        throughput=reports[-1].throughput if reports else None,
        began=reports[0].began if reports else None,
        title="Upload",
        why_stopped=next((report.why_stopped for report in reports if report.why_stopped), ""),
    )


def _made(api: DssApi, s3: Any, bucket: str, bundle: NewBundle, options: PutOptions, creator: int) -> TransferReport:
    """Makes one bundle; the outcomes have their paths for names."""
    told: list[TransferReport] = []
    folder = bundle.folder
    where = ""
    try:
        made = upload_bundle(
            api,
            s3,
            folder or Path(next(iter(bundle.files.values())).source).parent,
            replica=bundle.replica,
            staging_bucket=bucket,
            files={name: put.source for name, put in bundle.files.items()},
            options=UploadOptions(
                bundle_uuid=bundle.uuid or None,
                creator_uid=creator,
                resume=folder is not None or options.journal is not None,  # else another run has them elsewhere
                progress=options.progress,
                on_report=told.append,
                stop=options.stop,
                control=options.control,
            ),
        )
        where = f"dss://{bundle.replica}/{made.bundle_uuid}.{made.version}"
        _log.info("%s was made of %d files", where, len(bundle.files))
    except (UploadFailed, Interrupted):
        if not told:
            raise
    report = told[-1]
    return TransferReport(
        _outcomes(report, bundle, where),
        report.seconds,
        throughput=report.throughput,
        began=report.began,
        why_stopped=report.why_stopped,
    )


def _outcomes(report: TransferReport, bundle: NewBundle, where: str) -> Iterator[Outcome]:
    for outcome in report.outcomes:
        named = outcome._replace(name=bundle.files[outcome.name].path, label=f"{where}/{outcome.name}" if where else "")
        if not where and outcome.state in ("done", "skipped"):
            named = named._replace(state="stopped")  # the service has it, and there is no bundle that it would be in
        yield named


def _above(source: str, name: str) -> str:
    """The folder that a file is below, by its name in the bundle; empty where the name isn't the file's."""
    path = Path(source).absolute().as_posix()
    return path.removesuffix(f"/{name}") if path.endswith(f"/{name}") else ""
