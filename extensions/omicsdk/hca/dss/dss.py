"""The Data Store as a typed client: every operation of the service, and the workflows built on them."""

import logging
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import OmicsError
from omicsdk.hca.dss.downloads.bundle import ALL, chosen, filters
from omicsdk.hca.dss.version import create_version
from omicsdk.hca.dss.writing import Writing
from omicsdk.hca.service import HCAService

if TYPE_CHECKING:
    from omicsdk.hca.dss.downloads.options import FetchOptions
    from omicsdk.hca.dss.downloads.result import Result
    from omicsdk.hca.dss.manifest import Manifest
    from omicsdk.hca.dss.replica import Replica
    from omicsdk.hca.dss.sharded_manifest import Shared
    from omicsdk.transfer import Control, Progress, TransferReport
    from omicsdk.transfer.scale.crew import Crew

logger = logging.getLogger("omicsdk.hca.dss")

SECTION = "DSSClient"
"""The section of the HCA configuration that names the service."""


class Dss(HCAService, Writing):
    """The Data Store. Thread-safe; close it, or use it in a `with` block.

    Args: as those of `omicsdk.hca.service.HCAService`; a token in the environment is that of OMICS_DSS_TOKEN.
    """

    _section = SECTION

    def create_version(self) -> str:
        """A new version for a bundle, file or collection: the time now as DSS_VERSION."""
        return create_version()

    def download(
        self,
        bundle_uuid: str,
        replica: "Replica",
        *,
        version: str = "",
        download_dir: str | os.PathLike[str] = "",
        metadata_filter: Iterable[str] = ALL,
        data_filter: Iterable[str] = ALL,
        no_metadata: bool = False,
        no_data: bool = False,
        num_retries: int = 10,
        min_delay_seconds: float = 0.25,
        progress: "Callable[[Progress], None] | None" = None,
        stop: threading.Event | None = None,
        control: "Control | None" = None,
        dry_run: bool = False,
    ) -> "Result":
        """Download a bundle into the folder `<download_dir>/<uuid>.<version>/`.

        Files land in the filestore `<download_dir>/.hca`, verified by SHA-256, and are linked from the bundle's folder;
        bundle.json holds the bundle's manifest. What is there and right isn't fetched again.

        Args:
            bundle_uuid: The bundle.
            replica: Where to fetch from, `aws` or `gcp`.
            version: The bundle's version; by default the latest.
            download_dir: The download folder; by default the current one. It is made when it isn't there.
            metadata_filter: Shell patterns; metadata (files with `indexed` set) whose whole name matches none of them,
                compared with case, are left out.
            data_filter: The same for all other files.
            no_metadata: Leave out all metadata.
            no_data: Leave out all data.
            num_retries: Failures in a row that end a file; 0 for none. Each block that arrives wins one back.
            min_delay_seconds: Least wait before a retry.
            progress: Called a few times a second.
            stop: Set it to end the download within a second; the same call goes on from there.
            control: Stops and pauses it, limits its rate, and bounds its time.
            dry_run: Only tell what would happen with each file; nothing is written.

        Returns:
            The result: `bundles[0].manifest` and `.folder`, `report` of every file. Call `raise_if_failed()` on it, or
            look at `errors`.

        Raises:
            UsageError: A filter and its flag are both given, or a number is negative.
            NotFound: There is no such bundle.
            UnsafePath: A file's name would leave the folder, or two files would land on one name.
        """
        from omicsdk.hca.dss.downloads.asking import get_manifest
        from omicsdk.hca.dss.downloads.folders import download_bundles
        from omicsdk.hca.dss.downloads.result import Bundle

        metadata, data = filters(metadata_filter, data_filter, no_metadata, no_data)
        options = _options(num_retries, min_delay_seconds, progress, stop, control, dry_run=dry_run)
        manifest = get_manifest(self, bundle_uuid, version, replica)
        bundle = Bundle(manifest, chosen(manifest, replica, metadata, data))
        return download_bundles(self, [bundle], Path(download_dir), options)

    def download_manifest(
        self,
        manifest: str | os.PathLike[str],
        replica: "Replica",
        *,
        layout: str = "none",
        no_metadata: bool = False,
        no_data: bool = False,
        num_retries: int = 10,
        min_delay_seconds: float = 0.25,
        download_dir: str | os.PathLike[str] = "",
        progress: "Callable[[Progress], None] | None" = None,
        stop: threading.Event | None = None,
        control: "Control | None" = None,
        dry_run: bool = False,
        workers: int | None = None,
        scheduler: Any = None,
    ) -> "Result":
        """Download the files that a manifest lists.

        When all are there, a copy of the manifest with a column `file_path` is written into the current folder, under
        the manifest's own name.

        Args:
            manifest: A table separated by tabs with the columns bundle_uuid, bundle_version, file_name, file_uuid,
                file_sha256 and file_size; file_version is used when it is there.
            replica: Where to fetch from, `aws` or `gcp`.
            layout: `none` leaves the files in the filestore; `bundle` makes a folder for each bundle too, with all of
                its metadata and the data files that the manifest names.
            no_metadata: Leave out metadata (layout `bundle` only).
            no_data: Leave out data (layout `bundle` only).
            num_retries: Failures in a row that end a file; 0 for none.
            min_delay_seconds: Least wait before a retry.
            download_dir: The download folder; by default the current one.
            progress: Called a few times a second.
            stop: Set it to end the download within a second; the same call goes on from there.
            control: Stops and pauses it, limits its rate, and bounds its time.
            dry_run: Only tell what would happen with each file; nothing is written.
            workers: Processes of this machine that share the files out, 1 or more; by default this one fetches alone. They
                import the program's main module: it begins its work below `if __name__ == "__main__":`.
            scheduler: The workers of a Dask cluster do so in their place: its scheduler's address (`tcp://HOST:8786`), a
                cluster, or a `distributed.Client`. They must see the manifest and the folder under the same paths, and what
                proves who asks, where that isn't a token: it is looked for there.

        Returns:
            The result, as `download` gives it.

        Raises:
            ManifestError: The manifest can't be worked from; nothing was fetched.
            UsageError: No such layout, flags that don't go with it, a number below its bound, or workers and a scheduler.
            MissingExtra: A scheduler is meant, and `distributed` isn't installed.
            NoScheduler: Nothing that speaks Dask answers there.
        """
        from omicsdk.hca.dss.downloads.options import check_layout
        from omicsdk.hca.dss.downloads.rows import download_rows, download_rows_as_bundles
        from omicsdk.hca.dss.manifest import Manifest
        from omicsdk.transfer.scale.crew import Crew

        check_layout(layout, no_metadata, no_data)
        crew = Crew.of(workers, scheduler)
        options = _options(num_retries, min_delay_seconds, progress, stop, control, dry_run=dry_run)
        if crew is not None:
            options = replace(options, shared=self._shared_by(crew))
        table = Manifest.open(Path(manifest))
        table.check()
        if layout == "none":
            result = download_rows(self, table, replica, Path(download_dir), options)
        else:
            result = download_rows_as_bundles(
                self, table, replica, Path(download_dir), options, no_metadata=no_metadata, no_data=no_data
            )
        if not (dry_run or result.errors or result.report.why_stopped):
            try:
                _write_copy(table, os.fspath(download_dir))
            except OmicsError as error:  # the files are there all the same
                result.errors.append(error)
        return result

    def _shared_by(self, crew: "Crew") -> "Shared":
        """What workers of a crew need to ask the same service as the same user."""
        from omicsdk.hca.dss.sharded_manifest import SameService, Shared, can_travel

        held = self._exchange.transport.credentials
        finds = self._finds_credentials and not can_travel(held)
        return Shared(crew, SameService(Dss, self.base_url, None if finds else held, finds, self.config))

    def download_collection(
        self,
        uuid: str,
        replica: "Replica",
        *,
        version: str | None = None,
        download_dir: str | os.PathLike[str] = "",
        progress: "Callable[[Progress], None] | None" = None,
        stop: threading.Event | None = None,
        control: "Control | None" = None,
        dry_run: bool = False,
    ) -> "Result":
        """Download all that a collection links to, and the collections in it.

        Bundles are laid out as `download` does. Files that it links to by themselves are linked as
        `<download_dir>/files/<uuid>.<version>` (with `.json` when they are that); a link to a part of a metadata file
        brings the whole file. A manifest of all files of bundles, `<uuid>.<version>.tsv`, is written into the current
        folder.

        Args:
            uuid: The collection.
            replica: Where to fetch from, `aws` or `gcp`.
            version: The collection's version; by default the latest.
            download_dir: The download folder; by default the current one.
            progress: Called a few times a second.
            stop: Set it to end the download within a second; the same call goes on from there.
            control: Stops and pauses it, limits its rate, and bounds its time.
            dry_run: Only tell what would happen with each file; nothing is written.

        Returns:
            The result, as `download` gives it. Links that lead nowhere are among its errors.

        Raises:
            NotFound: There is no such collection.
            Unauthorized: Collections are private; credentials are missing.
        """
        from omicsdk.hca.dss.downloads.collection import contents, rows_of
        from omicsdk.hca.dss.downloads.folders import download_bundles
        from omicsdk.hca.dss.downloads.options import FetchOptions
        from omicsdk.hca.dss.manifest import write_manifest

        found = contents(self, uuid, version, replica)
        options = FetchOptions(progress=progress, stop=stop, control=control, dry_run=dry_run)
        result = download_bundles(self, found.bundles, Path(download_dir), options, found.files)
        result.errors[:0] = found.errors
        if dry_run:
            return result
        table = Path.cwd() / f"{uuid}.{version or create_version()}.tsv"
        try:
            write_manifest(table, rows_of(found.bundles), os.fspath(download_dir))
        except OmicsError as error:
            result.errors.append(error)
        return result

    def upload(
        self,
        src_dir: str | os.PathLike[str],
        replica: "Replica",
        staging_bucket: str,
        *,
        timeout_seconds: float = 1200,
        bundle_uuid: str | None = None,
        creator_uid: int | None = None,
        resume: bool = True,
        progress: "Callable[[Progress], None] | None" = None,
        on_report: "Callable[[TransferReport], None] | None" = None,
        stop: threading.Event | None = None,
        control: "Control | None" = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Upload a folder's files and make a bundle of them.

        Files go to an S3 bucket of the user's own (credentials and endpoint as boto3 finds them), with their checksums
        as tags; the service copies them from there. An upload that was interrupted or failed is gone on with by the same
        call: files that haven't changed since aren't sent or registered again. What is done is remembered in the user's
        state folder (or OMICS_STATE_DIR) until the bundle is registered.

        Args:
            src_dir: The folder; all files below it are taken. Names ending in .json are metadata.
            replica: Where the bundle is registered, `aws` or `gcp`.
            staging_bucket: The bucket's name.
            timeout_seconds: How long to wait for the service to copy one file.
            bundle_uuid: The bundle's UUID; by default a new one.
            creator_uid: Who makes it, a number; by default the configuration's `creator_uid`, else 0.
            resume: Whether to go on with an unfinished upload of the same folder to the same place; False begins anew.
            progress: Called a few times a second.
            on_report: Given what became of each file when the upload is over, however it ends.
            stop: Set it to end the upload within seconds; no bundle is made.
            control: Stops and pauses it, limits its rate, and bounds its time.
            dry_run: Only tell what would be sent; nothing is, and nobody is asked.

        Returns:
            bundle_uuid, creator_uid, replica, version, and files with name, version, uuid and creator_uid each. After a dry
            run: counts, bytes_to_send, and files with name, size, state and plan each.

        Raises:
            UsageError: The folder has no files, one has a name that no bundle takes, or the UUID isn't one.
            UploadFailed: Files failed; `errors` has each, and no bundle was made.
            StagingRefused: The bucket takes no file at all; told with the first.
            AuthError: The service or the bucket doesn't know the caller; likewise.
            Interrupted: It was stopped, or its time is over; the same call goes on.
        """
        from omicsdk.hca.config import HCAConfig
        from omicsdk.hca.dss.uploads.folder import upload_bundle
        from omicsdk.hca.dss.uploads.options import UploadOptions
        from omicsdk.hca.dss.uploads.staging import staging_client

        if creator_uid is None:
            config = HCAConfig() if self.config is None else self.config
            creator_uid = int(config.value_of("creator_uid") or 0)
        options = UploadOptions(
            timeout_seconds=timeout_seconds,
            bundle_uuid=bundle_uuid,
            creator_uid=creator_uid,
            resume=resume,
            progress=progress,
            on_report=on_report,
            stop=stop,
            control=control,
            dry_run=dry_run,
        )
        return upload_bundle(
            self,
            None if dry_run else staging_client(),
            Path(src_dir),
            replica=replica,
            staging_bucket=staging_bucket,
            options=options,
        )


def _write_copy(table: "Manifest", download_dir: str) -> None:
    target = Path.cwd() / table.path.name
    if target.exists():
        logger.warning("Overwriting manifest %s", target.name)
    table.write_with_paths(target, download_dir)


def _options(
    num_retries: int,
    min_delay_seconds: float,
    progress: "Callable[[Progress], None] | None",
    stop: threading.Event | None,
    control: "Control | None",
    *,
    dry_run: bool,
) -> "FetchOptions":
    from omicsdk.hca.dss.downloads.options import FetchOptions

    return FetchOptions(int(num_retries), float(min_delay_seconds), progress, stop, control, dry_run)
