"""The Data Store's files: bundles are folders, their files have the names that they have in them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import NotFound
from omicsdk.core.omit import OMIT
from omicsdk.fs.entry import Entry
from omicsdk.fs.errors import NotAFolder, NotListed, PathNotFound, ReadOnly
from omicsdk.fs.places.dss.bundles import CHECKSUMS, Bundle, BundleFile, Bundles
from omicsdk.fs.places.dss.paths import FILES, NEW_BUNDLE, REPLICAS, DssPath, Replica, moment_of, read_path
from omicsdk.fs.store import Put, PutOptions, Store
from omicsdk.transfer import Item, Location, TransferReport

if TYPE_CHECKING:
    from omicsdk.fs.places.dss.puts import NewBundle
    from omicsdk.hca.config import HCAConfig
    from omicsdk.hca.dss import Dss
    from omicsdk.hca.dss.bundles import DSSFile
    from omicsdk.hca.dss.fetching import Locator

#: Environment variable: the staging bucket where none is named.
BUCKET_VARIABLE = "OMICS_DSS_STAGING_BUCKET"
#: How many one page of a listing has: the most and the least that the service gives.
PAGE, LEAST_PAGE = 500, 10

#: Seconds for which a service that didn't believe the caller for one file isn't asked for others.
BELIEVED = 60.0


class DssStore(Store):
    """Files of the Data Store.

    `dss://REPLICA/UUID.VERSION/NAME` is a file of a bundle; names with slashes are folders in it. Without `.VERSION` the
    latest is meant, which is looked for again after ten seconds. `dss://REPLICA/` lists all bundles, `UUID.VERSION` each.
    `dss://REPLICA/files/UUID[.VERSION]` is a file by itself. A bundle never changes.

    What is put is a new bundle: each folder that is put into a replica becomes one, and gets its UUID and version from the
    Data Store; the folder's name is dropped, unless it is the UUID that the bundle shall have (`dss://aws/UUID/...`). All
    files of it go in one put, through a staging bucket, as `Dss.upload` has it. Nothing can be put into a bundle that is
    there.

    Args:
        base_url: The service, such as `https://dss.example.org/v1`; by default OMICS_DSS_URL, else what the HCA
            configuration says; a `config` goes before the variable.
        token: An access token for it; by default what `Dss` finds.
        staging_bucket: The S3 bucket through which files are put; by default that of OMICS_DSS_STAGING_BUCKET, else
            the default of `omics dss upload` in the HCA configuration (`dss.upload.staging_bucket`).
        config: The HCA configuration; by default that of the user's files.
        client: A client in the place of a new one; it stays open.
        clock: What tells the time.
    """

    scheme: ClassVar[str] = "dss"
    writable: ClassVar[bool] = True
    puts_whole_folders: ClassVar[bool] = True

    def __init__(
        self,
        *,
        base_url: str | None = None,
        token: str | None = None,
        staging_bucket: str | None = None,
        config: HCAConfig | None = None,
        client: Dss | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._base_url = base_url
        self._token = token
        self._staging_bucket = staging_bucket
        self._config = config
        self._client = client
        self._is_own = client is None
        self._lock = threading.RLock()
        self._clock = clock
        self._locator: tuple[Locator, float] | None = None
        self._bundles = Bundles(self._manifest, clock)

    # -- looking

    def look(self, path: str) -> Entry:
        place = read_path(path)
        if not place.uuid:
            return Entry(path, "folder")
        if place.is_single:
            return self._single(path, place)
        bundle = self._bundle(path, place)
        file = bundle.file(place.name)
        if file is not None:
            return _entry(path, file)
        if bundle.has_folder(place.name):
            return _folder(path, bundle, place)
        raise PathNotFound(
            self.uri(path),
            f"isn't there: bundle {bundle.uuid} version {bundle.version} has no such file",
            remedy=f"See what it has: omics ls dss://{place.replica}/{bundle.uuid}.{bundle.version}/",
        )

    def entries(self, path: str) -> Iterator[Entry]:
        place = read_path(path)
        if place.is_single:
            if place.uuid:
                self.look(path)
                raise NotAFolder(self.uri(path), "is a file")
            remedy = f"Name one, dss://{place.replica}/{FILES}/UUID, or list bundles: dss://{place.replica}/"
            raise NotListed(self.uri(path), "can't be listed: the Data Store tells no list of its files", remedy=remedy)
        if not place.replica:
            return iter([Entry(replica, "folder") for replica in REPLICAS])
        if not place.uuid:
            return self._all(place.replica)
        bundle = self._bundle(path, place)
        if not bundle.has_folder(place.name):
            self.look(path)
            raise NotAFolder(self.uri(path), "is a file")
        return self._inside(path, bundle, place)

    def walk(self, path: str) -> Iterator[Entry]:
        place = read_path(path)
        if place.uuid and not place.is_single:
            bundle = self._bundle(path, place)
            above = _bundle_path(path, place)
            if bundle.file(place.name) is None and bundle.has_folder(place.name):
                yield from (_entry(f"{above}/{file.name}", file) for file in bundle.below(place.name))
                return
        found = self.look(path)
        if not found.is_folder:
            yield found
            return
        for entry in self.entries(path):
            yield from self.walk(entry.path)

    # -- bytes

    def location(self, entry: Entry) -> Location:
        return self._new_locator().locate(self._handle(entry))

    def item(self, entry: Entry, name: str) -> Item:
        file = self._handle(entry)
        with self._lock:
            now = self._clock.monotonic()
            if self._locator is None or now > self._locator[1]:
                self._locator = self._new_locator(), now + BELIEVED
            locate, renew = self._locator[0].place(file)
        # The other checksums are of the same bytes, and cost more time than they prove.
        checksums = {kind: entry.checksums[kind] for kind in ("sha256",) if kind in entry.checksums}
        return Item(name, locate, entry.size, checksums or entry.checksums, self.uri(entry.path), renew=renew)

    def check_puts(self, paths: Sequence[str]) -> None:
        self._new_bundles([Put("", path) for path in paths])

    def put(self, files: Sequence[Put], options: PutOptions) -> TransferReport:
        """Makes bundles of files: one of each folder that is directly in a replica.

        The names below that folder are those in the bundle. Where a file fails its bundle isn't made, and the same put goes
        on from there. Nothing is ever replaced.

        Args:
            files: What to put where: `REPLICA/FOLDER/NAME`. All files of a folder go in one call.
            options: How; a `journal` says that another run finds the files again, but `Dss.upload` has its own.

        Returns:
            The outcome of each file; its label is the URI at which it is to be found.

        Raises:
            ReadOnly: No staging bucket is named, a file would be in no bundle, or in one that is there.
            UsageError: One has a name that no bundle takes.
        """
        from omicsdk.fs.places.dss.puts import make_bundles
        from omicsdk.hca.dss.staging import staging_client

        if not files:
            return TransferReport()
        bundles, bucket = self._new_bundles(files)
        return make_bundles(self._dss(), staging_client(), bucket, files, bundles, options, self._creator())

    def close(self) -> None:
        with self._lock:
            client, self._client = (self._client, None) if self._is_own else (None, self._client)
            self._locator = None
        if client is not None:
            client.close()

    # -- within

    def _dss(self) -> Dss:
        with self._lock:
            if self._client is None:
                self._client = self._opened()
            return self._client

    def _opened(self) -> Dss:
        from omicsdk.core.credentials import ANONYMOUS
        from omicsdk.core.platform import resolve
        from omicsdk.hca.discovery import discovery
        from omicsdk.hca.dss import Dss

        if self._config is None:
            return Dss(self._base_url, credentials=self._token)
        found = discovery("DSSClient", self._config)
        url, proof = resolve(found, base_url=self._base_url, credentials=self._token)
        return Dss(url, credentials=proof or ANONYMOUS)

    def _new_locator(self) -> Locator:
        from omicsdk.hca.dss.fetching import Locator

        return Locator(self._dss(), known=True)

    def _manifest(self, replica: str, uuid: str, version: str) -> Mapping[str, Any]:
        from omicsdk.hca.dss.downloads import get_manifest

        return get_manifest(self._dss(), uuid, version, replica)

    def _bundle(self, path: str, place: DssPath) -> Bundle:
        try:
            return self._bundles.get(place.replica, place.uuid, place.version)
        except NotFound as error:
            said = f"version {place.version} of bundle {place.uuid}" if place.version else f"bundle {place.uuid}"
            remedy = f"Check the UUID and version, or see which there are: omics ls dss://{place.replica}/"
            raise PathNotFound(
                self.uri(path), f"isn't there: the replica {place.replica} has no {said}", remedy=remedy
            ) from error

    def _all(self, replica: Replica) -> Iterator[Entry]:
        for found in self._dss().get_bundles_all.iterate(replica=replica, per_page=PAGE):
            version = found.version or ""
            yield Entry(
                f"{replica}/{found.uuid}.{version}",
                "folder",
                modified=moment_of(version),
                version=version,
                details={"uuid": found.uuid, "version": version},
            )

    def _inside(self, path: str, bundle: Bundle, place: DssPath) -> Iterator[Entry]:
        above = _bundle_path(path, place)
        for found in bundle.inside(place.name):
            if isinstance(found, str):
                yield Entry(f"{above}/{found}", "folder")
            else:
                yield _entry(f"{above}/{found.name}", found)

    def _single(self, path: str, place: DssPath) -> Entry:
        from omicsdk.hca.dss.bundles import DSSFile

        try:
            told = self._dss().head_file(uuid=place.uuid, replica=_replica(place), version=place.version or OMIT)
        except NotFound as error:
            said = f"isn't there: the replica {place.replica} has no such file"
            raise PathNotFound(self.uri(path), said, remedy="Check the UUID and version.") from error
        stated = {
            "uuid": place.uuid,
            "name": place.uuid,
            "version": told.get("x-dss-version", place.version),
            "size": _number(told.get("x-dss-size")),
            "content-type": told.get("x-dss-content-type", ""),
            "indexed": False,
            **{kind: told.get(f"x-dss-{kind.replace('_', '-')}", "") for kind in CHECKSUMS},
        }
        file = DSSFile.from_dss_bundle_response(stated, place.replica)
        checksums = {kind: str(stated[kind]).lower() for kind in CHECKSUMS if stated[kind]}
        return _entry(path, BundleFile(place.uuid, file, checksums, str(stated["content-type"])))

    def _handle(self, entry: Entry) -> DSSFile:
        return entry.handle if entry.handle is not None else self.look(entry.path).handle

    def _new_bundles(self, files: Sequence[Put]) -> tuple[Sequence[NewBundle], str]:
        """What files make, and the staging bucket that they go through."""
        from omicsdk.fs.places.dss.puts import new_bundles

        bundles = new_bundles(files)
        bucket = self._bucket(bundles[0].path if bundles else "")
        for bundle in bundles:
            self._refuse_existing(bundle)
        return bundles, bucket

    def _bucket(self, path: str) -> str:
        named = self._staging_bucket or os.environ.get(BUCKET_VARIABLE, "").strip()
        named = named or self._bucket_of_uploads()
        if not named:
            raise ReadOnly(
                self.uri(path),
                "can't be written: no staging bucket is named, through which the Data Store takes files",
                remedy=f"Set {BUCKET_VARIABLE} to an S3 bucket that you may write to and that the Data Store may read.",
            )
        return named

    def _bucket_of_uploads(self) -> str:
        """The default of `omics dss upload`; empty where the configuration has none."""
        found: object = self._settings().value_of("dss", "upload", "staging_bucket")
        return found if isinstance(found, str) else ""

    def _creator(self) -> int:
        return int(self._settings().value_of("creator_uid") or 0)

    def _settings(self) -> HCAConfig:
        from omicsdk.hca.config import HCAConfig

        return self._config if self._config is not None else HCAConfig()

    def _refuse_existing(self, bundle: NewBundle) -> None:
        if not bundle.uuid:
            return
        try:
            self._dss().get_bundle.raw(uuid=bundle.uuid, replica=bundle.replica, per_page=LEAST_PAGE)
        except NotFound:
            return
        raise ReadOnly(
            self.uri(bundle.path),
            "can't be written: it is a bundle, and bundles don't change",
            remedy=f"{NEW_BUNDLE}. A new version of it is made of files that are in the Data Store: omics dss patch-bundle.",
        )


def _replica(place: DssPath) -> Replica:
    return "gcp" if place.replica == "gcp" else "aws"


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _bundle_path(path: str, place: DssPath) -> str:
    """The path of the bundle as it was written, with or without its version."""
    return path.removesuffix(f"/{place.name}") if place.name else path


def _entry(path: str, found: BundleFile) -> Entry:
    file = found.file
    return Entry(
        path,
        "file",
        file.size,
        found.checksums,
        moment_of(file.version),
        file.sha256 or f"{file.uuid}.{file.version}",
        {"uuid": file.uuid, "version": file.version, "media_type": found.media_type},
        file,
    )


def _folder(path: str, bundle: Bundle, place: DssPath) -> Entry:
    details: dict[str, Any] = {} if place.name else {"uuid": bundle.uuid, "version": bundle.version}
    if bundle.creator is not None and not place.name:
        details["creator_uid"] = bundle.creator
    return Entry(path, "folder", modified=moment_of(bundle.version), version=bundle.version, details=details)
