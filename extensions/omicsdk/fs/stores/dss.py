"""The Data Store's files: bundles are folders, their files have the names that they have in them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

from omicsdk_api.dss import DssApi

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import NotFound, OmicsError
from omicsdk.core.logs import logger
from omicsdk.core.platform import unbound
from omicsdk.fs.errors import NotAFolder, NotListed, PathNotFound, ReadOnly, WrongUri
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import Cache, ClientStore, Entry, Features, Put
from omicsdk.hca.config import HCAConfig
from omicsdk.hca.dss.bundles import FORMAT, BundleFile, BundleListing, file_alone, get_manifest
from omicsdk.hca.dss.client import Dss
from omicsdk.hca.dss.files import Locator, Replica, locate, without_redirects
from omicsdk.transfer import Item, Location, Outcome, TransferOptions, TransferReport

REPLICAS: tuple[Replica, ...] = ("aws", "gcp")
#: In the place of a bundle: files by their own UUIDs.
FILES = "files"

#: How to add files to the Data Store.
NEW_BUNDLE = "Name a folder, without a trailing slash, and its files become a new bundle: omics cp -r FOLDER dss://aws/"

_UUID = re.compile(r"[A-Za-z0-9]{8}(?:-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}")
_FORMS = (
    "Write dss://REPLICA/UUID.VERSION/NAME, with aws or gcp for REPLICA (the latest version without .VERSION), or "
    "dss://REPLICA/files/UUID for a single file."
)


@dataclass(frozen=True, slots=True)
class DssPath:
    """A parsed path.

    Attributes:
        replica: The replica; empty at the top.
        uuid: The UUID of a bundle, or of a single file; empty above them.
        version: Its version as written; empty for the latest.
        name: The name of a file or folder in the bundle; empty for the bundle itself.
        is_single: Whether it is below `files`, where files are outside bundles.
    """

    replica: Replica | Literal[""] = ""
    uuid: str = ""
    version: str = ""
    name: str = ""
    is_single: bool = False


def read_path(path: str) -> DssPath:
    """Read a path.

    Args:
        path: As `Entry.path`.

    Raises:
        WrongUri: Nothing can be there.
    """
    parts = [part for part in path.split("/") if part]
    if not parts:
        return DssPath()
    if parts[0] not in REPLICAS:
        raise WrongUri(f"dss://{path}: unknown replica {parts[0]!r}", remedy=_FORMS)
    replica = parts[0]
    is_single = parts[1:2] == [FILES]
    rest = parts[2:] if is_single else parts[1:]
    if not rest:
        return DssPath(replica, is_single=is_single)
    identity = identity_of(rest[0])
    if identity is None:
        raise WrongUri(f"dss://{path}: {rest[0]!r} is not a UUID", remedy=_FORMS)
    if is_single and len(rest) > 1:
        raise WrongUri(f"dss://{path}: a single file has no members", remedy=_FORMS)
    return DssPath(replica, *identity, "/".join(rest[1:]), is_single)


def identity_of(text: str) -> tuple[str, str] | None:
    """The UUID and version that a part of a path states; None if it is not a UUID.

    Args:
        text: `UUID` or `UUID.VERSION`.
    """
    uuid, _, version = text.partition(".")
    return (uuid, version) if _UUID.fullmatch(uuid) else None


def moment_of(version: str) -> float | None:
    """When a version was made, in seconds since 1970; None for what is not a DSS_VERSION.

    Args:
        version: The version.
    """
    try:
        return datetime.strptime(f"{version[:-1]}+0000", FORMAT.replace("Z", "%z")).timestamp()
    except ValueError:
        return None


#: Maximum number of files in all cached manifests; about 1 KB each.
MAX_CACHED_FILES = 50_000
#: Seconds for which a bundle's latest version is believed to be that.
LATEST = 10.0


class Bundles:
    """A cache of bundles: a version never changes. Thread-safe.

    Args:
        ask: Gets a bundle's manifest by replica, UUID and version, which is empty for the latest one.
        clock: Returns the time.
    """

    def __init__(self, ask: Callable[[str, str, str], Mapping[str, Any]], clock: Clock = SYSTEM_CLOCK) -> None:
        self._ask = ask
        self._listings: Cache[tuple[str, str, str], BundleListing] = Cache(
            MAX_CACHED_FILES, weigh=lambda bundle: len(bundle.files)
        )
        self._latest: Cache[tuple[str, str], str] = Cache(MAX_CACHED_FILES, LATEST, clock)

    def get(self, replica: str, uuid: str, version: str) -> BundleListing:
        """Return a bundle. The latest version is requested again after ten seconds.

        Args:
            replica: The replica.
            uuid: The bundle's UUID.
            version: Its version; empty for the latest.

        Raises:
            NotFound: There is no such bundle.
        """
        identity = (replica, uuid.lower())
        listing = self._listings.get((*identity, version or self._latest.get(identity) or ""))
        if listing is not None:
            return listing
        bundle = BundleListing(self._ask(replica, uuid, version), replica)
        if not version:
            self._latest.keep(identity, bundle.version)
        return self._listings.keep((*identity, bundle.version), bundle)


_log = logger("omicsdk.fs")


@dataclass(frozen=True, slots=True)
class NewBundle:
    """A bundle to create.

    Attributes:
        replica: Its replica.
        label: Its name in the paths: its future UUID, or any other name, which is dropped.
        uuid: Its UUID; empty for a new one.
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
        """The folder of this machine that it is created from; None if its files come from several places."""
        folders = {_above(put.source, name) for name, put in self.files.items()}
        return Path(folders.pop()) if len(folders) == 1 and "" not in folders else None

    def make(self, dss: Dss, s3: Any, bucket: str, options: CopyOptions, creator: int) -> TransferReport:
        """Create the bundle; if a file fails it is not created, and the same call resumes.

        Args:
            dss: The service.
            s3: A boto3 client that may write to the bucket.
            bucket: The staging bucket.
            options: How.
            creator: The number of its creator.

        Returns:
            The outcome of each file; the names are their paths, the labels their paths in the bundle.

        Raises:
            UsageError: A name that no bundle takes.
            OmicsError: The service or the bucket refuses the first of the files.
        """
        from omicsdk.hca.dss.uploads import FILES_AT_ONCE, upload_bundle  # listing needs no engine

        folder = self.folder
        report = upload_bundle(
            dss,
            folder or Path(next(iter(self.files.values())).source).parent,
            replica=self.replica,
            staging_bucket=bucket,
            options=TransferOptions.of({}, options, connections=FILES_AT_ONCE),
            bundle_uuid=self.uuid or None,
            creator_uid=creator,
            # Otherwise another run stores its record in another place.
            resume=folder is not None or options.journal is not None,
            files={name: put.source for name, put in self.files.items()},
            s3=s3,
        )
        if report.ended_by is not None:
            raise report.ended_by
        where = f"dss://{self.replica}/{report.bundle_uuid}.{report.version}" if report.bundle_uuid else ""
        if where:
            _log.info("%s was created from %d files", where, len(self.files))
        return report.with_outcomes(self._named(outcome, where) for outcome in report.outcomes)

    def _named(self, outcome: Outcome, where: str) -> Outcome:
        named = outcome._replace(name=self.files[outcome.name].path, label=f"{where}/{outcome.name}" if where else "")
        # Without a bundle, the service has the file all the same, but nothing that it would be in.
        return named if where or not outcome.is_present else named._replace(state="stopped")


def new_bundles(files: Sequence[Put]) -> list[NewBundle]:
    """Group files into the bundles that they make: one for each folder that is directly in a replica.

    Args:
        files: The files.

    Raises:
        WrongUri: There is no such replica.
        ReadOnly: One would be in no bundle, or in a version of one, which the service makes.
    """
    by_bundle: dict[tuple[Replica, str], dict[str, Put]] = {}
    for put in files:
        parts = put.path.split("/")
        if parts[0] not in REPLICAS:
            read_path(put.path)  # states the error
        if len(parts) < 3 or parts[1] == FILES:
            raise ReadOnly(f"dss://{put.path}", "cannot be written: files are in bundles", remedy=NEW_BUNDLE)
        replica: Replica = "gcp" if parts[0] == "gcp" else "aws"
        by_bundle.setdefault((replica, parts[1]), {})["/".join(parts[2:])] = put
    bundles: list[NewBundle] = []
    for (replica, label), named in by_bundle.items():
        uuid, version = identity_of(label) or ("", "")
        if version:
            raise ReadOnly(
                f"dss://{replica}/{label}", "cannot be written: the Data Store assigns versions", remedy=NEW_BUNDLE
            )
        bundles.append(NewBundle(replica, label, uuid, named))
    return bundles


def _above(source: str, name: str) -> str:
    """The folder that a file is below, by its name in the bundle; empty if the name is not the file's."""
    path = Path(source).absolute().as_posix()
    return path.removesuffix(f"/{name}") if path.endswith(f"/{name}") else ""


#: Environment variable: the default staging bucket.
BUCKET_VARIABLE = "OMICS_DSS_STAGING_BUCKET"
#: How many one page of a listing has: the most and the least that the service gives.
PAGE, LEAST_PAGE = 500, 10

#: Seconds for which a service that refused the credentials for one file receives no requests for others.
BELIEVED = 60.0


class DssStore(ClientStore[Dss]):
    """Files of the Data Store.

    `dss://REPLICA/UUID.VERSION/NAME` is a file of a bundle; names with slashes are folders in it. Without `.VERSION`
    the latest is meant, which is looked up again after ten seconds. `dss://REPLICA/` lists all bundles, `UUID.VERSION`
    each. `dss://REPLICA/files/UUID[.VERSION]` is a single file. A bundle never changes.

    What is put is a new bundle: each folder that is put into a replica becomes one, and gets its UUID and version from
    the Data Store; the folder's name is dropped, unless it is the UUID of the new bundle
    (`dss://aws/UUID/...`). All files of it go in one put, through a staging bucket, as `Dss.upload` has it. Nothing can
    be put into an existing bundle.

    Args:
        base_url: The service, such as `https://dss.example.org/v1`; by default OMICS_DSS_URL, else what the HCA
            configuration states.
        token: An access token for it; by default what `Dss` finds.
        staging_bucket: The S3 bucket through which files are put; by default that of OMICS_DSS_STAGING_BUCKET, else
            the default of `omics dss upload` in the HCA configuration (`dss.upload.staging_bucket`).
        client: A client in place of a new one; it stays open.
        clock: Returns the time.
    """

    scheme: ClassVar[str] = "dss"
    features: ClassVar[Features] = Features(
        writable=True,
        puts_whole_folders=True,
        alternative="Create a bundle from a folder: omics cp -r FOLDER dss://aws/; delete one: omics dss delete-bundle.",
        shared_paths=True,
    )

    def __init__(
        self,
        *,
        base_url: str | None = None,
        token: str | None = None,
        staging_bucket: str | None = None,
        client: Dss | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(client, partial(Dss, unbound(base_url), credentials=token))
        self._staging_bucket = staging_bucket
        self._locators: Cache[str, Locator] = Cache(1, BELIEVED, clock)
        self._asking: DssApi | None = None  # the client's clone that returns redirects
        self._bundles = Bundles(self._manifest, clock)

    # -- looking

    def _stat(self, path: str) -> Entry:
        parsed = read_path(path)
        if not parsed.uuid:
            return Entry(path, "folder")
        if parsed.is_single:
            return self._single(path, parsed)
        bundle = self._bundle(path, parsed)
        file = bundle.by_name.get(parsed.name)
        if file is not None:
            return _entry(path, file)
        if bundle.has_folder(parsed.name):
            return _folder(path, bundle, parsed)
        raise PathNotFound(
            self.uri(path),
            f"not found: bundle {bundle.uuid} version {bundle.version} has no such file",
            remedy=f"List its files: omics ls dss://{parsed.replica}/{bundle.uuid}.{bundle.version}/",
        )

    def _stat_folder(self, path: str) -> Entry:
        parsed = read_path(path)
        if parsed.name and (bundle := self._bundle(path, parsed)).has_folder(parsed.name):
            return _folder(path, bundle, parsed)
        return self._stat(path)

    def _entries(self, path: str) -> Iterator[Entry]:
        parsed = read_path(path)
        if parsed.is_single:
            if parsed.uuid:
                self.stat(path)
                raise NotAFolder(self.uri(path), "is a file")
            remedy = f"Name one, dss://{parsed.replica}/{FILES}/UUID, or list bundles: dss://{parsed.replica}/"
            raise NotListed(self.uri(path), "cannot be listed: the Data Store does not list its files", remedy=remedy)
        if not parsed.replica:
            return iter([Entry(replica, "folder") for replica in REPLICAS])
        if not parsed.uuid:
            return self._all(parsed.replica)
        bundle = self._bundle(path, parsed)
        if not bundle.has_folder(parsed.name):
            self.stat(path)
            raise NotAFolder(self.uri(path), "is a file")
        return self._inside(path, bundle, parsed)

    def _below(self, path: str) -> Iterator[Entry]:
        parsed = read_path(path)
        if not parsed.uuid or parsed.is_single:
            return super()._below(path)
        above = _bundle_path(path, parsed)
        return (_entry(f"{above}/{file.name}", file) for file in self._bundle(path, parsed).below(parsed.name))

    # -- bytes

    def location(self, entry: Entry) -> Location:
        if self._asking is None:
            self._asking = without_redirects(self.client)
        return locate(self._asking, self.handle_of(entry))

    def item(self, entry: Entry, name: str) -> Item:
        file = self.handle_of(entry)
        locator = self._locators.get("") or self._locators.keep("", Locator(self.client, has_answered=True))
        locate, renew = locator.locators_of(file)
        # The other checksums are of the same bytes, and cost more time than they prove.
        checksums = {kind: entry.checksums[kind] for kind in ("sha256",) if kind in entry.checksums}
        return Item(name, locate, entry.size, checksums or entry.checksums, self.uri(entry.path), renew=renew)

    def check_puts(self, paths: Sequence[str]) -> None:
        self._new_bundles([Put("", path) for path in paths])

    def put(self, files: Sequence[Put], options: CopyOptions) -> TransferReport:
        """Create bundles from files: one from each folder directly in a replica.

        Names below that folder are those in the bundle. If a file fails its bundle is not created, and the same put
        resumes. Nothing is ever replaced.

        Args:
            files: The files with their targets, `REPLICA/FOLDER/NAME`. All files of a folder must be in one call.
            options: How to copy; a `journal` means that another run finds the files again, but `Dss.upload` has its
                own.

        Returns:
            The outcome of each file; its label is its URI.

        Raises:
            ReadOnly: No staging bucket is named, or a file would be in no bundle, or in an existing one.
            UsageError: A name is not allowed in bundles.
        """
        from omicsdk.core.s3_clients import s3_client
        from omicsdk.fs.copying.copies import joined

        if not files:
            return TransferReport()
        bundles, bucket = self._new_bundles(files)
        s3, creator = s3_client(), int(HCAConfig().value_of("creator_uid") or 0)
        outcomes: dict[str, Outcome] = {}
        reports: list[TransferReport] = []
        for bundle in bundles:
            if options.stopped:
                break
            try:
                report = bundle.make(self.client, s3, bucket, options, creator)
            except OmicsError as error:
                if not outcomes:
                    raise
                report = TransferReport(Outcome.of_error(put.path, error) for put in bundle.files.values())
            reports.append(report)
            outcomes |= {outcome.name: outcome for outcome in report.outcomes}
        results = (outcomes.get(put.path) or Outcome(put.path, "stopped") for put in files)
        return joined(reports, "Upload").with_outcomes(results)

    def close(self) -> None:
        self._locators.forget()
        self._asking = None
        super().close()

    # -- within

    def _manifest(self, replica: str, uuid: str, version: str) -> Mapping[str, Any]:
        return get_manifest(self.client, uuid, version, replica)

    def _bundle(self, path: str, parsed: DssPath) -> BundleListing:
        try:
            return self._bundles.get(parsed.replica, parsed.uuid, parsed.version)
        except NotFound as error:
            subject = f"version {parsed.version} of bundle {parsed.uuid}" if parsed.version else f"bundle {parsed.uuid}"
            remedy = f"Check the UUID and version, or list what exists: omics ls dss://{parsed.replica}/"
            raise PathNotFound(
                self.uri(path), f"not found: the replica {parsed.replica} has no {subject}", remedy=remedy
            ) from error

    def _all(self, replica: Replica) -> Iterator[Entry]:
        for bundle in self.client.get_bundles_all.iterate(replica=replica, per_page=PAGE):
            version = bundle.version or ""
            yield Entry(
                f"{replica}/{bundle.uuid}.{version}",
                "folder",
                modified=moment_of(version),
                version=version,
                details={"uuid": bundle.uuid, "version": version},
            )

    def _inside(self, path: str, bundle: BundleListing, parsed: DssPath) -> Iterator[Entry]:
        above = _bundle_path(path, parsed)
        for item in bundle.inside(parsed.name):
            if isinstance(item, str):
                yield Entry(f"{above}/{item}", "folder")
            else:
                yield _entry(f"{above}/{item.name}", item)

    def _single(self, path: str, parsed: DssPath) -> Entry:
        try:
            return _entry(path, file_alone(self.client, parsed.uuid, parsed.replica, parsed.version))
        except NotFound as error:
            problem = f"not found: the replica {parsed.replica} has no such file"
            raise PathNotFound(self.uri(path), problem, remedy="Check the UUID and version.") from error

    def _new_bundles(self, files: Sequence[Put]) -> tuple[Sequence[NewBundle], str]:
        """Return the bundles to create from files, and their staging bucket."""

        bundles = new_bundles(files)
        bucket = self._bucket(bundles[0].path if bundles else "")
        for bundle in bundles:
            self._refuse_existing(bundle)
        return bundles, bucket

    def _bucket(self, path: str) -> str:
        # The configuration has the default of `omics dss upload`.
        named = self._staging_bucket or os.environ.get(BUCKET_VARIABLE, "").strip()
        named = named or HCAConfig().value_of("dss", "upload", "staging_bucket")
        if not named or not isinstance(named, str):
            raise ReadOnly(
                self.uri(path),
                "cannot be written: no staging bucket is configured, from which the Data Store copies files",
                remedy=f"Set {BUCKET_VARIABLE} to an S3 bucket that you may write to and that the Data Store may read.",
            )
        return named

    def _refuse_existing(self, bundle: NewBundle) -> None:
        if not bundle.uuid:
            return
        try:
            self.client.get_bundle.raw(uuid=bundle.uuid, replica=bundle.replica, per_page=LEAST_PAGE)
        except NotFound:
            return
        raise ReadOnly(
            self.uri(bundle.path),
            "cannot be written: bundles cannot be changed",
            remedy=f"{NEW_BUNDLE}. Create a new version from files of the Data Store: omics dss patch-bundle.",
        )


def _bundle_path(path: str, parsed: DssPath) -> str:
    """The path of the bundle as it was written, with or without its version."""
    return path.removesuffix(f"/{parsed.name}") if parsed.name else path


def _entry(path: str, bundle_file: BundleFile) -> Entry:
    file = bundle_file.file
    return Entry(
        path,
        "file",
        file.size,
        bundle_file.checksums,
        moment_of(file.version),
        file.sha256 or f"{file.uuid}.{file.version}",
        {"uuid": file.uuid, "version": file.version, "media_type": bundle_file.media_type},
        file,
    )


def _folder(path: str, bundle: BundleListing, parsed: DssPath) -> Entry:
    details: dict[str, Any] = {} if parsed.name else {"uuid": bundle.uuid, "version": bundle.version}
    if bundle.creator is not None and not parsed.name:
        details["creator_uid"] = bundle.creator
    return Entry(path, "folder", modified=moment_of(bundle.version), version=bundle.version, details=details)
